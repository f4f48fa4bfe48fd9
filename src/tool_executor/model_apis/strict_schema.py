"""JSON Schemas for the providers' strict modes, in which a model cannot write anything else.

Each mode compiles a part of JSON Schema alone. What it cannot express goes into the description, and the executor
checks it as ever. A schema that loses its shape that way (free-form objects, recursion) has no strict form.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tool_executor.model_apis.plain_schema import allows_null, plain_schema

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tool_executor.model_apis.plain_schema import Schema

#: The bounds that one mode or another cannot hold a model to.
_BOUNDS: Final = frozenset(
    {
        "default",
        "examples",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "format",
        "maxItems",
        "maxLength",
        "maximum",
        "minItems",
        "minLength",
        "minimum",
        "multipleOf",
        "pattern",
    }
)
_FORMATS: Final = frozenset(
    {"date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "time", "uri", "uuid"}
)


class NoStrictFormError(ValueError):
    """A schema says what no strict mode can hold a model to."""


@dataclass(frozen=True, slots=True)
class StrictMode:
    """What a provider's strict mode knows.

    ``every_field``: each field must be required, so that null stands for leaving it out. ``bounds`` are the keywords
    that it holds a model to; ``min_items`` the values of minItems, None for any.
    """

    every_field: bool
    bounds: frozenset[str]
    min_items: frozenset[int] | None = None


#: OpenAI's structured outputs.
OPENAI: Final = StrictMode(
    every_field=True,
    bounds=frozenset(
        {
            "exclusiveMaximum",
            "exclusiveMinimum",
            "format",
            "maxItems",
            "maximum",
            "minItems",
            "minimum",
            "multipleOf",
            "pattern",
        }
    ),
)
#: Anthropic's, which Bedrock's Converse has for its models, too.
ANTHROPIC: Final = StrictMode(every_field=False, bounds=frozenset({"format", "minItems"}), min_items=frozenset({0, 1}))


def strict_schema(plain: Mapping[str, Any], mode: StrictMode) -> Schema:
    """Return a plain schema (:func:`plain_schema`) in its strict form. Raises NoStrictFormError."""
    if "$defs" in plain:
        raise NoStrictFormError("It refers to itself.")
    return _strict(plain, mode)


def has_strict_form(schema: Mapping[str, Any], secret_names: Collection[str] = ()) -> bool:
    """Whether a tool's schema is offered in a strict form: it is in all modes, or in none."""
    try:
        strict_schema(plain_schema(schema, secret_names), OPENAI)
    except NoStrictFormError:
        return False
    return True


def _strict(schema: Any, mode: StrictMode) -> Schema:  # noqa: ANN401 - a JSON Schema is any value
    if not isinstance(schema, dict):
        raise NoStrictFormError("It takes any value.")
    branches = schema.get("anyOf") or schema.get("oneOf")
    if branches is not None:
        return _described({"anyOf": [_strict(branch, mode) for branch in branches]}, schema, set())
    if "enum" in schema or "const" in schema:
        values = schema["enum"] if "enum" in schema else [schema["const"]]
        return _described({**_typed(schema), "enum": list(values)}, schema, set())
    kind = schema.get("type")
    held = {word for word in _BOUNDS & schema.keys() if _holds(mode, word, schema[word])}
    told: Schema = {"type": kind, **{word: schema[word] for word in schema if word in held}}
    if kind == "object":
        told |= _object(schema, mode)
    elif kind == "array":
        if "prefixItems" in schema:
            raise NoStrictFormError("It has items of several kinds in order.")
        told["items"] = _strict(schema.get("items"), mode)
    elif not isinstance(kind, str):
        raise NoStrictFormError("It takes values of any type.")
    return _described(told, schema, held)


def _typed(schema: Mapping[str, Any]) -> Schema:
    return {"type": schema["type"]} if "type" in schema else {}


def _object(schema: Mapping[str, Any], mode: StrictMode) -> Schema:
    if schema.get("additionalProperties", True) is not False:
        raise NoStrictFormError("It takes fields of any name.")
    required = list(schema.get("required", ()))
    fields = {name: _strict(child, mode) for name, child in schema.get("properties", {}).items()}
    if mode.every_field:
        fields = {
            name: child if name in required or allows_null(child) else {"anyOf": [child, {"type": "null"}]}
            for name, child in fields.items()
        }
        required = list(fields)
    return {"properties": fields, "required": required, "additionalProperties": False}


def _holds(mode: StrictMode, word: str, value: object) -> bool:
    if word == "format":
        return value in _FORMATS
    if word == "minItems" and mode.min_items is not None:
        return value in mode.min_items
    return word in mode.bounds


def _described(told: Schema, schema: Mapping[str, Any], held: set[str]) -> Schema:
    """Add the description, and to it what the mode cannot hold a model to."""
    unsaid = [word for word in schema if word in _BOUNDS - held and (word, schema[word]) != ("default", None)]
    beside = [f"{word}: {json.dumps(schema[word], ensure_ascii=False)}" for word in unsaid]
    sentences = [schema["description"]] if schema.get("description") else []
    if beside:
        sentences.append(f"({', '.join(beside)})")
    return {**told, "description": " ".join(sentences)} if sentences else told
