"""Plain values to DynamoDB's and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.contract.json_values import TEXTS
from tool_contract.items import from_item, to_attribute, to_item

#: Within what DynamoDB takes: 38 digits, exponents from -130 to 125. Beyond 2^53 a float's digits are not its value.
_NUMBERS = st.integers(-(10**30), 10**30) | st.floats(-(2.0**53), 2.0**53).map(lambda number: round(number, 9))
_VALUES = st.recursive(
    st.booleans() | _NUMBERS | TEXTS,
    lambda child: st.lists(child, max_size=3) | st.dictionaries(TEXTS, child, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text("abc", min_size=1), _VALUES, max_size=4))
def test_values_come_back_as_they_went(values: dict[str, Any]) -> None:
    assert from_item(to_item(values)) == values


def test_whole_numbers_come_back_as_integers() -> None:
    values = from_item(to_item({"a": 3.0, "b": 3, "c": 0.1, "d": {"e": [1.5, 2.0]}}))

    assert repr(values) == "{'a': 3, 'b': 3, 'c': 0.1, 'd': {'e': [1.5, 2]}}"


def test_what_is_none_is_left_out() -> None:
    assert to_item({"a": None, "b": False, "c": ""}) == {"b": {"BOOL": False}, "c": {"S": ""}}


def test_a_float_is_written_with_its_shortest_digits() -> None:
    assert to_attribute(0.1) == {"N": "0.1"}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_dynamodb_cannot_hold_is_an_error(value: float) -> None:
    with pytest.raises(TypeError):
        to_attribute(value)
