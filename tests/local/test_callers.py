"""A stage with policies for its callers: what is refused and told, what the records say, whose answers are whose."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.conftest import PROBE, Deployed, clean_environment, serving
from tests.local.test_workflow_behaviour import call, until
from tool_contract.record import EXECUTION_CALL_ID
from tool_executor import CallerLimitExceededError, InvalidRequestError, ToolCall, ToolExecutor
from tool_executor.aws import Aws
from tool_executor.cancellation import Canceller
from tool_executor.deployment import find_deployment

if TYPE_CHECKING:
    from collections.abc import Iterator

# One worker serves the one cloud of this module.
pytestmark = [
    pytest.mark.xdist_group("callers"),
    pytest.mark.skipif("TOOL_EXECUTOR_TEST_STAGE" in os.environ, reason="the stage on AWS has policies of its own"),
]
POLICIES = {
    "callers": {
        "report": {"allowed_tools": ["noop", "draw*"]},
        "hasty": {"max_calls_per_minute": 3},
        "open": {"max_open_calls": 2},
        "daily": {"max_attempts_per_day": 4},
        "shop": {"entrance": True, "allowed_tools": ["noop"]},
    }
}


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    file = tmp_path_factory.mktemp("callers") / "callers.json"
    file.write_text(json.dumps(POLICIES), "utf-8")
    with serving("--extra-group", PROBE, "--callers", str(file)) as ready:
        aws = Aws(ready["region"], ready["endpoint_url"])
        yield Deployed(aws, find_deployment(aws, "dev"), clean_environment(ready), server_pid=ready["pid"])


def is_planned(limited: Deployed, execution_id: str) -> bool:
    key = {"execution_id": {"S": execution_id}, "call_id": {"S": EXECUTION_CALL_ID}}
    return "Item" in limited.aws.dynamodb.get_item(TableName=limited.deployment.history_table, Key=key)


def ended(limited: Deployed, arn: str) -> Any:
    describe = limited.aws.step_functions.describe_execution
    until(lambda: describe(executionArn=arn)["status"] != "RUNNING", 20)
    return describe(executionArn=arn)


def refused(limited: Deployed, caller: str, *calls: Any) -> InvalidRequestError:
    with pytest.raises(InvalidRequestError) as error:
        limited.run({"caller": caller, "calls": list(calls)})
    return error.value


def test_a_restricted_caller_is_refused_with_every_problem_before_anything_runs(limited: Deployed) -> None:
    execution = limited.start(
        {"caller": "report", "calls": [call("noop"), call("echo"), call("noop", fallbacks=[call("large")])]}
    )
    with pytest.raises(InvalidRequestError) as error:
        limited.finish(execution)

    assert {(problem["pointer"], problem["error_code"]) for problem in error.value.problems} == {
        ("/calls/1/tool_name", "CallerNotAllowed"),
        ("/calls/2/fallbacks/0/tool_name", "CallerNotAllowed"),
        ("/calls/2/fallbacks/0/input/size", "InvalidInput"),
    }
    assert limited.states_entered(execution) == ["Plan", "RefuseRequest"]
    assert limited.run({"caller": "report", "calls": [call("noop")]})["status"] == "succeeded"


def test_the_call_after_the_last_of_a_minute_is_refused_and_says_when_to_come_back(limited: Deployed) -> None:
    for _ in range(3):
        assert limited.run({"caller": "hasty", "calls": [call("noop")]})["status"] == "succeeded"

    error = refused(limited, "hasty", call("noop"))

    assert isinstance(error, CallerLimitExceededError)
    assert error.retry_after_seconds is not None
    assert 0 < error.retry_after_seconds <= 61
    assert error.to_json()["retryable"] is True


def test_open_calls_are_given_back_when_their_execution_ends(limited: Deployed) -> None:
    running = limited.start({"caller": "open", "calls": [call("echo", {"seconds": 3}), call("noop")]})
    until(lambda: is_planned(limited, running.execution_id), 20)

    assert isinstance(refused(limited, "open", call("noop")), CallerLimitExceededError)

    limited.finish(running)
    assert limited.run({"caller": "open", "calls": [call("noop"), call("noop")]})["status"] == "succeeded"


def test_a_cancelled_executions_calls_are_given_back_too(limited: Deployed) -> None:
    running = limited.start({"caller": "open", "calls": [call("echo", {"seconds": 20})] * 2})
    until(lambda: is_planned(limited, running.execution_id), 20)
    Canceller(limited.aws, limited.deployment).cancel(running.execution_id)

    assert limited.run({"caller": "open", "calls": [call("noop"), call("noop")]})["status"] == "succeeded"


@pytest.mark.parametrize(
    "way", [{"route": "direct"}, {"route": "state_machine"}, {"route": "state_machine", "wait": "sync"}]
)
def test_all_routes_are_held_to_the_budget(limited: Deployed, way: dict[str, Any]) -> None:
    with (
        ToolExecutor(aws=limited.aws, deployment=limited.deployment, caller="daily", **way) as executor,
        pytest.raises(CallerLimitExceededError) as error,
    ):
        executor.execute_tools_sync([ToolCall("noop", {}, max_retries=4)])

    assert error.value.retry_after_seconds is None
    assert "split it" in error.value.problems[0]["hint"]


def test_the_command_line_tells_a_machine_that_it_may_come_back(limited: Deployed) -> None:
    request = json.dumps({"caller": "daily", "calls": [call("noop", max_retries=3)]})
    command = [sys.executable, "-m", "tool_executor.cli.main", "run", "-", "--json"]
    first, second = (
        subprocess.run(command, input=request, env=limited.environment, text=True, capture_output=True, check=False)
        for _ in range(2)
    )

    assert first.returncode == 0, first.stderr
    told = json.loads(second.stdout)
    assert (second.returncode, told["error_code"], told["retryable"]) == (2, "CallerLimitExceeded", True)
    assert 0 < told["retry_after_seconds"] <= 86_400


def test_the_records_say_whose_calls_they_were(limited: Deployed) -> None:
    execution = limited.start({"caller": "report", "calls": [call("noop")]})
    limited.finish(execution)

    assert {record["caller"] for record in limited.history.execution(execution.execution_id)} == {"report"}


def test_callers_have_results_of_their_own(limited: Deployed) -> None:
    drawn = call("draw_rarely", {"name": uuid.uuid4().hex})

    mine, again, others = (
        limited.run({"caller": caller, "calls": [drawn]})["results"][0] for caller in ("report", "report", "hasty too")
    )

    assert mine["result"] == again["result"] != others["result"]
    assert again["metadata"]["cached"] is True


def test_an_entrance_starts_executions_as_its_caller_whatever_their_input_says(limited: Deployed) -> None:
    (stack,) = limited.aws.cloudformation.describe_stacks(StackName="tool-executor-dev")["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    entrance, name = json.loads(outputs["Entrances"])["shop"], f"in-{uuid.uuid4()}"
    request = {"caller": "somebody else", "calls": [call("noop")]}

    limited.aws.step_functions.start_execution(stateMachineArn=entrance, name=name, input=json.dumps(request))

    machine = limited.deployment.state_machine_arn.replace(":stateMachine:", ":execution:")
    started = json.loads(ended(limited, f"{machine}-from-shop:{name}")["output"])
    assert started == {"execution_arn": f"{machine}:{name}"}
    assert ended(limited, f"{machine}:{name}")["status"] == "SUCCEEDED"
    assert {record["caller"] for record in limited.history.execution(name)} == {"shop"}

    forbidden = json.dumps({"caller": "somebody else", "calls": [call("echo")]})
    limited.aws.step_functions.start_execution(stateMachineArn=entrance, name=f"{name}-2", input=forbidden)

    ended(limited, f"{machine}-from-shop:{name}-2")
    refusal = ended(limited, f"{machine}:{name}-2")
    assert refusal["error"] == "InvalidRequest"
    assert "The caller 'shop' may not call the tool 'echo'." in refusal["cause"]
