"""A tool's JSON Schema as models are given it: whole in itself, without keywords that are this project's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tool_contract.secret import SECRET_REF, is_marked

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Schema = dict[str, Any]

_DEFINITIONS: Final = "#/$defs/"
_NOT_TOLD: Final = frozenset({"$defs", "discriminator", "title"})
#: Keywords whose value is a schema, and a list of schemas.
_ONE: Final = ("items", "additionalProperties", "not")
_MANY: Final = ("anyOf", "oneOf", "allOf", "prefixItems")
_SECRET: Final = "A secret by its name; its value is never told."  # noqa: S105 - a description


class RecursiveSchemaError(ValueError):
    """A schema refers to itself, and cannot be written out."""


def plain_schema(schema: Mapping[str, Any], secret_names: Collection[str] = ()) -> Schema:
    """Return a schema with its references written out, and ``x-`` keywords, titles and discriminators left out.

    Where it takes text or a secret, and no secret's name is given, it takes text. A schema that refers to itself
    keeps its ``$defs``.
    """
    definitions = schema.get("$defs", {})
    try:
        return _Writer(definitions, sorted(secret_names)).schema(dict(schema))
    except RecursiveSchemaError:
        writer = _Writer(None, sorted(secret_names))
        kept = {name: writer.schema(child) for name, child in definitions.items()}
        return {**writer.schema(dict(schema)), "$defs": kept}


def allows_null(schema: Any, definitions: Mapping[str, Any] | None = None) -> bool:  # noqa: ANN401 - a JSON Schema
    """Whether a schema takes null."""
    schema = schema if definitions is None else referred(schema, definitions)
    if not isinstance(schema, dict):
        return schema is True
    kind = schema.get("type")
    if kind == "null" or (isinstance(kind, list) and "null" in kind):
        return True
    if "const" in schema or "enum" in schema:
        return None in schema.get("enum", [schema.get("const", "")])
    branches = [branch for word in ("anyOf", "oneOf") for branch in schema.get(word, ())]
    return any(allows_null(branch, definitions) for branch in branches) or not schema


def referred(schema: Any, definitions: Mapping[str, Any]) -> Any:  # noqa: ANN401 - as above
    """Return the schema that a reference means; any other as it is."""
    while isinstance(schema, dict) and "$ref" in schema:
        schema = definitions[schema["$ref"].removeprefix(_DEFINITIONS)]
    return schema


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes schemas out. Without ``definitions`` references are kept; ``secrets`` are the names to offer."""

    definitions: Mapping[str, Any] | None
    secrets: list[str]

    def schema(self, schema: Schema, above: tuple[str, ...] = ()) -> Schema:
        """Return a schema as models are given it; ``above`` are the references that are being written out."""
        if is_marked(schema):
            return _secret(schema, self.secrets)
        if self.definitions is not None and "$ref" in schema:
            name = schema["$ref"].removeprefix(_DEFINITIONS)
            if name in above:
                raise RecursiveSchemaError(name)
            beside = {key: child for key, child in schema.items() if key != "$ref"}
            return self.schema({**self.definitions[name], **beside}, (*above, name))
        told = {key: child for key, child in schema.items() if key not in _NOT_TOLD and not key.startswith("x-")}
        return _unwrapped({key: self._child(key, child, above) for key, child in told.items()})

    def _child(self, key: str, child: Any, above: tuple[str, ...]) -> Any:  # noqa: ANN401 - a keyword's value
        if key in _ONE and isinstance(child, dict):
            return self.schema(child, above)
        if key in _MANY:
            branches = [one for one in child if self.secrets or len(child) == 1 or not is_marked(one)]
            return [self.schema(one, above) for one in branches]
        if key == "properties":
            return {name: self.schema(one, above) for name, one in child.items()}
        return child


def _unwrapped(schema: Schema) -> Schema:
    """Return a choice of one thing as that thing; what was said beside it stays."""
    for word in ("anyOf", "oneOf", "allOf"):
        if len(schema.get(word, ())) == 1:
            beside = {key: child for key, child in schema.items() if key != word}
            return {**schema[word][0], **beside}
    return schema


def _secret(schema: Mapping[str, Any], names: list[str]) -> Schema:
    name: Schema = {"type": "string", "enum": names} if names else {"type": "string"}
    return {
        "type": "object",
        "description": schema.get("description", _SECRET),
        "properties": {SECRET_REF: name},
        "required": [SECRET_REF],
        "additionalProperties": False,
    }
