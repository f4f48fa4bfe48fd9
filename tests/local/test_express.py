"""The deployed Express state machine, as a program and a person at a terminal use it."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.test_workflow_behaviour import call
from tool_contract.limits import MAX_CALLS, MAX_OUTPUT_BYTES
from tool_executor import ToolCall, ToolExecutor

if TYPE_CHECKING:
    from tests.local.conftest import Deployed


def command(deployed: Deployed, *arguments: str, given: object = None, code: int = 0) -> Any:
    """What a command prints as JSON."""
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tool_executor.cli.main", *arguments, "--json"],
        input=json.dumps(given),
        env=deployed.environment,
        text=True,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == code, ran.stderr
    return json.loads(ran.stdout)


@pytest.fixture
def name() -> str:
    return f"express-{uuid.uuid4().hex[:12]}"


def test_run_waits_for_it_and_the_other_commands_find_it(deployed: Deployed, name: str) -> None:
    request = {"calls": [call("noop"), call("missing", {"name": "x"}), call("echo", {"text": "hello"})]}

    output = command(deployed, "run", "-", "--wait", "sync", "--name", name, given=request, code=1)

    assert (output["execution_id"], output["status"]) == (name, "partial")
    assert [envelope["status"] for envelope in output["results"]] == ["success", "failed", "success"]
    shown = command(deployed, "show", name)
    assert (shown["execution"]["route"], shown["execution"]["status"]) == ("express", "partial")
    assert command(deployed, "watch", name, code=1)["counts"] == output["counts"]
    stopped = command(deployed, "cancel", name)
    assert (stopped["stopped"], stopped["status"]) == (False, "partial")


def test_run_refuses_a_deadline_that_express_cannot_keep(deployed: Deployed) -> None:
    told = command(
        deployed, "run", "-", "--wait", "sync", given={"timeout_seconds": 290, "calls": [call("noop")]}, code=2
    )

    (detail,) = told["details"]
    assert (told["error_code"], detail["pointer"]) == ("InvalidRequest", "/timeout_seconds")
    assert "wait='sync'" in detail["hint"]


def test_run_says_what_is_wrong_with_a_request_and_with_a_name_that_is_taken(deployed: Deployed, name: str) -> None:
    wrong = command(deployed, "run", "-", "--wait", "sync", given={"calls": [call("ecko")]}, code=2)
    assert wrong["details"][0]["pointer"] == "/calls/0/tool_name"

    for code in (0, 2):
        told = command(
            deployed, "run", "-", "--wait", "sync", "--name", name, given={"calls": [call("noop")]}, code=code
        )
    assert told["error_code"] == "ExecutionIdTaken"


def test_what_is_no_request_is_told_in_a_sentence(deployed: Deployed) -> None:
    assert command(deployed, "run", "-", "--wait", "sync", given=[1], code=2)["error_code"] == "InvalidRequest"


def test_without_the_state_machines_nothing_is_waited_for(deployed: Deployed) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tool_executor.cli.main", "run", "-", "--wait", "sync", "--direct"],
        input="{}",
        env=deployed.environment,
        text=True,
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert (ran.returncode, "--wait sync" in ran.stderr) == (2, True)


def test_the_metrics_of_what_was_waited_for_agree_with_the_history(deployed: Deployed) -> None:
    with ToolExecutor(aws=deployed.aws, deployment=deployed.deployment, wait="sync") as executor:
        executor.execute_tools_sync([ToolCall("noop", {}), ToolCall("missing", {"name": "x"})])
        executor.execute_sequence_sync([ToolCall("missing", {"name": "x"}), ToolCall("noop", {})])

    for tool in ("noop", "missing"):
        assert command(deployed, "metrics", "--check", "--tool", tool, "--since", "2h")["differences"] == []


def test_as_many_large_results_as_there_may_be_come_back_whole_and_fit_the_answer(deployed: Deployed) -> None:
    size = 100_000
    with ToolExecutor(aws=deployed.aws, deployment=deployed.deployment, max_workers=40, wait="sync") as executor:
        results = executor.execute_tools_sync([ToolCall("large", {"size": size})] * MAX_CALLS)

    assert len(results) == MAX_CALLS
    assert all(result.result == "x" * size for result in results)
    assert size * MAX_CALLS > MAX_OUTPUT_BYTES  # what does not fit comes by reference


def test_a_large_request_goes_by_s3_here_too(deployed: Deployed) -> None:
    with ToolExecutor(aws=deployed.aws, deployment=deployed.deployment, wait="sync") as executor:
        results = executor.execute_tools_sync([ToolCall("echo", {"text": "ü" * 40_000})] * 10)

    assert {result.result["text"] for result in results} == {"ü" * 40_000}
