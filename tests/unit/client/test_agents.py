"""An agent runs tools by its executor; where there is none, or nothing was started, by one invocation."""

from __future__ import annotations

import asyncio
import inspect
import json
from typing import Any

import pytest

from tests.unit.client.fake_executor import FakeExecutor
from tests.unit.client.fake_lambda import SUCCESS, FakeLambda, without_executor
from tool_contract.catalog import load_catalog
from tool_executor import (
    ConfigurationManager,
    DeploymentNotFoundError,
    ExecutionNotStartedError,
    ExecutionTimeoutError,
    InvalidRequestError,
    ServiceError,
    ToolExecutionResult,
    ToolExecutor,
    ToolNotFoundError,
)
from tool_executor.agents import BaseAgent, InventoryOptimizerAgent
from tool_executor.aws import Aws

LAMBDA_FUNCTION_NAME = "inventory-optimizer-lambda"
OUTPUTS = {
    "StateMachineArn": "arn:aws:states:eu-west-1:123456789012:stateMachine:m",
    "HistoryTable": "history",
    "ToolStateTable": "state",
    "ArtifactBucket": "bucket",
    "PlannerFunction": "planner",
    "FinisherFunction": "finisher",
    "Functions": json.dumps({"inventory-optimizer": "the-inventory-function"}),
}


class Clock:
    def __init__(self) -> None:
        self.ms = 0.0

    def now_ms(self) -> int:
        return int(self.ms)

    def elapsed_ms(self) -> float:
        return self.ms

    async def sleep(self, seconds: float) -> None:
        self.ms += seconds * 1000


def test_a_tool_is_run_by_the_executor_and_the_answer_is_its_envelope_as_a_dict() -> None:
    executor = FakeExecutor()
    agent = InventoryOptimizerAgent(executor)

    answer = agent.execute_tool("calculate_reorder_points", {"warehouse_code": "WH001"})

    assert executor.asked == [
        {
            "tool_name": "calculate_reorder_points",
            "function_name": "inventory-optimizer-lambda",
            "input": {"warehouse_code": "WH001"},
        }
    ]
    assert answer == {
        "success": True,
        "tool_name": "calculate_reorder_points",
        "status": "success",
        "result": {"warehouse_code": "WH001"},
        "execution_time_ms": 0.0,
        "attempts": 1,
        "metadata": {},
    }


def test_a_tools_failure_is_an_answer() -> None:
    failure = ToolExecutionResult.failed("forecast_demand", TimeoutError("too slow"), 0.3, 3)
    answer = BaseAgent(FakeExecutor({"forecast_demand": failure})).execute_tool("forecast_demand", {})
    assert {
        "success": False,
        "error": "too slow",
        "status": "timeout",
        "execution_time_ms": 300.0,
        "attempts": 3,
    }.items() <= answer.items()


def test_the_pattern_for_new_agents_blocks_and_returns_the_answer_inside_a_running_loop_too() -> None:
    class MyAgent(BaseAgent):
        def execute_tool(self, tool_name: str, tool_input: dict[str, Any]) -> dict[str, Any]:
            if self.tool_executor:
                return self.execute_tool_async(
                    tool_name=tool_name, function_name=LAMBDA_FUNCTION_NAME, input_data=tool_input
                )
            return self.invoke_directly(tool_name, LAMBDA_FUNCTION_NAME, tool_input)

    async def in_a_loop() -> dict[str, Any]:
        return MyAgent(FakeExecutor()).execute_tool("forecast_demand", {"a": 1})

    assert asyncio.run(in_a_loop())["result"] == {"a": 1}


def test_the_coroutine_returns_the_same_answer() -> None:
    executor = FakeExecutor()
    agent = InventoryOptimizerAgent(executor)
    answer = asyncio.run(agent.aexecute_tool("forecast_demand", {"a": 1}, correlation_id="c-1"))
    assert answer == agent.execute_tool("forecast_demand", {"a": 1})
    assert executor.correlation_ids == ["c-1", None]


def test_the_coroutine_runs_an_agents_own_way_of_running_tools() -> None:
    class Own(BaseAgent):
        def execute_tool(self, tool_name: str, tool_input: dict[str, Any]) -> dict[str, Any]:
            return {"success": True, "result": [tool_name, tool_input]}

    assert asyncio.run(Own(FakeExecutor()).aexecute_tool("any", {"a": 1}))["result"] == ["any", {"a": 1}]


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("error", [DeploymentNotFoundError("none"), ExecutionNotStartedError("no planner")])
def test_where_nothing_was_started_the_function_is_invoked_once_and_the_answer_marked(
    error: Exception, way: str
) -> None:
    functions = FakeLambda()
    agent = InventoryOptimizerAgent(FakeExecutor({"forecast_demand": error}), aws=Aws("eu-west-1"))
    agent.lambda_client = functions  # type: ignore[assignment]

    if way == "sync":
        answer = agent.execute_tool("forecast_demand", {"a": 1})
    else:
        answer = asyncio.run(agent.aexecute_tool("forecast_demand", {"a": 1}))

    assert functions.invoked == [
        ("tool-executor-dev-inventory-optimizer", {"tool_name": "forecast_demand", "input": {"a": 1}})
    ]
    assert answer == {**SUCCESS, "metadata": {"degraded": True}}


