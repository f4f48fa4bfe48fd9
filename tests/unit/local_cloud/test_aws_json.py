"""JSON as AWS takes and counts it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tool_executor.local.aws_json import NotJson, compact, copy_json, deeper_than, parse_json, utf8_bytes
from tool_executor.local.moto_patches.states_data import FAST_COPY


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a": -Infinity}', "", "{", "1 2", "[" * 100_000])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(NotJson):
        parse_json(text)


def test_sizes_are_bytes_of_compact_text() -> None:
    assert compact({"a": [1, "ü"]}) == '{"a":[1,"ü"]}'
    assert utf8_bytes({"a": [1, "ü"]}) == 14
    assert utf8_bytes("ü") == 2
    assert utf8_bytes("\ud800") == 3


@pytest.mark.parametrize(("levels", "deeper"), [(1, True), (2, True), (3, False), (4, False)])
def test_depth_is_counted_in_arrays_and_objects(levels: int, deeper: bool) -> None:  # noqa: FBT001
    assert deeper_than(levels, {"a": [1, {"b": 2}], "c": 3}) == deeper
    assert not deeper_than(levels, "x")


class Other:
    """What is not JSON."""


@pytest.mark.parametrize("copied", [copy_json, FAST_COPY.deepcopy])
def test_copies_share_nothing_that_can_change(copied: Any) -> None:
    value = {"a": [1, {"b": [None, True, 2.5, "x"]}]}
    result = copied(value)
    assert result == value
    result["a"][1]["b"].append("changed")
    assert value == {"a": [1, {"b": [None, True, 2.5, "x"]}]}


def test_the_fast_copy_copies_what_is_no_json_as_before() -> None:
    value = [Other(), {"a": (1, [2])}]
    result = FAST_COPY.deepcopy(value)
    assert result[0] is not value[0]
    assert result[1] == copy.deepcopy(value[1])
