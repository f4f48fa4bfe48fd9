"""Checks an input by a tool's JSON Schema exactly as the tool's own types would.

Client and planner know a tool by its catalog entry only, the tool knows its Python types. All three must complain
about the same input in the same words (rule 5), so the JSON Schema that pydantic wrote is turned back into a
validator of pydantic's core: same engine, strict, finite numbers, linear-time patterns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from pydantic_core import SchemaValidator, ValidationError, core_schema

from tool_contract import strict_json
from tool_contract.problems import Problem, problems_from
from tool_contract.references import is_reference
from tool_contract.secret import X_PLAIN_TEXT, X_SECRET, is_marked
from tool_contract.secret_fields import without_echo

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from pydantic_core import CoreSchema

_REFERENCE_PREFIX: Final = "#/$defs/"
#: Keywords that say nothing about which values are valid.
_ANNOTATIONS: Final = {"title", "description", "default", "examples", "deprecated", "$defs", "discriminator"}
#: Keywords of a schema, under which those of values inside of the value stand.
_VALUES_INSIDE: Final = {"items", "additionalProperties"}
_BRANCHES: Final = {"allOf", "anyOf", "oneOf"}
#: Stands around a schema beside which a reference is valid; no keyword of JSON Schema's.
_OR_REFERENCE: Final = "$orReference"
_VALUE: Final = "$orReference.value"
_REFERENCE: Final = "$orReference.reference"


class UnsupportedSchemaError(ValueError):
    """A tool's parameters use a JSON Schema keyword that the gates before the tool cannot check."""


class InputSchema:
    """A compiled JSON Schema. Build it once per tool: compiling costs more than checking.

    With ``references`` a reference to another call's result may stand wherever a value may.
    """

    def __init__(self, schema: Mapping[str, Any], *, references: bool = False) -> None:
        checked = _or_reference(schema) if references else schema
        definitions = [_definition(name, child) for name, child in _definitions(schema, references=references).items()]
        self._schema = schema
        self._validator = SchemaValidator(core_schema.definitions_schema(_core(checked), definitions))

    def problems(self, value: object) -> list[Problem]:
        """Return everything that is wrong with ``value``, by pointer; an empty list if nothing is."""
        try:
            text = strict_json.dumps(value)
        except strict_json.JsonError as error:
            return without_echo([error.problem], self._schema, value)
        try:
            # The JSON mode of strict validation takes a date as text, as JSON must write it.
            self._validator.validate_json(text)
        except ValidationError as error:
            found = problems_from(error.errors(include_url=False), value, schema=self._schema)
            return without_echo(found, self._schema, value)
        return []


def _definition(name: str, schema: Mapping[str, Any]) -> CoreSchema:
    # Every core schema takes a ref; their union's type does not say so.
    return cast("CoreSchema", {**_core(schema), "ref": name})


def _definitions(schema: Mapping[str, Any], *, references: bool) -> dict[str, Any]:
    definitions: dict[str, Any] = schema.get("$defs", {})
    return {name: _inside_of(child) for name, child in definitions.items()} if references else definitions


def _or_reference(schema: Any) -> Any:  # noqa: ANN401 - a JSON Schema is any value
    """Return a schema by which a reference may stand in place of the value, and of whatever is inside of it."""
    return {_OR_REFERENCE: _inside_of(schema)} if isinstance(schema, dict) else schema


