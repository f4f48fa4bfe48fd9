from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.ui.conftest import EVERYTHING
from tool_contract.catalog import load_catalog
from tool_contract.secret import SECRET_REF
from tool_executor.ui.form_values import LEFT_OUT, fits, place_of, texts_of, value_of, with_row, without_row
from tool_executor.ui.shapes import Group, Json, Lines, Shape, shape_of

KEPT_AS = "shop/database"
SHAPE = shape_of(EVERYTHING)
WORDS = st.text(string.ascii_letters + string.digits + "<>&\"' é", min_size=1, max_size=12)
WHOLE = st.integers(-(2**53) + 1, 2**53 - 1)
LINES = WORDS.map(str.strip).filter(bool)
ORDERS = st.fixed_dictionaries({"code": WORDS}, optional={"amount": st.integers(1, 9)})
INPUTS = st.fixed_dictionaries(
    {"code": WORDS, "orders": st.lists(ORDERS, max_size=3)},
    optional={
        "amount": st.integers(-5, 200),
        "share": st.floats(0, 1),
        "urgent": st.booleans(),
        "detail": st.sampled_from(["summary", "full"]),
        "tags": st.lists(LINES, min_size=1, max_size=3),
        "counts": st.lists(WHOLE, min_size=1, max_size=3),
        "address": st.fixed_dictionaries({"city": WORDS}, optional={"zip": st.integers(0, 9)}),
        "text": WORDS | st.just({SECRET_REF: KEPT_AS}),
        "anything": st.dictionaries(WORDS, WHOLE, min_size=1, max_size=2) | st.lists(st.booleans(), min_size=1),
    },
)


def kinds(shape: Shape) -> dict[str, str]:
    assert isinstance(shape, Group)
    return {field.name: field.kind for field in shape.fields}


def test_each_place_of_a_schema_has_the_shape_that_says_it() -> None:
    assert kinds(SHAPE) == {
        "code": "text",
        "orders": "rows",
        "amount": "number",
        "share": "number",
        "urgent": "flag",
        "detail": "choice",
        "tags": "lines",
        "counts": "lines",
        "address": "group",
        "text": "either",
        "anything": "json",
    }


def test_required_places_come_first_and_rules_say_what_holds() -> None:
    assert isinstance(SHAPE, Group)
    fields = {field.name: field for field in SHAPE.fields}
    assert [field.name for field in SHAPE.fields if field.required] == ["code", "orders"]
    assert (fields["code"].help, fields["code"].rules) == ("Which one.", "e.g. P001")
    assert fields["amount"].rules == "1 to 100; default: 28"
    assert fields["urgent"].rules == "default: no"


@given(INPUTS)
def test_what_a_form_is_filled_with_is_what_it_sends(value: dict[str, Any]) -> None:
    assert value_of(SHAPE, texts_of(SHAPE, value)) == value
    assert fits(SHAPE, value)


def test_an_input_with_what_the_form_has_no_place_for_does_not_fit() -> None:
    assert not fits(SHAPE, {"code": "a", "orders": [], "unknown": 1})
    assert not fits(SHAPE, {"code": "", "orders": []})
    assert fits(SHAPE, {"code": "a", "orders": [], "share": None})


LONG = {"type": "string", "maxLength": 1000}
NULLABLE = {"anyOf": [{"type": "integer"}, {"type": "null"}]}


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "a\0b"])
def test_a_text_that_its_field_would_change_does_not_fit(text: str) -> None:
    assert not fits(SHAPE, {"code": text, "orders": []})
    assert not fits(SHAPE, {"code": "a", "orders": [{"code": text}]})
    assert not fits(SHAPE, {"code": "a", "orders": [], "text": text})
    long = shape_of({"type": "object", "properties": {"note": LONG}})
    assert fits(long, {"note": text}) == (text == "a\nb")


def test_several_lines_fit_where_a_text_or_a_secret_may_be_long() -> None:
    secret = EVERYTHING["properties"]["text"]["anyOf"][1]
    shape = shape_of({"type": "object", "properties": {"text": {"anyOf": [LONG, secret]}}})
    assert fits(shape, {"text": "a\nb"})
    assert fits(shape, {"text": {SECRET_REF: KEPT_AS}})


