"""What a request takes is known before it runs, and it is what the planner goes by."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.planner.plan import make_plan
from tests.unit.contract.small_catalog import CATALOG
from tests.unit.planner.planning import DEPLOYMENT, LOOK_UP, PLACE_ORDER, SET_LEVEL, identity
from tool_contract import strict_json
from tool_contract.invalid_request import InvalidRequestError
from tool_contract.limits import MAX_HISTORY_EVENTS, MAX_PLAN_BYTES
from tool_contract.options import ToolExecutorOptions
from tool_contract.preflight import CallShape, Preflight, preflight, worst_case_events, worst_case_transitions
from tool_contract.request import ExecutionRequest, check_request
from tool_contract.retry import RetryPolicy, draw_delays, longest_delays


def _checked(*calls: dict[str, Any], **request: Any) -> ExecutionRequest:
    return check_request({"calls": list(calls), **request}, CATALOG)


def _report(*calls: dict[str, Any], **request: Any) -> Preflight:
    return preflight(_checked(*calls, **request), CATALOG)


def _call(retries: int, *fallback_retries: int, **changes: Any) -> dict[str, Any]:
    fallbacks = [{**SET_LEVEL, "max_retries": number} for number in fallback_retries]
    return {**LOOK_UP, "max_retries": retries, "fallbacks": fallbacks, **changes}


def _worst(*calls: dict[str, Any], **request: Any) -> int:
    return _report(*calls, **request).worst.state_transitions


@pytest.mark.parametrize("count", [1, 2, 250])
def test_the_happy_path_is_one_transition_a_call_and_three_an_execution(count: int) -> None:
    happy = _report(*[_call(3, 3)] * count).happy

    assert (happy.attempts, happy.state_transitions) == (count, count + 3)


def test_a_call_that_fails_at_once_is_three_transitions_in_all() -> None:
    assert _worst(_call(0)) == 3 + 3


def test_a_retry_is_three_transitions_more_and_a_fallback_two() -> None:
    assert _worst(_call(1)) - _worst(_call(0)) == 3
    assert _worst(_call(0, 0)) - _worst(_call(0)) == 2
    assert _worst(_call(3, 2, 1)) == 3 + 1 + 3 * 6 + 2 * 2 + 2


def test_a_sequence_stops_at_its_first_failure_so_that_only_the_last_call_fails_at_worst() -> None:
    """Decide, RecordAndStop and StopSequence, once."""
    assert _worst(_call(1), _call(0, 0), mode="sequence") == 3 + (1 + 3) + (1 + 2) + 3


def test_the_cost_is_that_of_the_transitions() -> None:
    report = _report(*[_call(0)] * 97)

    assert report.happy.cost_usd == pytest.approx(0.0025)
    assert report.happy.to_json() == {"attempts": 97, "state_transitions": 100, "cost_usd": 0.0025}
    assert report.worst.cost_usd == pytest.approx(294 * 25 / 1_000_000)


def test_attempts_at_worst_are_one_and_the_retries_of_each_candidate() -> None:
    assert _report(_call(3, 2), _call(0)).worst.attempts == 4 + 3 + 1


def test_events_are_counted_as_step_functions_writes_them() -> None:
    """An attempt: entered, scheduled, started, failed (thrice more for a throttle), exited, and Decide's two.

    A backoff: entered, exited. A call: its iteration's two, and the five of RecordFailure.
    """
    none = worst_case_events([])

    assert worst_case_events([CallShape(retries=3, fallbacks=0)]) - none == 4 * (5 + 3 + 2) + 3 * 2 + 2 + 5
    assert worst_case_events([CallShape(retries=3, fallbacks=1)]) - none == 5 * (5 + 3 + 2) + 3 * 2 + 2 + 5


def test_what_the_tool_or_the_stage_says_counts_where_the_request_is_silent() -> None:
    options = ToolExecutorOptions(max_retries=7)

    def retries(call: dict[str, Any]) -> int:
        return preflight(_checked(call), CATALOG, options).worst.attempts - 1

    assert (retries(LOOK_UP), retries(SET_LEVEL), retries({**SET_LEVEL, "max_retries": 1})) == (2, 7, 1)


def test_the_bytes_of_a_request_are_those_of_its_compact_json() -> None:
    request = {"calls": [{"tool_name": "set_level", "input": {"code": "äöü", "level": 1.5}}]}
    size = strict_json.byte_size(strict_json.dumps(request))

    assert preflight(check_request(request, CATALOG), CATALOG).request_bytes == size
    assert preflight(check_request(request, CATALOG), CATALOG, request_bytes=7).request_bytes == 7


def test_what_does_not_fit_is_told_with_the_limit_and_with_what_fits() -> None:
    calls = [_call(10, 10)] * 250
    report = _report(*calls)

    (problem,) = report.problems()

    assert problem.pointer == "/calls"
    assert f"{report.worst_case_events:,} history events; {MAX_HISTORY_EVENTS:,} fit" in problem.message
    assert f"The first {report.calls_that_fit} calls fit" in str(problem.hint)


SHAPES = st.builds(CallShape, retries=st.integers(0, 66), fallbacks=st.integers(0, 5))


@given(st.lists(SHAPES, min_size=1, max_size=20), SHAPES, st.sampled_from(["parallel", "sequence"]), st.data())
def test_more_calls_retries_or_fallbacks_never_take_less(
    shapes: list[CallShape], another: CallShape, mode: str, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(shapes) - 1))
    shape = shapes[at]
    larger = [
        [*shapes, another],
        [*shapes[:at], CallShape(shape.retries + 1, shape.fallbacks), *shapes[at + 1 :]],
        [*shapes[:at], CallShape(shape.retries, shape.fallbacks + 1), *shapes[at + 1 :]],
    ]

    for more in larger:
        assert worst_case_events(more) > worst_case_events(shapes)
        assert worst_case_transitions(more, mode) > worst_case_transitions(shapes, mode)


RETRY = st.fixed_dictionaries(
    {"initial_delay_seconds": st.floats(0, 100), "max_delay_seconds": st.floats(100, 3_600), "jitter": st.floats(0, 1)}
)
POLICY: dict[str, st.SearchStrategy[Any]] = {
    "max_retries": st.integers(0, 10), "timeout_seconds": st.floats(1, 840), "retry": RETRY
}  # fmt: skip


def _candidates(**more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from([LOOK_UP, SET_LEVEL, PLACE_ORDER]).flatmap(
        lambda base: st.fixed_dictionaries(
            {name: st.just(value) for name, value in base.items()}, optional={**POLICY, **more}
        )
    )


CALLS = _candidates(fallbacks=st.lists(_candidates(), max_size=5))
REQUESTS = st.fixed_dictionaries(
    {"calls": st.tuples(CALLS, st.integers(1, 250)).map(lambda repeated: [repeated[0]] * repeated[1])},
    optional={
        "mode": st.sampled_from(["parallel", "sequence"]),
        "correlation_id": st.text("!~a", min_size=1, max_size=128),
    },
)


@settings(max_examples=60, deadline=None)
@given(REQUESTS, st.text("xä\N{PILE OF POO}", min_size=1, max_size=80))
def test_the_planner_accepts_what_preflight_accepts_and_its_plan_is_no_larger_than_said(
    value: dict[str, Any], execution_id: str
) -> None:
    request = check_request(value, CATALOG)
    report = preflight(request, CATALOG)
    if list(report.problems()):
        with pytest.raises(InvalidRequestError) as refused:
            make_plan(request, identity(execution_id), DEPLOYMENT)
        assert refused.value.problems == list(report.problems())
        return

    state = make_plan(request, identity(execution_id), DEPLOYMENT).state
    assert strict_json.byte_size(strict_json.dumps(state)) <= report.plan_bytes <= MAX_PLAN_BYTES


@settings(max_examples=60, deadline=None)
@given(REQUESTS)
def test_the_calls_that_are_said_to_fit_fit_and_one_more_does_not(value: dict[str, Any]) -> None:
    fit = preflight(check_request(value, CATALOG), CATALOG).calls_that_fit

    assert fit >= 1
    assert not list(_report(*value["calls"][:fit], **_rest(value)).problems())
    if fit < len(value["calls"]):
        assert list(_report(*value["calls"][: fit + 1], **_rest(value)).problems())


def _rest(value: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in value.items() if name != "calls"}


@given(RETRY, st.integers(0, 10), st.randoms(use_true_random=False))
def test_no_drawn_delay_is_longer_than_the_longest(retry: dict[str, float], retries: int, random: Any) -> None:
    policy = RetryPolicy(**retry)

    for drawn, longest in zip(draw_delays(policy, retries, random), longest_delays(policy, retries), strict=True):
        assert drawn <= longest