def _inside_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema by which references may stand inside of the value."""
    if is_marked(schema):
        return dict(schema)  # a secret is named by the request, and never by a result
    changed = dict(schema)
    if "properties" in schema:
        changed["properties"] = {name: _or_reference(child) for name, child in schema["properties"].items()}
    for keyword in _VALUES_INSIDE & schema.keys():
        changed[keyword] = _or_reference(schema[keyword])
    if "prefixItems" in schema:
        changed["prefixItems"] = [_or_reference(child) for child in schema["prefixItems"]]
    for keyword in _BRANCHES & schema.keys():
        changed[keyword] = [_inside_of(branch) for branch in schema[keyword]]
    return changed


def _value_or_reference(rules: dict[str, Any]) -> CoreSchema:
    """Tell the two apart before either is checked: a wrong value is then complained about as ever."""
    return core_schema.tagged_union_schema(
        {_VALUE: _core(rules[_OR_REFERENCE]), _REFERENCE: core_schema.any_schema()},
        discriminator=lambda value: _REFERENCE if is_reference(value) else _VALUE,
    )


def _core(schema: Mapping[str, Any]) -> CoreSchema:
    rules = {key: value for key, value in schema.items() if key not in _ANNOTATIONS and not key.startswith("x-")}
    if X_SECRET in schema and not is_marked(schema):
        message = f"{X_SECRET} marks a SecretRef and nothing else: plain text would pass."
        raise UnsupportedSchemaError(message)
    for keyword, build in _COMBINATIONS.items():
        if keyword in rules:
            _only(keyword, rules)
            return build(rules)
    if not rules:
        return core_schema.any_schema()
    try:
        build = _TYPES[rules.pop("type")]
    except (KeyError, TypeError):
        message = f"No gate can check the JSON Schema {dict(schema)!r}."
        raise UnsupportedSchemaError(message) from None
    core = build(rules)
    _none_left(rules.keys())
    return core


def _only(keyword: str, rules: Mapping[str, Any]) -> None:
    """Refuse rules beside a combination: ``Annotated[int | float, Field(ge=3)]`` binds all of its branches."""
    said_already = {"type"} if keyword in {"enum", "const"} else set()
    _none_left(rules.keys() - {keyword} - said_already)


def _none_left(keywords: Collection[str]) -> None:
    if keywords:
        message = f"No gate can check the JSON Schema keywords {sorted(keywords)} here."
        raise UnsupportedSchemaError(message)


def _reference(rules: dict[str, Any]) -> CoreSchema:
    return core_schema.definition_reference_schema(rules["$ref"].removeprefix(_REFERENCE_PREFIX))


def _all_of(rules: dict[str, Any]) -> CoreSchema:
    if len(rules["allOf"]) != 1:
        message = "No gate can check a JSON Schema with several branches in allOf."
        raise UnsupportedSchemaError(message)
    return _core(rules["allOf"][0])


def _any_of(branches: list[Mapping[str, Any]]) -> CoreSchema:
    others = [branch for branch in branches if branch.get("type") != "null"]
    beside = [branch for branch in others if not is_marked(branch)]
    if len(beside) < len(others) and not all(branch.get(X_PLAIN_TEXT) is True for branch in beside):
        message = f"A field that takes a SecretRef can take None besides, and text that is marked {X_PLAIN_TEXT}."
        raise UnsupportedSchemaError(message)
    core = _core(others[0]) if len(others) == 1 else core_schema.union_schema([_core(branch) for branch in others])
    return core if len(others) == len(branches) else core_schema.nullable_schema(core)


def _string(rules: dict[str, Any]) -> CoreSchema:
    formatted = _FORMATS.get(rules.pop("format", ""))
    if formatted is not None:
        return formatted
    return core_schema.str_schema(
        strict=True,
        min_length=rules.pop("minLength", None),
        max_length=rules.pop("maxLength", None),
        pattern=rules.pop("pattern", None),
    )


def _bounds(rules: dict[str, Any]) -> dict[str, Any]:
    names = {
        "minimum": "ge",
        "maximum": "le",
        "exclusiveMinimum": "gt",
        "exclusiveMaximum": "lt",
        "multipleOf": "multiple_of",
    }
    return {name: rules.pop(keyword, None) for keyword, name in names.items()}


def _integer(rules: dict[str, Any]) -> CoreSchema:
    return core_schema.int_schema(strict=True, **_bounds(rules))


def _number(rules: dict[str, Any]) -> CoreSchema:
    return core_schema.float_schema(strict=True, allow_inf_nan=False, **_bounds(rules))


def _array(rules: dict[str, Any]) -> CoreSchema:
    length = {"min_length": rules.pop("minItems", None), "max_length": rules.pop("maxItems", None)}
    items = rules.pop("items", None)
    if "prefixItems" in rules:
        return core_schema.tuple_schema([_core(item) for item in rules.pop("prefixItems")], strict=True)
    return core_schema.list_schema(_core(items) if items else None, strict=True, **length)


def _object(rules: dict[str, Any]) -> CoreSchema:
    others = rules.pop("additionalProperties", True)
    if "properties" not in rules and isinstance(others, dict):
        return core_schema.dict_schema(
            core_schema.str_schema(),
            _core(others),
            strict=True,
            min_length=rules.pop("minProperties", None),
            max_length=rules.pop("maxProperties", None),
        )
    required = set(rules.pop("required", ()))
    fields = {
        name: core_schema.typed_dict_field(_core(child), required=name in required)
        for name, child in rules.pop("properties", {}).items()
    }
    return core_schema.typed_dict_schema(fields, strict=True, extra_behavior="forbid" if others is False else "allow")


_COMBINATIONS: Final[Mapping[str, Callable[[dict[str, Any]], CoreSchema]]] = {
    "$ref": _reference,
    "allOf": _all_of,
    "anyOf": lambda rules: _any_of(rules["anyOf"]),
    "oneOf": lambda rules: _any_of(rules["oneOf"]),
    "enum": lambda rules: core_schema.literal_schema(rules["enum"]),
    "const": lambda rules: core_schema.literal_schema([rules["const"]]),
    _OR_REFERENCE: _value_or_reference,
}
_TYPES: Final[Mapping[str, Callable[[dict[str, Any]], CoreSchema]]] = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": lambda _: core_schema.bool_schema(strict=True),
    "null": lambda _: core_schema.none_schema(),
    "array": _array,
    "object": _object,
}
_FORMATS: Final[Mapping[str, CoreSchema]] = {
    "date": core_schema.date_schema(strict=True),
    "date-time": core_schema.datetime_schema(strict=True),
    "duration": core_schema.timedelta_schema(strict=True),
    "time": core_schema.time_schema(strict=True),
    "uuid": core_schema.uuid_schema(strict=True),
}
