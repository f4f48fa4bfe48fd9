"""Plans of executions of the Express state machine: they end within five minutes, and several may have one name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.planner import handler
from lambdas.planner.handler import InvalidRequest
from tests.unit.planner.planning import LOOK_UP
from tests.unit.planner.test_planner_handler import _deployed
from tests.unit.runtime.fake_clock import START
from tests.unit.runtime.test_direct_call import LAMBDA_CONTEXT
from tool_contract.timestamps import ms_from_iso

if TYPE_CHECKING:
    from tests.unit.runtime.aws import Aws

__all__ = ["_deployed"]  # the fixture of every test here

MACHINE = "arn:aws:states:eu-central-1:123456789012:express:tool-executor-prod-express"


def _plan(execution_id: str, number: int = 1, **request: Any) -> dict[str, Any]:
    execution = {"name": execution_id, "arn": f"{MACHINE}:{execution_id}:{number}", "started_at": START}
    event = {"request": {"calls": [LOOK_UP], **request}, "execution": execution}
    answer: dict[str, Any] = handler.lambda_handler(event, LAMBDA_CONTEXT)
    return answer


def _seconds_to(deadline: str) -> float:
    return (ms_from_iso(deadline) - ms_from_iso(START)) / 1000


def test_the_record_says_that_the_express_machine_ran_it(aws: Aws, execution_id: str) -> None:
    _plan(execution_id)

    own = aws.rows(execution_id)[0]
    assert (own["route"], own["execution_arn"]) == ("express", f"{MACHINE}:{execution_id}:1")


@pytest.mark.parametrize(
    ("said", "seconds"), [({}, 270), ({"timeout_seconds": 60}, 60), ({"timeout_seconds": 289}, 289)]
)
def test_the_deadline_fits_the_machine_also_where_nothing_is_said(
    aws: Aws, execution_id: str, said: dict[str, int], seconds: int
) -> None:
    state = _plan(execution_id, **said)

    assert _seconds_to(state["deadline"]) == _seconds_to(aws.rows(execution_id)[0]["deadline"]) == seconds


@pytest.mark.parametrize("timeout", [290, 300, 86_400])
def test_a_longer_timeout_is_refused_and_nothing_runs(aws: Aws, execution_id: str, timeout: int) -> None:
    with pytest.raises(InvalidRequest) as refused:
        _plan(execution_id, timeout_seconds=timeout)

    (detail,) = json.loads(str(refused.value))["details"]
    assert (detail["pointer"], detail["error_code"]) == ("/timeout_seconds", "InvalidRequest")
    assert "below 290 s" in detail["message"]
    assert "wait='sync'" in detail["hint"]
    assert aws.rows(execution_id) == []


def test_it_is_refused_together_with_all_that_is_wrong_besides(execution_id: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        _plan(execution_id, timeout_seconds=300, calls=[{**LOOK_UP, "input": {}}])

    pointers = [detail["pointer"] for detail in json.loads(str(refused.value))["details"]]
    assert pointers == ["/calls/0/input/code", "/timeout_seconds"]


def test_what_no_machine_takes_is_complained_of_once(execution_id: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        _plan(execution_id, timeout_seconds=86_401)

    assert len(json.loads(str(refused.value))["details"]) == 1


def test_of_two_executions_of_one_name_the_second_runs_nothing(aws: Aws, execution_id: str) -> None:
    _plan(execution_id, number=1)
    before = aws.rows(execution_id)

    with pytest.raises(InvalidRequest) as refused:
        _plan(execution_id, number=2)

    assert json.loads(str(refused.value))["details"][0]["error_code"] == "ExecutionIdTaken"
    assert aws.rows(execution_id) == before


def test_a_plan_that_step_functions_asks_for_again_is_the_same(execution_id: str) -> None:
    assert _plan(execution_id) == _plan(execution_id)