@pytest.mark.parametrize(
    "error",
    [
        ServiceError("perhaps it runs"),
        ExecutionTimeoutError("it runs on", execution_id="e"),
        InvalidRequestError("wrong", []),
        ToolNotFoundError("no such tool", []),
    ],
)
def test_what_may_have_been_started_or_is_refused_is_raised_and_never_run_another_way(error: Exception) -> None:
    functions = FakeLambda()
    agent = InventoryOptimizerAgent(FakeExecutor({"forecast_demand": error}))
    agent.lambda_client = functions  # type: ignore[assignment]
    with pytest.raises(type(error)):
        agent.execute_tool("forecast_demand", {})
    with pytest.raises(type(error)):
        asyncio.run(agent.aexecute_tool("forecast_demand", {}))
    assert functions.invoked == []


def test_an_agent_without_an_executor_makes_one_if_there_is_a_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOL_EXECUTOR_DEPLOYMENT", json.dumps(OUTPUTS))
    agent = InventoryOptimizerAgent(region="eu-west-1", config=ConfigurationManager({"agents.tool_max_retries": 1}))
    executor = agent.tool_executor
    assert isinstance(executor, ToolExecutor)
    assert agent.tool_executor is executor
    assert executor.configuration.options.max_retries == 1
    assert agent.deployed_name("inventory-optimizer-lambda") == "the-inventory-function"
    agent.close()


def test_without_a_deployment_there_is_none_and_tools_are_invoked_once_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    functions = FakeLambda()
    agent = without_executor(monkeypatch, functions)
    assert agent.tool_executor is None
    assert agent.execute_tool("forecast_demand", {"a": 1})["metadata"] == {"degraded": True}
    assert asyncio.run(agent.aexecute_tool("forecast_demand", {"a": 1}))["success"]
    assert [name for name, _ in functions.invoked] == ["tool-executor-dev-inventory-optimizer"] * 2
    assert asyncio.run(agent.problems_of("nothing_is_known")) == []


def test_a_deployment_is_looked_for_again_after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setenv("TOOL_EXECUTOR_DEPLOYMENT", "{}")
    agent = BaseAgent(region="eu-west-1", clock=clock)
    assert agent.tool_executor is None
    monkeypatch.setenv("TOOL_EXECUTOR_DEPLOYMENT", json.dumps(OUTPUTS))
    clock.ms += 59_000
    assert agent.tool_executor is None
    clock.ms += 1_000
    assert agent.tool_executor is not None


def test_the_stage_of_the_configuration_names_the_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOL_EXECUTOR_DEPLOYMENT", "{}")
    agent = BaseAgent(config=ConfigurationManager({"stage": "prod"}))
    assert agent.deployed_name("inventory-optimizer-lambda") == "tool-executor-prod-inventory-optimizer"
    assert agent.deployed_name("a-function-of-my-own") == "a-function-of-my-own"


def test_without_a_function_of_its_own_an_agent_asks_the_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    functions = FakeLambda()
    agent = without_executor(monkeypatch, functions, BaseAgent)
    agent.execute_tool("forecast_demand", {})
    assert functions.invoked[0][0] == "tool-executor-dev-inventory-optimizer"
    with pytest.raises(ToolNotFoundError) as unknown:
        agent.execute_tool("forecast_demnad", {})
    assert unknown.value.problems[0]["hint"] == "Did you mean 'forecast_demand'?"


def test_a_timeout_that_is_said_reaches_the_executor_and_the_function(monkeypatch: pytest.MonkeyPatch) -> None:
    config = ConfigurationManager({"agents.tool_timeout_seconds": 20, "agents.tool_max_retries": 1})
    executor = FakeExecutor()
    agent = BaseAgent(executor, config=config)
    agent.execute_tool("forecast_demand", {})
    agent.execute_tool_async("forecast_demand", timeout_seconds=3, max_retries=0)
    assert [(asked["timeout_seconds"], asked["max_retries"]) for asked in executor.asked] == [(20, 1), (3, 0)]

    functions = FakeLambda()
    monkeypatch.setenv("TOOL_EXECUTOR_DEPLOYMENT", "{}")
    alone = BaseAgent(config=config, aws=Aws("eu-west-1"))
    alone.lambda_client = functions  # type: ignore[assignment]
    alone.execute_tool("forecast_demand", {})
    assert functions.invoked[0][1]["context"] == {"timeout_seconds": 20}


def test_the_inventory_agents_methods_are_the_tools_with_their_parameters() -> None:
    for spec in (spec for spec in load_catalog().tools if spec.group == "inventory-optimizer"):
        parameters = inspect.signature(getattr(InventoryOptimizerAgent, spec.name)).parameters
        assert set(parameters) - {"self"} == set(spec.input_schema["properties"]), spec.name
        required = {name for name, one in parameters.items() if one.default is one.empty} - {"self"}
        assert required == set(spec.input_schema["required"]), spec.name


def test_the_inventory_agents_methods_send_what_was_said() -> None:
    executor = FakeExecutor()
    agent = InventoryOptimizerAgent(executor)
    agent.calculate_reorder_points("WH001", ("P001",), detail="full")
    agent.identify_stockout_risks("WH001", 14, minimum_probability=0.2, limit=3)
    agent.forecast_demand("P001", "WH001")
    assert [(asked["tool_name"], asked["input"]) for asked in executor.asked] == [
        ("calculate_reorder_points", {"warehouse_code": "WH001", "product_codes": ["P001"], "detail": "full"}),
        (
            "identify_stockout_risks",
            {"warehouse_code": "WH001", "days_ahead": 14, "minimum_probability": 0.2, "limit": 3},
        ),
        ("forecast_demand", {"product_code": "P001", "warehouse_code": "WH001"}),
    ]
