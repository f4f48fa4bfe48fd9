"""The one shape of a complaint."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonpointer import JsonPointer

from tool_contract.errors import ErrorCode
from tool_contract.problems import Problem, close_names, json_pointer, shortened

_KEYS = st.text(st.characters(codec="utf-8"), max_size=60)


@given(st.lists(_KEYS | st.integers(0, 99), max_size=6))
def test_a_pointer_leads_back_along_its_path(path: list[str | int]) -> None:
    assert JsonPointer(json_pointer(path)).parts == [str(part) for part in path]


def test_a_pointer_stops_at_an_absurd_key() -> None:
    assert json_pointer(["a", "k" * 61, "b"]) == "/a"


def test_a_problem_seen_from_outside_keeps_everything_but_its_pointer() -> None:
    inner = Problem(pointer="/a", message="Wrong.", error_code=ErrorCode.NOT_FOUND, hint="Look.")

    assert inner.under("/calls/0/input") == inner.model_copy(update={"pointer": "/calls/0/input/a"})


def test_a_detail_leaves_out_a_hint_that_is_not_there() -> None:
    assert Problem(pointer="", message="Wrong.").as_detail() == {
        "pointer": "",
        "message": "Wrong.",
        "error_code": "InvalidInput",
    }


@given(st.text(st.characters(exclude_categories=())), st.integers(1, 80))
def test_an_echo_is_printable_and_short(text: str, limit: int) -> None:
    echo = shortened(text, limit)

    assert len(echo) <= limit
    assert echo.isprintable()
    assert echo.encode().decode() == echo


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("forcast", ["forecast", "reorder"], "Did you mean 'forecast'?"),
        ("xyz", ["b", "a"], "Known: a, b."),
        ("xyz", [], None),
        ("xyz", [f"tool_number_{number}" for number in range(40)], None),
        ("x" * 100_000, ["forecast"], "Known: forecast."),
    ],
)
def test_close_names_are_offered_or_all_where_they_are_few(name: str, known: list[str], hint: str | None) -> None:
    assert close_names(name, known) == hint
