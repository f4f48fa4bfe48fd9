"""Nulls by which a model leaves a field out in strict modes are taken out, wherever they stand; others are kept."""

from __future__ import annotations

from typing import Any

import pytest

from tool_executor.model_apis.needless_nulls import without_needless_nulls
from tool_executor.model_apis.strict_schema import has_strict_form

LINE: dict[str, Any] = {
    "type": "object",
    "properties": {"code": {"type": "string"}, "note": {"type": "string"}},
    "required": ["code"],
    "additionalProperties": False,
}
NULL: dict[str, Any] = {"type": "null"}
GIVEN, MEANT = {"code": "P1", "note": None}, {"code": "P1"}


def of(schema: Any, value: Any) -> Any:
    """Prune a value of a field, whose schema may refer to the line's."""
    whole = {"type": "object", "$defs": {"Line": LINE}, "properties": {"x": schema}, "required": ["x"]}
    return without_needless_nulls(whole, {"x": value})["x"]


@pytest.mark.parametrize("line", [LINE, {"$ref": "#/$defs/Line"}])
@pytest.mark.parametrize("word", ["anyOf", "oneOf"])
def test_they_are_taken_out_within_optional_objects_and_lists(line: Any, word: str) -> None:
    assert of({word: [line, NULL]}, GIVEN) == MEANT
    assert of({word: [{"type": "array", "items": line}, NULL]}, [GIVEN, GIVEN]) == [MEANT, MEANT]
    assert of({"type": "array", "items": {word: [line, NULL]}}, [GIVEN, None]) == [MEANT, None]


def tagged(kind: str, note: Any) -> dict[str, Any]:
    fields = {"kind": {"const": kind}, "note": note}
    return {"type": "object", "properties": fields, "required": ["kind"], "additionalProperties": False}


def test_of_several_branches_the_one_that_the_fields_and_tags_say_counts() -> None:
    other = {"type": "object", "properties": {"id": {"type": "integer"}, "note": NULL}, "required": ["id"]}
    assert of({"anyOf": [other, {"$ref": "#/$defs/Line"}, NULL]}, GIVEN) == MEANT
    assert of({"anyOf": [LINE, other]}, {"id": 1, "note": None}) == {"id": 1, "note": None}
    choice = {"oneOf": [tagged("a", NULL), tagged("b", {"type": "string"})]}
    assert of(choice, {"kind": "a", "note": None}) == {"kind": "a", "note": None}
    assert of(choice, {"kind": "b", "note": None}) == {"kind": "b"}
    assert of({"anyOf": [LINE, other]}, {"neither": None}) == {"neither": None}


def test_of_several_lists_the_one_whose_items_fit_counts() -> None:
    codes = {"type": "array", "items": {"type": "string"}}
    lists = {"anyOf": [codes, {"type": "array", "items": LINE}, NULL]}
    assert of(lists, [GIVEN]) == [MEANT]
    assert of(lists, ["P1"]) == ["P1"]


@pytest.mark.parametrize("schema", [True, {"anyOf": [True, LINE]}, {"type": "object", "properties": {"note": True}}])
def test_what_takes_any_value_keeps_its_nulls(schema: Any) -> None:
    assert of(schema, {"note": None}) == {"note": None}


def test_a_null_that_a_field_takes_or_needs_is_kept() -> None:
    fields = {"a": {"type": ["string", "null"]}, "b": {"enum": ["x", None]}, "c": {"type": "string"}, "d": {"const": 1}}
    given = dict.fromkeys(fields)
    assert of({"type": "object", "properties": fields, "required": ["c"]}, given) == {"a": None, "b": None, "c": None}


def test_a_schema_with_free_fields_has_no_strict_form() -> None:
    assert has_strict_form(LINE)
    assert not has_strict_form({"type": "object", "properties": {"note": {"type": "string"}}})
