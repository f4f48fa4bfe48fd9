"""The states around the calls, and what holds for the definition as a whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.fake_clock import START_MS
from tests.unit.workflow.iteration import DEADLINE_MS, DEFINITION, INNER, STATES, candidate, item
from tool_contract.invalid_request import InvalidRequestError
from tool_contract.limits import HARD_TIMEOUT_ALLOWANCE_SECONDS, MAX_EXECUTION_TIMEOUT_SECONDS
from tool_contract.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.workflow.engines import Engines
    from tests.unit.workflow.iteration import Iteration


def _states() -> Iterator[tuple[str, dict[str, Any]]]:
    yield from STATES.items()
    yield from INNER.items()


def _evaluated(engines: Engines, template: Any, **states: Any) -> Any:
    return engines.evaluate(template, states, START_MS)


def _retriers() -> list[Any]:
    return [
        pytest.param(retrier, id=f"{name}: {', '.join(retrier['ErrorEquals'])}")
        for name, state in _states()
        for retrier in state.get("Retry", ())
        if retrier["MaxAttempts"] > 0
    ]


@pytest.mark.parametrize("retrier", _retriers())
def test_every_retrier_is_capped_with_full_jitter(retrier: dict[str, Any]) -> None:
    assert retrier["JitterStrategy"] == "FULL"
    assert 1 <= retrier["IntervalSeconds"] <= retrier["MaxDelaySeconds"] <= 10
    assert retrier["MaxAttempts"] <= 4


def test_tools_are_retried_by_decide_alone() -> None:
    (retrier,) = INNER["Invoke"]["Retry"]

    assert retrier["ErrorEquals"] == ["Lambda.TooManyRequestsException"]


@pytest.mark.parametrize("name", [name for name, state in _states() if state["Type"] == "Task"])
def test_every_task_has_a_timeout_and_catches_everything(name: str) -> None:
    state = dict(_states())[name]

    assert "TimeoutSeconds" in state
    assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"]


def test_the_machine_outlives_its_longest_execution() -> None:
    assert DEFINITION["TimeoutSeconds"] >= MAX_EXECUTION_TIMEOUT_SECONDS + 3_600


@pytest.mark.parametrize(
    ("left_ms", "timeout", "seconds"),
    [
        pytest.param(60_000, 30, 30, id="the tool's own"),
        pytest.param(60_000, 7.5, 8, id="whole seconds, rounded up"),
        pytest.param(20_000, 30, 20, id="what is left"),
        pytest.param(19_001, 30, 20, id="what is left, rounded up"),
        pytest.param(10, 30, 1, id="next to nothing"),
        pytest.param(0, 30, 1, id="nothing"),
        pytest.param(-3_600_000, 30, 1, id="an hour too late"),
    ],
)
def test_an_attempt_ends_by_its_timeout_or_the_deadline_plus_the_allowance(
    iteration: Iteration, left_ms: int, timeout: float, seconds: int
) -> None:
    iteration.now_ms = DEADLINE_MS - left_ms

    limit = iteration.field("Invoke", "TimeoutSeconds", item(candidate(timeout_seconds=timeout)))

    assert limit == seconds + HARD_TIMEOUT_ALLOWANCE_SECONDS
    assert isinstance(limit, int)


def test_the_second_candidate_is_invoked_with_its_own_function_and_timeout(iteration: Iteration) -> None:
    second = item(candidate(), candidate("sets", timeout_seconds=3), candidate=1)

    assert iteration.field("Invoke", "TimeoutSeconds", second) == 13
    assert iteration.field("Invoke", "Arguments", second)["FunctionName"] == "arn:sets"
    assert iteration.field("Invoke", "Output", second, result={"Payload": {"call_id": "c1"}}) == {"call_id": "c1"}


@pytest.mark.parametrize(
    "payload", [None, "c1", 5, False, [], ["c1"], {}, {"call_id": None}, {"call_id": "c2"}, {"errorMessage": "x"}]
)
@pytest.mark.parametrize(("read_only", "effect"), [(True, "none"), (False, "unknown")])
def test_a_function_that_answers_anything_but_the_calls_id_is_no_success(
    iteration: Iteration,
    payload: object,
    read_only: bool,  # noqa: FBT001
    effect: str,
) -> None:
    state = item(candidate(read_only=read_only), attempt=3)

    output = iteration.field("Invoke", "Output", state, result={"Payload": payload})

    assert output["call_id"] == output["unrecorded"]["call_id"] == "c1"
    told = {name: output["unrecorded"][name] for name in ("status", "error_code", "effect", "attempts")}
    assert told == {"status": "failed", "error_code": "BadToolResponse", "effect": effect, "attempts": 3}


@pytest.mark.parametrize(
    "request_value", [{"calls": []}, {"calls": [1]}, [], [{"calls": [1]}], [1, 2], "text", 5, False, {}, None]
)
def test_the_planner_gets_the_request_as_it_came(engines: Engines, request_value: object) -> None:
    """An array of one request must not become the request: the planner refuses arrays."""
    context = {"Execution": {"Name": "e1", "Id": "arn", "StartTime": "2026-11-20T10:00:00Z"}}

    payload = _evaluated(engines, STATES["Plan"]["Arguments"]["Payload"], input=request_value, context=context)

    assert payload == {
        "request": request_value,
        "execution": {"name": "e1", "arn": "arn", "started_at": "2026-11-20T10:00:00Z"},
    }


def test_an_execution_without_input_is_a_request_of_null(engines: Engines) -> None:
    context = {"Execution": {"Name": "e1", "Id": "arn", "StartTime": "2026-11-20T10:00:00Z"}}

    assert _evaluated(engines, STATES["Plan"]["Arguments"]["Payload"], context=context)["request"] is None


def test_a_refused_request_fails_with_the_planners_list_as_its_cause(engines: Engines) -> None:
    complaint = json.dumps({"error_code": "InvalidRequest", "details": [{"pointer": "/ä", "message": '"'}]})
    (refused, _, failed) = STATES["Plan"]["Catch"]

    caught = _evaluated(
        engines,
        refused["Output"],
        errorOutput={"Error": "InvalidRequest", "Cause": json.dumps({"errorMessage": complaint})},
    )

    assert refused["ErrorEquals"] == ["InvalidRequest"]
    assert _evaluated(engines, STATES[refused["Next"]]["Cause"], input=caught) == complaint
    caught = _evaluated(engines, failed["Output"], errorOutput={"Error": "States.Timeout"})
    assert "States.Timeout" in _evaluated(engines, STATES[failed["Next"]]["Cause"], input=caught)


def test_a_request_that_no_payload_can_hold_is_refused_as_the_planner_would(engines: Engines) -> None:
    (_, unreadable, _) = STATES["Plan"]["Catch"]

    caught = _evaluated(engines, unreadable["Output"], errorOutput={"Error": "States.QueryEvaluationError"})

    assert unreadable["ErrorEquals"] == ["States.QueryEvaluationError"]
    told = json.loads(_evaluated(engines, STATES[unreadable["Next"]]["Cause"], input=caught))
    problems = [Problem.model_validate(detail) for detail in told["details"]]
    assert told == InvalidRequestError(problems).to_json()
    assert [problem.error_code for problem in problems] == ["InvalidRequest"]


@pytest.mark.parametrize("error", ["InvalidRequest", "States.QueryEvaluationError"])
def test_an_invalid_request_is_not_tried_again(error: str) -> None:
    assert {"ErrorEquals": [error], "MaxAttempts": 0} in STATES["Plan"]["Retry"][:-1]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_call_becomes_an_iteration(engines: Engines, count: int) -> None:
    calls = [{"call_id": f"c{number}", "candidates": [candidate()]} for number in range(count)]
    plan = {
        name: value for name, value in item().items() if name in {"execution_id", "correlation_id", "mode", "deadline"}
    }
    state = {**plan, "max_concurrency": 4, "calls": calls}

    items = _evaluated(engines, STATES["RunCalls"]["Items"], input=state)
    selected = [
        _evaluated(engines, STATES["RunCalls"]["ItemSelector"], input=state, context={"Map": {"Item": {"Value": call}}})
        for call in items
    ]

    assert items == calls
    assert selected == [item() | {"call": call} for call in calls]
    assert _evaluated(engines, STATES["RunCalls"]["MaxConcurrency"], input=state) == 4


UNRECORDED = {"call_id": "c1", "status": "failed", "error_code": "NotFound", "error": "No."}


@pytest.mark.parametrize(
    ("results", "unrecorded"),
    [
        pytest.param([{"call_id": "c1"}], [], id="one call, recorded"),
        pytest.param([{"call_id": "c1"}, {"call_id": "c2"}], [], id="two calls, recorded"),
        pytest.param([{"call_id": "c1", "unrecorded": UNRECORDED}], [UNRECORDED], id="one of one"),
        pytest.param([{"call_id": "c0"}, {"call_id": "c1", "unrecorded": UNRECORDED}], [UNRECORDED], id="one of two"),
        pytest.param([{"call_id": "c1", "unrecorded": UNRECORDED}] * 2, [UNRECORDED] * 2, id="two of two"),
        pytest.param([{}], [], id="a sequence of one that stopped"),
    ],
)
def test_finish_is_told_what_could_not_be_recorded_in_an_array_however_short(
    engines: Engines, results: list[Any], unrecorded: list[Any]
) -> None:
    output = _evaluated(engines, STATES["RunCalls"]["Output"], input={"execution_id": "e1"}, result=results)
    payload = _evaluated(engines, STATES["Finish"]["Arguments"]["Payload"], input=output)

    assert output == payload == {"execution_id": "e1", "unrecorded": unrecorded}


def test_a_map_that_failed_leads_to_finish(engines: Engines) -> None:
    (catcher,) = STATES["RunCalls"]["Catch"]

    output = _evaluated(
        engines, catcher["Output"], input={"execution_id": "e1"}, errorOutput={"Error": "SequenceStopped"}
    )

    assert (catcher["ErrorEquals"], catcher["Next"]) == (["States.ALL"], "Finish")
    assert _evaluated(engines, STATES["Finish"]["Arguments"]["Payload"], input=output)["unrecorded"] == []


def test_a_finisher_that_failed_says_that_the_records_hold_the_results(engines: Engines) -> None:
    (catcher,) = STATES["Finish"]["Catch"]

    caught = _evaluated(engines, catcher["Output"], errorOutput={"Error": "States.Timeout"})

    assert "States.Timeout" in _evaluated(engines, STATES["FailToFinish"]["Cause"], input=caught)
