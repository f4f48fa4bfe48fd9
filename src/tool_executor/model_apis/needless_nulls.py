"""Takes out of a model's input the nulls that mean "left out".

Strict modes have a model say every field, so that null is its only way to leave one out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tool_executor.model_apis.plain_schema import allows_null, referred

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Definitions = Mapping[str, Any]


def without_needless_nulls(schema: Mapping[str, Any], value: Any) -> Any:  # noqa: ANN401 - JSON is any value
    """Return an input without the nulls of fields that may be left out and take none."""
    return _pruned(schema, value, schema.get("$defs", {}))


def _pruned(schema: Any, value: Any, definitions: Definitions) -> Any:  # noqa: ANN401 - as above
    schema = referred(schema, definitions)
    if not isinstance(schema, dict) or not isinstance(value, dict | list):
        return value
    for part in (_branch(schema, value, definitions), *schema.get("allOf", ())):
        value = _pruned(part, value, definitions)
    if isinstance(value, list):
        return [_pruned(schema.get("items"), child, definitions) for child in value]
    properties = schema.get("properties", {})
    return {
        key: _pruned(properties.get(key), child, definitions)
        for key, child in value.items()
        if child is not None or _means_null(schema, key, definitions)
    }


def _means_null(schema: Mapping[str, Any], key: str, definitions: Definitions) -> bool:
    properties = schema.get("properties", {})
    return key not in properties or key in schema.get("required", ()) or allows_null(properties[key], definitions)


def _branch(schema: Mapping[str, Any], value: Any, definitions: Definitions) -> Any:  # noqa: ANN401 - as above
    """Return which one of a choice of schemas a value is of: the first that fits; None if there is no telling."""
    branches = [one for one in _branches(schema, definitions) if one is True or one.get("type") != "null"]
    if len(branches) == 1:
        return branches[0]
    return next((one for one in branches if _fits(one, value, definitions)), None)


def _branches(schema: Mapping[str, Any], definitions: Definitions) -> Iterator[Any]:
    for word in ("anyOf", "oneOf"):
        for branch in schema.get(word, ()):
            resolved = referred(branch, definitions)
            if resolved is not False:
                yield resolved


def _fits(schema: Any, value: Any, definitions: Definitions) -> bool:  # noqa: ANN401 - as above
    """Whether a value may be meant by a schema, as far as its fields tell: all that it must have, no others."""
    schema = referred(schema, definitions)
    if not isinstance(schema, dict):
        return schema is not False
    if "anyOf" in schema or "oneOf" in schema:
        return any(_fits(one, value, definitions) for one in _branches(schema, definitions))
    properties, kind = schema.get("properties"), schema.get("type")
    if isinstance(value, dict):
        return (
            properties is not None
            and set(schema.get("required", ())) <= value.keys() <= properties.keys()
            and all(_tags_fit(properties[key], child, definitions) for key, child in value.items())
        )
    if isinstance(value, list):
        return kind == "array" and all(_fits(schema.get("items", True), child, definitions) for child in value)
    return kind not in {"object", "array"}


def _tags_fit(schema: Any, value: Any, definitions: Definitions) -> bool:  # noqa: ANN401 - as above
    schema = referred(schema, definitions)
    if not isinstance(schema, dict) or ("const" not in schema and "enum" not in schema):
        return True
    return value is None or value in (schema["enum"] if "enum" in schema else [schema["const"]])
