"""Agents on a deployment: by the executor, directly where the state machine is gone, alone where nothing is found."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from tests.local.conftest import ROOT
from tool_executor import ConfigurationManager, InvalidRequestError, ToolExecutor, ToolNotFoundError
from tool_executor.agents import BaseAgent, BrowserAgent, Orchestrator, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.local.conftest import Deployed

STAGE = os.environ.get("TOOL_EXECUTOR_TEST_STAGE", "dev")


class ProbeAgent(BaseAgent):
    """The agent of the tools that behave as they are asked to."""

    function_name: ClassVar[str | None] = "probe-lambda"


@pytest.fixture
def executor(deployed: Deployed) -> Iterator[ToolExecutor]:
    with ToolExecutor(aws=deployed.aws, deployment=deployed.deployment) as executor:
        yield executor


def test_a_call_is_retried_as_the_executor_retries(executor: ToolExecutor) -> None:
    answer = ProbeAgent(executor).execute_tool("flaky", {"failures": 1})
    assert (answer["success"], answer["attempts"]) == (True, 2)
    assert "degraded" not in answer["metadata"]


def test_with_the_state_machine_deleted_a_call_is_answered_directly_marked_and_recorded(deployed: Deployed) -> None:
    gone = replace(deployed.deployment, state_machine_arn=f"{deployed.deployment.state_machine_arn}-deleted")
    correlation_id = f"agents-{uuid.uuid4()}"
    with ToolExecutor(aws=deployed.aws, deployment=gone) as executor:
        agent = ProbeAgent(executor)
        answer = agent.execute_tool("flaky", {"failures": 1})
        again = asyncio.run(agent.aexecute_tool("echo", {"text": "x"}, correlation_id=correlation_id))
        (kept,) = executor.get_execution_history_sync(correlation_id)
    assert (answer["success"], answer["attempts"], answer["metadata"]["degraded"]) == (True, 2, True)
    assert again["metadata"]["degraded"] is True
    assert (kept.tool_name, kept.metadata["degraded"]) == ("echo", True)


@pytest.mark.parametrize("gone", ["deployment", "planner"])
def test_where_no_execution_can_be_started_a_call_is_one_invocation_marked(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    agent = _without(deployed, gone, monkeypatch)
    answer = agent.execute_tool("flaky", {"failures": 1})
    assert (answer["success"], answer["error_code"], answer["attempts"]) == (False, "Unavailable", 1)
    assert answer["metadata"]["degraded"] is True
    answer = agent.execute_tool("echo", {"text": "x"})
    assert answer["result"] == {"text": "x", "attempt": 1}
    assert answer["metadata"]["degraded"] is True


def _without(deployed: Deployed, gone: str, monkeypatch: pytest.MonkeyPatch) -> BaseAgent:
    if gone == "planner":
        names = {"state_machine_arn": f"{deployed.deployment.state_machine_arn}-deleted", "planner_function": "deleted"}
        return ProbeAgent(ToolExecutor(aws=deployed.aws, deployment=replace(deployed.deployment, **names)))
    monkeypatch.setenv("TOOL_EXECUTOR_DEPLOYMENT", "{}")
    agent = ProbeAgent(config=ConfigurationManager({"stage": STAGE}), aws=deployed.aws)
    assert agent.tool_executor is None
    return agent


def test_a_tool_of_another_agents_field_is_refused_by_name_if_there_is_none(executor: ToolExecutor) -> None:
    with pytest.raises(ToolNotFoundError) as unknown:
        BrowserAgent(executor).execute_tool("navigat", {"url": "https://example.com"})
    assert unknown.value.problems[0]["pointer"] == "/calls/0/tool_name"


def test_a_plan_is_checked_whole_by_the_deployments_catalog_then_run_under_one_correlation_id(
    executor: ToolExecutor,
) -> None:
    def longer(done: Any) -> dict[str, str]:
        return {"text": done["first"].result["text"] + "!"}

    steps = [
        Step("first", "probe", "echo", {"text": "a"}),
        Step("second", "probe", "echo", longer, after=["first"]),
        Step("lost", "probe", "missing", {"name": "x"}),
        Step("after", "probe", "echo", {}, after=["lost"]),
    ]
    one = Orchestrator(tool_executor=executor, agents={"probe": ProbeAgent()})
    with pytest.raises(InvalidRequestError) as wrong:
        one.run_sync([*steps, Step("bad", "probe", "ecko"), Step("worse", "probe", "echo", {"text": 1})])
    assert [problem["pointer"] for problem in wrong.value.problems] == ["/steps/4/tool_name", "/steps/5/input/text"]

    result = one.run_sync(steps, correlation_id=f"plan-{uuid.uuid4()}")

    assert {name: each.status.value for name, each in result.results.items()} == {
        "first": "success",
        "second": "success",
        "lost": "failed",
        "after": "skipped",
    }
    assert result["second"].result["text"] == "a!"
    assert result["lost"].error_code == "NotFound"
    recorded = executor.get_execution_history_sync(result.correlation_id)
    assert sorted(one.tool_name for one in recorded) == ["echo", "echo", "missing"]


def test_the_example_runs(deployed: Deployed) -> None:
    done = subprocess.run(
        [sys.executable, "examples/agents.py"],
        cwd=ROOT,
        env={**deployed.environment, "TOOL_EXECUTOR_STAGE": STAGE, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "succeeded: 9 success" in done.stdout
    assert [line for line in done.stdout.splitlines() if "WH002" in line and "97%" in line]
