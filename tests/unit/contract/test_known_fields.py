"""What a misspelt field may have meant, wherever in a value it stands."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from tool_contract.known_fields import known_fields
from tool_contract.request import ExecutionRequest


class _Leaf(BaseModel):
    leaf: int


class _Other(BaseModel):
    other: int


class _Tree(BaseModel):
    either: _Leaf | _Other | None
    pair: tuple[_Leaf, _Other]
    by_name: dict[str, _Leaf]
    children: list[_Tree]


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ([], {"either", "pair", "by_name", "children"}),
        (["either"], {"leaf", "other"}),
        (["pair", 0], {"leaf"}),
        (["pair", 1], {"other"}),
        (["by_name", "any"], {"leaf"}),
        (["children", 7, "children", 0, "either"], {"leaf", "other"}),
        (["either", "leaf"], set()),
        (["nothing", "there", 3], set()),
        (["children", "x"], set()),
    ],
)
def test_the_fields_of_a_place_are_those_of_all_its_branches(path: list[Any], known: set[str]) -> None:
    assert known_fields(_Tree.model_json_schema(), path) == known


@pytest.mark.parametrize(
    ("path", "some"),
    [
        ([], {"calls", "max_concurrency"}),
        (["calls", 3], {"call_id", "timeout_seconds", "fallbacks"}),
        (["calls", 3, "retry"], {"jitter"}),
        (["calls", 3, "fallbacks", 0], {"tool_name", "retry"}),
    ],
)
def test_the_requests_own_places_are_known(path: list[Any], some: set[str]) -> None:
    assert some <= known_fields(ExecutionRequest.model_json_schema(), path)
