"""An input's check with references in it: they may stand wherever a value may, and change nothing else."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.contract.json_values import json_values
from tests.unit.contract.test_schema_fit import SCHEMAS, valid_value
from tool_contract.input_schema import InputSchema
from tool_contract.references import is_reference, replaced

REFERENCE = {"$from": "c1", "pointer": "/x"}


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every path in a value, its top among them."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for step, child in inside for found in places(child, (*path, step)))]


@settings(max_examples=300, deadline=None)
@given(SCHEMAS, json_values().filter(lambda value: not is_reference(value)))
def test_of_an_input_without_references_the_same_is_said(schema: dict[str, Any], value: Any) -> None:
    assert InputSchema(schema, references=True).problems(value) == InputSchema(schema).problems(value)


@settings(max_examples=300, deadline=None)
@given(SCHEMAS, st.data())
def test_a_reference_may_stand_wherever_a_value_does(schema: dict[str, Any], data: st.DataObject) -> None:
    value = valid_value(data, schema)
    path = data.draw(st.sampled_from(places(value)))

    assert InputSchema(schema, references=True).problems(replaced(value, {path: REFERENCE})) == []


def test_what_is_wrong_beside_a_reference_keeps_its_place_and_its_words() -> None:
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "array", "items": {"type": "integer"}},
            "day": {"type": "string", "format": "date"},
        },
        "required": ["day"],
        "additionalProperties": False,
    }

    found = InputSchema(schema, references=True).problems({"a": [1, REFERENCE, "x"], "dya": "2026-02-28"})

    assert [(problem.pointer, problem.message, problem.hint) for problem in found] == [
        ("/a/2", "Input should be a valid integer.", None),
        ("/day", "This field is required.", None),
        ("/dya", "This field is not known.", "Did you mean 'day' or 'a'?"),
    ]
