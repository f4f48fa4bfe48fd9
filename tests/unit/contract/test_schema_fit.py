"""What can be said of two schemas before there is a value; jsonschema and jsonpointer are the second opinions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from jsonpointer import JsonPointer
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from tests.unit.contract.json_values import AWKWARD, json_values
from tool_contract.input_schema import InputSchema
from tool_contract.references import tokens_of, value_at
from tool_contract.schema_fit import why_unfit, words
from tool_contract.schema_places import alternatives, at_path, at_pointer, fields_at


def is_valid(value: Any, schema: dict[str, Any]) -> bool:
    """What jsonschema says, and the gate: of formats the one, of whole numbers the other is the stricter."""
    checker = Draft202012Validator.FORMAT_CHECKER
    return Draft202012Validator(schema, format_checker=checker).is_valid(value) and not InputSchema(schema).problems(
        value
    )


SCALAR_SCHEMAS: tuple[dict[str, Any], ...] = (
    {"type": "string"}, {"type": "string", "maxLength": 2}, {"type": "string", "minLength": 3},
    {"type": "string", "pattern": "^[a-z]+$"}, {"type": "string", "format": "date"},
    {"type": "string", "format": "uuid"}, {"type": "string", "format": "date-time"},
    {"type": "string", "format": "time"},
    {"type": "integer"}, {"type": "integer", "minimum": 5}, {"type": "integer", "maximum": 1},
    {"type": "number"}, {"type": "number", "exclusiveMinimum": 1}, {"type": "number", "maximum": 1},
    {"type": "boolean"}, {"type": "null"}, {"enum": ["a", "red"], "type": "string"}, {"const": 1},
    {"enum": [1, "a", None]}, {"const": "aaaa"}, {},
)  # fmt: skip
FIELDS = ("a", "b", "v")


def objects(children: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda properties, required, closed: {
            "type": "object",
            "properties": properties,
            "required": sorted(required & properties.keys()),
            **({"additionalProperties": False} if closed else {}),
        },
        st.dictionaries(st.sampled_from(FIELDS), children, max_size=3),
        st.frozensets(st.sampled_from(FIELDS)),
        st.booleans(),
    )


def arrays(children: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda items, least, most: {"type": "array", "items": items, **least, **most},
        children,
        st.sampled_from([{}, {"minItems": 1}, {"minItems": 2}]),
        st.sampled_from([{}, {"maxItems": 2}, {"maxItems": 3}]),
    )


SCHEMAS = st.recursive(
    st.sampled_from(SCALAR_SCHEMAS),
    lambda children: (
        objects(children)
        | arrays(children)
        | st.builds(
            lambda values: {"type": "object", "additionalProperties": values},
            children,
        )
        | st.builds(lambda first, second: first if first == second else {"anyOf": [first, second]}, children, children)
    ),
    max_leaves=4,
)
#: What is drawn where a schema says nothing.
ANYTHING = json_values(max_leaves=3)
FITTING = {
    json.dumps(schema): [value for value in (*AWKWARD, "10:00:00Z") if is_valid(value, schema)]
    for schema in SCALAR_SCHEMAS
}


def valid_value(data: st.DataObject, schema: dict[str, Any]) -> Any:
    """A value of a schema of this page, which jsonschema and the gate both take."""
    if "anyOf" in schema:
        return valid_value(data, data.draw(st.sampled_from(schema["anyOf"])))
    if schema.get("type") == "array":
        least = schema.get("minItems", 0)
        count = data.draw(st.integers(least, max(least, min(schema.get("maxItems", 3), 3))))
        return [valid_value(data, schema["items"]) for _ in range(count)]
    if schema.get("type") == "object":
        properties, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        names = [name for name in properties if name in schema["required"] or data.draw(st.booleans())]
        more = [] if others is False else data.draw(st.lists(st.sampled_from(["more", "0"]), max_size=1))
        return {name: valid_value(data, properties.get(name, others)) for name in [*names, *more]}
    return data.draw(st.sampled_from(FITTING[json.dumps(schema)])) if schema else data.draw(ANYTHING)


def unfit(given_schema: dict[str, Any], wanted: dict[str, Any]) -> str | None:
    ours, theirs = alternatives(given_schema, given_schema), alternatives(wanted, wanted)
    return why_unfit(ours, given_schema, theirs, wanted)


def test_of_simple_schemas_every_pair_is_judged_rightly() -> None:
    gates = {json.dumps(schema): InputSchema(schema) for schema in SCALAR_SCHEMAS if schema}
    wrong = [
        (one, other, value)
        for one in SCALAR_SCHEMAS
        for other in SCALAR_SCHEMAS
        if unfit(one, other) is not None
        for value in FITTING[json.dumps(one)]
        if not gates[json.dumps(other)].problems(value)
    ]

    assert wrong == []


@settings(max_examples=300, deadline=None)
@given(SCHEMAS, SCHEMAS, st.data())
def test_where_a_reason_is_given_no_value_of_the_one_is_valid_by_the_other(
    one: dict[str, Any], other: dict[str, Any], data: st.DataObject
) -> None:
    reason = unfit(one, other)
    value = valid_value(data, one)

    event("a reason is given" if reason else "it may fit")
    assert is_valid(value, one)
    assert reason is None or (InputSchema(other).problems(value) and not is_valid(value, other))


@settings(max_examples=200, deadline=None)
@given(SCHEMAS, st.data())
def test_what_fits_itself_is_never_said_not_to_fit(schema: dict[str, Any], data: st.DataObject) -> None:
    valid_value(data, schema)  # there is one

    assert unfit(schema, schema) is None


@settings(max_examples=300, deadline=None)
@given(SCHEMAS, st.data())
def test_where_a_pointer_leads_in_a_value_the_schema_knows_a_place(schema: dict[str, Any], data: st.DataObject) -> None:
    value = held = valid_value(data, schema)
    path: list[str | int] = []
    while isinstance(held, (dict, list)) and held and data.draw(st.booleans()):
        step = data.draw(st.sampled_from(list(held) if isinstance(held, dict) else range(len(held))))
        path.append(step)
        held = held[step]
    pointer = JsonPointer.from_parts(path).path

    assert value_at(value, pointer) == held == JsonPointer(pointer).resolve(value)
    for places in (at_pointer(schema, tokens_of(pointer)), at_path(schema, path)):
        assert any(Draft202012Validator(place).is_valid(held) for place in places)


TREE: dict[str, Any] = {
    "$defs": {
        "Node": {
            "type": "object",
            "properties": {"v": {"type": "integer"}, "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}}},
            "required": ["v", "children"],
            "additionalProperties": False,
        }
    },
    "$ref": "#/$defs/Node",
}
TEXT, WHOLE = {"type": "string"}, {"type": "integer"}


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        (WHOLE, TEXT, "a whole number where text is needed"),
        ({"anyOf": [WHOLE, {"type": "null"}]}, TEXT, "a whole number or null where text is needed"),
        ({"type": "boolean"}, WHOLE, "true or false where a whole number is needed"),
        (
            {"type": "integer", "minimum": 10},
            {"type": "integer", "maximum": 3},
            "a number from 10 to inf where one from -inf to 3 is needed",
        ),
        (
            {"type": "number", "maximum": 0},
            {"type": "number", "exclusiveMinimum": 0},
            "a number from -inf to 0 where one from 0 to inf is needed",
        ),
        ({"enum": ["x", "y"]}, {"enum": ["a"]}, "'x' or 'y', which cannot stand here"),
        ({"enum": ["x"]}, {"type": "string", "pattern": "^[0-9]+$"}, "'x', which cannot stand here"),
        ({"type": "string", "maxLength": 2}, {"enum": ["long"]}, "text where 'long' is needed"),
        (
            {"type": "string", "format": "date"},
            {"type": "string", "format": "uuid"},
            "a date where a uuid is needed",
        ),
        (
            {"type": "object", "properties": {"a": TEXT}, "additionalProperties": False},
            {"type": "object", "required": ["b"]},
            "an object without the field 'b', which is needed here",
        ),
        (
            {"type": "object", "properties": {"a": TEXT}, "required": ["a"]},
            {"type": "object", "properties": {"b": TEXT}, "additionalProperties": False},
            "an object with the field 'a', which is not known here",
        ),
        (
            {"type": "array", "items": WHOLE, "minItems": 1},
            {"type": "array", "items": TEXT},
            "an array whose elements cannot stand here: a whole number where text is needed",
        ),
        (TREE, {**TREE, "$defs": {"Node": {"type": "object", "properties": {"v": TEXT}}}}, "an object whose field 'v'"),
    ],
)
def test_what_cannot_fit_has_a_reason_in_words(one: dict[str, Any], other: dict[str, Any], reason: str) -> None:
    assert (unfit(one, other) or "").startswith(reason)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"type": "number"}, WHOLE),
        (WHOLE, {"type": "number"}),
        ({"anyOf": [WHOLE, TEXT]}, TEXT),
        (TEXT, {"type": "string", "format": "date"}),
        ({"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}),
        ({"type": "array", "items": WHOLE}, {"type": "array", "items": TEXT}),
        ({}, TEXT),
        (TEXT, {}),
        (TREE, TREE),
        ({"type": "string", "unheardOf": True}, TEXT),
        ({"type": "object", "patternProperties": {"^x": TEXT}, "additionalProperties": False}, {"type": "object"}),
    ],
)
def test_what_may_fit_is_left_to_the_run(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert unfit(one, other) is None


def test_a_pointer_goes_through_definitions_arrays_and_branches() -> None:
    assert at_pointer(TREE, ["children", "7", "children", "0", "v"]) == [WHOLE]
    assert at_pointer(TREE, ["children", "-"]) == []
    assert at_pointer(TREE, ["children", "01"]) == []
    assert at_pointer(TREE, ["values"]) == []
    assert fields_at(TREE, ["children", "0", "values"]) == (2, {"v", "children"})
    assert at_path({"type": "array", "prefixItems": [TEXT], "items": WHOLE}, [1]) == [WHOLE]
    assert at_path({"type": "array", "maxItems": 1}, [1]) == []


def test_what_may_stand_at_a_place_is_told_in_words() -> None:
    assert words([TEXT, {"type": "null"}]) == "text or null"
    assert words([WHOLE, {"type": "number"}]) == "a number"
    assert words([{}]) == "anything"
    assert words([{"const": True}]) == "true or false"
