"""The transitions that an estimate counts are those of the workflow: its definition, walked state by state."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.contract.small_catalog import CATALOG
from tests.unit.costs.works import ASSUMED, call_work, execution_work
from tests.unit.planner.planning import LOOK_UP, SET_LEVEL
from tool_contract.options import ToolExecutorOptions
from tool_contract.preflight import DOLLARS_PER_TRANSITION, preflight
from tool_contract.request import ExecutionRequest, check_request
from tool_executor.costs.bill import bill_of
from tool_executor.costs.execution_usage import parts_of
from tool_executor.costs.prices import list_prices
from tool_executor.costs.request_work import best_and_worst
from tool_executor.costs.work import CallWork, ExecutionWork

WORKFLOW = json.loads((Path(__file__).parents[3] / "infra" / "workflow.asl.json").read_text(encoding="utf-8"))
ITERATION = WORKFLOW["States"]["RunCalls"]["ItemProcessor"]["States"]
RETRY, FALLBACK, FAILURE = ["Decide", "Backoff", "Invoke"], ["Decide", "Invoke"], ["Decide", "RecordFailure"]


def _followers(state: dict[str, Any]) -> set[str]:
    """The states that may come after one, by success, choice or catcher."""
    branches = [state, *state.get("Choices", ()), *state.get("Catch", ())]
    return {branch["Next"] for branch in branches if "Next" in branch} | {state.get("Default", "")} - {""}


def _walked(states: dict[str, Any], *path: str) -> int:
    """The transitions of a path that the definition has, from its start to an end."""
    for before, after in itertools.pairwise(path):
        assert after in _followers(states[before]), f"{before} does not lead to {after}"
    last = states[path[-1]]
    assert last.get("End") or last["Type"] == "Fail"
    return len(path)


AROUND = _walked({**WORKFLOW["States"]}, "Plan", "RunCalls", "Finish")


def _transitions(*calls: CallWork, sequence: bool = False) -> float:
    return ExecutionWork(calls=calls, sequence=sequence).transitions


@pytest.mark.parametrize("count", [1, 2, 10, 250])
def test_calls_that_succeed_are_one_each_beside_the_execution_itself(count: int) -> None:
    assert execution_work(count).transitions == AROUND + count * _walked(ITERATION, "Invoke")


def test_retries_and_fallbacks_that_end_well() -> None:
    walked = _walked(ITERATION, "Invoke", *RETRY, *RETRY, *FALLBACK, *RETRY)
    assert _transitions(call_work(retries=3, fallbacks=1)) == AROUND + walked


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_a_call_that_fails_for_good(retries: int) -> None:
    walked = _walked(ITERATION, "Invoke", *RETRY * retries, *FAILURE)
    assert _transitions(call_work(retries=retries, failed=1)) == AROUND + walked


def test_a_call_that_stops_a_sequence() -> None:
    walked = _walked(ITERATION, "Invoke", "Decide", "RecordAndStop", "StopSequence")
    good = _walked(ITERATION, "Invoke")
    assert _transitions(call_work(), call_work(failed=1), sequence=True) == AROUND + good + walked


_candidates = st.builds(lambda retries: {**SET_LEVEL, "max_retries": retries}, st.integers(0, 10))
_calls = st.builds(
    lambda call, fallbacks: {**call, "fallbacks": fallbacks},
    st.one_of(_candidates, st.just(LOOK_UP)),
    st.lists(_candidates, max_size=5),
)


@given(st.lists(_calls, min_size=1, max_size=5), st.sampled_from(["parallel", "sequence"]))
def test_both_courses_take_what_validate_says(calls: list[dict[str, Any]], mode: str) -> None:
    request = check_request({"calls": calls, "mode": mode}, CATALOG)
    said = preflight(request, CATALOG)
    for work, course in zip(_both(request), (said.happy, said.worst), strict=True):
        assert (work.transitions, work.attempts) == (course.state_transitions, course.attempts)


@given(
    st.lists(_calls, min_size=1, max_size=5),
    st.sampled_from(["parallel", "sequence"]),
    st.floats(1, 86_400),
    st.floats(0, 900_000),
    st.integers(0, 100_000),
)
def test_the_worst_course_costs_at_least_as_much_in_every_part(
    calls: list[dict[str, Any]], mode: str, deadline: float, tool_ms: float, result_bytes: int
) -> None:
    request = check_request({"calls": calls, "mode": mode, "timeout_seconds": deadline}, CATALOG)
    assumed = ASSUMED.model_copy(update={"tool_ms": tool_ms, "result_bytes": result_bytes})
    best, worst = best_and_worst(request, CATALOG, ToolExecutorOptions(), assumed, 100)
    for better, worse in zip(parts_of(best, assumed), parts_of(worst, assumed), strict=True):
        for (name, less), (_, more) in zip(better.usage, worse.usage, strict=True):
            assert more >= less * (1 - 1e-9), (better.name, name)


def test_the_price_of_a_transition_is_the_one_that_validate_shows() -> None:
    assert list_prices().prices["state_transitions"].of(1) == pytest.approx(DOLLARS_PER_TRANSITION)
    (line,) = [line for line in bill_of(parts_of(execution_work(), ASSUMED)).lines if line.service == "Step Functions"]
    assert (line.count, line.dollars) == (13, pytest.approx(13 * DOLLARS_PER_TRANSITION))


def _both(request: ExecutionRequest) -> tuple[ExecutionWork, ExecutionWork]:
    return best_and_worst(request, CATALOG, ToolExecutorOptions(), ASSUMED, 100)
