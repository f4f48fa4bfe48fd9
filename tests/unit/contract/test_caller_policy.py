"""Policies of callers: what can be said, what is refused, and what of a request they refuse."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.contract.json_values import json_values
from tests.unit.contract.small_catalog import CATALOG
from tool_contract.caller_policy import (
    MAX_OPEN_CALLS,
    CallerPolicies,
    CallerPolicy,
    InvalidCallersError,
    caller_problems,
)

POLICIES = CallerPolicies.from_json(
    json.dumps({
        "callers": {"report": {"allowed_tools": ["look_*"]}, "nobody": {"allowed_tools": []}, "shop": {}},
        "default": {"allowed_tools": ["set_level", "look_up"]},
    })
)  # fmt: skip


def refused(policies: Any) -> list[tuple[str, str | None]]:
    with pytest.raises(InvalidCallersError) as error:
        CallerPolicies.from_json(json.dumps(policies))
    return [(problem.pointer, problem.hint) for problem in error.value.problems]


def told(request: Any, policies: CallerPolicies = POLICIES) -> list[tuple[str, str]]:
    return [(problem.pointer, problem.error_code) for problem in caller_problems(request, policies, CATALOG)]


def test_without_a_word_everybody_may_call_everything_uncounted() -> None:
    policies = CallerPolicies.from_json("{}")

    assert policies == CallerPolicies()
    assert policies.policy_of(None) == policies.policy_of("anybody") == CallerPolicy()
    assert CallerPolicy().allows("place_order")
    assert not CallerPolicy().counts


@pytest.mark.parametrize(
    "limit", ["max_calls_per_minute", "max_open_calls", "max_calls_per_day", "max_attempts_per_day"]
)
def test_each_limit_takes_counting(limit: str) -> None:
    assert CallerPolicy(**{limit: 1}).counts  # type: ignore[arg-type]


def test_what_was_said_comes_back_from_its_json() -> None:
    assert CallerPolicies.from_json(POLICIES.to_json()) == POLICIES


def test_every_problem_of_a_file_is_told_with_its_place_and_close_names() -> None:
    wrong = {
        "callers": {"a": {"max_open_cals": 1, "max_calls_per_minute": 0}, "b": {"max_calls_per_day": "9"}},
        "default": {"allowed_tools": "*", "max_open_calls": MAX_OPEN_CALLS + 1},
    }

    assert dict(refused(wrong)) == {
        "/callers/a/max_open_cals": "Did you mean 'max_open_calls' or 'max_calls_per_day'?",
        "/callers/a/max_calls_per_minute": None,
        "/callers/b/max_calls_per_day": None,
        "/default/allowed_tools": None,
        "/default/max_open_calls": None,
    }


@pytest.mark.parametrize("wrong", [[], None, "x", 1, {"callers": []}, {"callers": {"": {}}}, {"callers": {"a": None}}])
def test_what_is_no_set_of_policies_is_refused(wrong: Any) -> None:
    assert refused(wrong)


@pytest.mark.parametrize("text", ["", "{", '{"callers": {}, "callers": {}}', '{"default": {"max_open_calls": NaN}}'])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(InvalidCallersError):
        CallerPolicies.from_json(text)


def test_a_stage_that_would_refuse_everybody_is_refused() -> None:
    ((pointer, _),) = refused({"require_caller": True})

    assert pointer == ""


def test_a_refusal_survives_another_process() -> None:
    with pytest.raises(InvalidCallersError) as error:
        CallerPolicies.from_json('{"x": 1}')

    assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)  # noqa: S301 - its own bytes


def test_an_entry_that_means_no_tool_is_told_with_close_names() -> None:
    policies = CallerPolicies.from_json(
        '{"callers": {"a/b": {"allowed_tools": ["look_up", "lok_up"]}}, "default": {"allowed_tools": ["LOOK*"]}}'
    )

    assert [(problem.pointer, problem.hint) for problem in policies.unknown_tools(CATALOG)] == [
        ("/callers/a~1b/allowed_tools/1", "Did you mean 'look_up'?"),
        ("/default/allowed_tools/0", "Known: look_up, place_order, set_level."),
    ]
    assert POLICIES.unknown_tools(CATALOG) == []


def test_every_tool_that_a_caller_may_not_call_is_told_at_its_place_fallbacks_too() -> None:
    calls = [
        {"tool_name": "look_up", "fallbacks": [{"tool_name": "set_level"}, {"tool_name": "look_up"}]},
        {"tool_name": "place_order"},
    ]

    assert told({"caller": "report", "calls": calls}) == [
        ("/calls/0/fallbacks/0/tool_name", "CallerNotAllowed"),
        ("/calls/1/tool_name", "CallerNotAllowed"),
    ]
    assert told({"caller": "shop", "calls": calls}) == []


@pytest.mark.parametrize("who", [{}, {"caller": "somebody"}, {"caller": None}])
def test_who_has_no_policy_of_its_own_is_held_to_the_default(who: dict[str, Any]) -> None:
    assert told({**who, "calls": [{"tool_name": "set_level"}]}) == []
    assert told({**who, "calls": [{"tool_name": "place_order"}]}) == [("/calls/0/tool_name", "CallerNotAllowed")]


def test_an_empty_list_allows_no_tool() -> None:
    assert told({"caller": "nobody", "calls": [{"tool_name": "look_up"}]})


def test_a_tool_that_there_is_not_is_no_matter_of_policy() -> None:
    assert told({"caller": "nobody", "calls": [{"tool_name": "no_such_tool"}]}) == []


def test_the_refusal_says_who_what_and_what_instead() -> None:
    (problem,) = caller_problems({"caller": "report", "calls": [{"tool_name": "set_level"}]}, POLICIES, CATALOG)

    assert problem.message == "The caller 'report' may not call the tool 'set_level'."
    assert problem.hint == "It may call look_*."


@pytest.mark.parametrize("who", [{}, {"caller": "somebody"}])
def test_a_stage_may_take_known_callers_only_and_names_none_of_them(who: dict[str, str]) -> None:
    strict = CallerPolicies.from_json('{"callers": {"secret-name": {}}, "require_caller": true}')

    (problem,) = caller_problems({**who, "calls": [{"tool_name": "look_up"}]}, strict, CATALOG)

    assert (problem.pointer, problem.error_code) == ("/caller", "CallerUnknown")
    assert "secret-name" not in f"{problem.message}{problem.hint}"
    assert told({"caller": "secret-name", "calls": [{"tool_name": "look_up"}]}, strict) == []


@given(request=json_values() | st.fixed_dictionaries({"caller": json_values(), "calls": st.lists(json_values())}))
def test_no_request_is_too_broken_to_be_looked_at(request: Any) -> None:
    for problem in caller_problems(request, POLICIES, CATALOG):
        assert problem.error_code == "CallerNotAllowed"
