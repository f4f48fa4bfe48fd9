"""Values that were revealed are in no text, however it was escaped; JSON stays JSON."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.contract.json_values import json_values
from tool_contract.errors import NotFound, ToolError
from tool_contract.failures import failure_from
from tool_contract.masking import Masks, masked, masking

VALUES = st.text(min_size=4, max_size=20) | st.text("ab*\"\\ü /~'%\n", min_size=4, max_size=8)
AROUND = st.text(max_size=8) | st.text("ab*\"\\ü /~'%\n", max_size=8)


def masks_of(*values: str) -> Masks:
    masks = Masks()
    for value in values:
        masks.add(value)
    return masks


def escaped(value: str) -> list[str]:
    once = [value, repr(value)[1:-1], json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]]
    return [*once, quote(value, safe="", errors="replace"), *(json.dumps(one)[1:-1] for one in once)]


@given(values=st.lists(VALUES, min_size=1, max_size=3), before=AROUND, after=AROUND)
def test_no_value_is_left_in_a_text_however_it_is_escaped(values: list[str], before: str, after: str) -> None:
    masks = masks_of(*values)
    for value in values:
        for form in escaped(value):
            found = masks.text(f"{before}{form}{after}")
            assert form not in found
            assert not any(other in found for other in values)


@given(value=VALUES.filter(lambda value: "." not in value), data=st.data())
def test_a_text_that_was_cut_within_a_value_ends_before_it(value: str, data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(escaped(value)))
    cut = data.draw(st.integers(1, len(form) - 1))

    assert masks_of(value).start(f"before.{form[:cut]}") == "before."
    assert masks_of(value).start(f"{value}.{value[:-1]}") == "***."


@given(value=VALUES, around=json_values())
def test_json_stays_json_and_holds_no_value(value: str, around: Any) -> None:
    text = json.dumps({"told": [f"so {value}", {f"{value}!": 1}], "around": around}, ensure_ascii=False)

    found = json.loads(masks_of(value).json_text(text))

    assert value not in found["told"][0]
    assert not any(value in key for key in found["told"][1])


def test_json_without_a_value_stays_as_it_is() -> None:
    text = '{"a":1.0,"b":[true,null,"ü",12345678]}'
    assert masks_of("1234").json_text(text) == text
    assert Masks().json_text(" {} ") == " {} "


def test_a_number_that_is_a_value_becomes_text() -> None:
    assert json.loads(masks_of("482915").json_text('{"pin":482915,"other":4829151}')) == {
        "pin": "***",
        "other": 4829151,
    }


def test_short_values_are_left() -> None:
    assert masks_of("abc").text("abcabc") == "abcabc"


@pytest.mark.parametrize("raised", [NotFound, ValueError, RuntimeError])
def test_a_failures_sentence_is_masked_before_it_is_cut(raised: type[Exception]) -> None:
    value = "v" * 100
    message = "x" * 250 + value + "y" * 3_000
    with masking(masks_of(value)):
        failure = failure_from(raised(message))
    assert "vv" not in failure.message
    assert "***" in failure.message


def test_pointer_and_hint_of_a_failure_are_masked() -> None:
    with masking(masks_of("a/secret~")):
        failure = failure_from(ToolError("m", pointer="/a~1secret~0/b", hint="not a/secret~"))
    assert (failure.pointer, failure.hint) == ("/***/b", "not ***")


def test_outside_of_an_attempt_nothing_is_masked() -> None:
    with masking(masks_of("secret")):
        assert masked("a secret") == "a ***"
    assert masked("a secret") == "a secret"