@pytest.mark.parametrize(("said", "may_be_left_out"), [({"default": 3}, False), ({"default": None}, True), ({}, True)])
def test_a_null_fits_only_where_nothing_is_null(said: dict[str, Any], may_be_left_out: object) -> None:
    shape = shape_of({"type": "object", "properties": {"amount": {**NULLABLE, **said}}})
    assert fits(shape, {"amount": None}) is may_be_left_out
    required = shape_of({"type": "object", "properties": {"amount": NULLABLE}, "required": ["amount"]})
    assert not fits(required, {"amount": None})


def test_nulls_within_json_are_kept() -> None:
    assert fits(SHAPE, {"code": "a", "orders": [], "anything": {"a": None}})


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        ("/code", "/code"),
        ("/counts/1", "/counts"),
        ("/orders", "/orders"),
        ("/orders/0", "/orders/0"),
        ("/orders/0/code", "/orders/0/code"),
        ("/orders/0/unknown", "/orders/0"),
        ("/orders/7/code", "/orders"),
        ("/unknown", ""),
    ],
)
def test_a_problem_leads_to_the_nearest_place_that_there_is(pointer: str, place: str) -> None:
    assert place_of(SHAPE, {"n/orders": "1"}, pointer) == place


def test_an_empty_form_sends_nothing_but_the_lists_that_must_be_there() -> None:
    assert value_of(SHAPE, {}) == {"orders": []}


@pytest.mark.parametrize(
    ("name", "text", "sent"),
    [
        ("f/amount", "1.5", 1.5),
        ("f/amount", "many", "many"),
        ("f/amount", "NaN", "NaN"),
        ("f/amount", "1e999", "1e999"),
        ("f/urgent", "perhaps", "perhaps"),
        ("f/detail", "other", "other"),
        ("f/anything", "{not json", "{not json"),
        ("f/code", "007", "007"),
    ],
)
def test_what_is_not_what_the_schema_wants_goes_on_as_it_is(name: str, text: str, sent: object) -> None:
    assert value_of(SHAPE, {name: text})[name.removeprefix("f/")] == sent


def test_a_secret_goes_by_its_name() -> None:
    value = value_of(SHAPE, {"k/text": "secret", "f/text": " shop/database "})
    assert value["text"] == {SECRET_REF: KEPT_AS}


def test_a_row_is_added_empty_and_taken_out_of_the_middle() -> None:
    texts = texts_of(SHAPE, {"code": "a", "orders": [{"code": "x"}, {"code": "y"}, {"code": "z", "amount": 2}]})
    assert value_of(SHAPE, without_row(texts, "/orders", 1))["orders"] == [{"code": "x"}, {"code": "z", "amount": 2}]
    assert value_of(SHAPE, with_row(texts, "/orders"))["orders"][3] == {}


@pytest.mark.parametrize("count", ["-1", "99999999", "x", "²", "9" * 5000])
def test_a_count_of_rows_that_nobody_can_mean_is_bounded(count: str) -> None:
    assert len(value_of(SHAPE, {"n/orders": count})["orders"]) <= 100


def test_a_schema_within_itself_is_json_where_it_ends() -> None:
    node: dict[str, Any] = {"type": "object", "properties": {"child": {"$ref": "#/$defs/Node"}}}
    shape = shape_of({"$defs": {"Node": node}, **node})
    for _ in range(8):
        if isinstance(shape, Json):
            break
        assert isinstance(shape, Group)
        (shape,) = shape.fields
    assert isinstance(shape, Json)


def test_every_tool_of_the_shipped_catalog_has_a_form_with_no_json_in_it() -> None:
    for spec in load_catalog().tools:
        shape = shape_of(spec.input_schema)
        assert "json" not in kinds(shape).values(), spec.name
        assert value_of(shape, {}) == {}


def test_a_list_of_numbers_is_read_line_by_line() -> None:
    shape = Lines(item=shape_of({"type": "number"}))
    assert value_of(shape, {"f/x": "0.8\n\n 0.95 "}, "/x") == [0.8, 0.95]
    assert value_of(shape, {}, "/x") is LEFT_OUT
