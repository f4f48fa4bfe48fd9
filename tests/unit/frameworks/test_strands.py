"""A real Strands agent with the executor's tools. Its model is a script that speaks Strands' Model interface."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator
from strands import Agent
from strands.models import Model
from strands.tools.executors import SequentialToolExecutor

from tests.unit.model_apis.turn_executor import TurnExecutor
from tool_executor import ToolExecutionResult
from tool_executor.frameworks import tools_for_strands

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable

Wanted = tuple[str, dict[str, Any]]

FIVE: list[Wanted] = [
    ("forecast_demand", {"product_code": f"P{number}", "warehouse_code": "WH001"}) for number in range(5)
]


class ScriptedModel(Model):
    """Wants the tools of each turn, then says that it is done. ``seen`` are the messages and tools it was given."""

    def __init__(self, turns: list[list[Wanted]]) -> None:
        self.turns = list(turns)
        self.seen: list[Any] = []
        self.offered: list[Any] = []

    def update_config(self, **_config: Any) -> None:
        """Take nothing: a script has no settings."""

    def get_config(self) -> dict[str, Any]:
        return {}

    def structured_output(self, *_args: Any, **_kwargs: Any) -> AsyncGenerator[dict[str, Any], None]:
        raise NotImplementedError

    async def stream(self, messages: Any, tool_specs: Any = None, *_args: Any, **_kwargs: Any) -> AsyncIterable[Any]:
        self.seen = json.loads(json.dumps(messages))
        self.offered = list(tool_specs or [])
        wanted = self.turns.pop(0) if self.turns else []
        yield {"messageStart": {"role": "assistant"}}
        for number, (name, given) in enumerate(wanted):
            use = {"toolUseId": f"tooluse_{number}", "name": name}
            yield {"contentBlockStart": {"start": {"toolUse": use}}}
            yield {"contentBlockDelta": {"delta": {"toolUse": {"input": json.dumps(given)}}}}
            yield {"contentBlockStop": {}}
        if not wanted:
            yield {"contentBlockDelta": {"delta": {"text": "Done."}}}
            yield {"contentBlockStop": {}}
        yield {"messageStop": {"stopReason": "tool_use" if wanted else "end_turn"}}
        yield {
            "metadata": {"usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}, "metrics": {"latencyMs": 1}}
        }


def agent(model: ScriptedModel, executor: TurnExecutor, **options: Any) -> Agent:
    tools = tools_for_strands(executor, **options)
    return Agent(model=model, tools=tools, callback_handler=None)


def told(model: ScriptedModel) -> list[Any]:
    return [block["toolResult"] for block in model.seen[-1]["content"]]


def test_an_agents_parallel_calls_of_one_turn_are_one_execution() -> None:
    executor = TurnExecutor({"click": ToolExecutionResult.failed("click", "It is gone.")})
    model = ScriptedModel([[*FIVE[:2], ("click", {"selector": "#buy"}), *FIVE[3:]]])
    result = agent(model, executor, gather_seconds=1)("What runs out?")
    assert str(result).strip() == "Done."
    assert [one["toolUseId"] for one in told(model)] == [f"tooluse_{number}" for number in range(5)]
    assert [one["status"] for one in told(model)] == ["success", "success", "error", "success", "success"]
    assert json.loads(told(model)[0]["content"][0]["text"])["product_code"] == "P0"
    assert [len(execution["calls"]) for execution in executor.executions] == [5]
    assert {one["call_id"] for one in executor.asked} == {f"tooluse_{number}" for number in range(5)}


def test_an_agent_within_an_event_loop_runs_them_the_same_turn_after_turn() -> None:
    executor = TurnExecutor()
    model = ScriptedModel([FIVE[:3], FIVE[:1], FIVE[:2]])
    asyncio.run(agent(model, executor, gather_seconds=1).invoke_async("What runs out?"))
    assert [len(execution["calls"]) for execution in executor.executions] == [3, 1, 2]


def test_an_agent_that_runs_its_tools_one_after_another_gets_its_answers() -> None:
    executor = TurnExecutor()
    model = ScriptedModel([FIVE[:2]])
    tools = tools_for_strands(executor, gather_seconds=0.01)
    Agent(model=model, tools=tools, callback_handler=None, tool_executor=SequentialToolExecutor())("What runs out?")
    assert [one["status"] for one in told(model)] == ["success", "success"]
    assert [len(execution["calls"]) for execution in executor.executions] == [1, 1]


def test_an_input_that_is_refused_costs_the_others_nothing() -> None:
    executor = TurnExecutor()
    model = ScriptedModel([[FIVE[0], ("forecast_demand", {"product_code": 7})]])
    agent(model, executor)("What runs out?")
    assert [one["status"] for one in told(model)] == ["success", "error"]
    problem = json.loads(told(model)[1]["content"][0]["text"])
    assert [detail["pointer"] for detail in problem["details"]] == ["/product_code", "/warehouse_code"]


def test_an_agents_tool_can_be_called_directly() -> None:
    executor = TurnExecutor()
    strands_agent = agent(ScriptedModel([]), executor)
    answer = strands_agent.tool.forecast_demand(product_code="P1", warehouse_code="WH001")
    assert answer["status"] == "success"


def test_a_cancelled_agent_cancels_its_execution() -> None:
    executor = TurnExecutor(held=asyncio.Event)
    strands_agent = agent(ScriptedModel([FIVE]), executor)
    thread = threading.Thread(target=strands_agent, args=("What runs out?",))
    thread.start()
    assert executor.begun.wait(10)
    strands_agent.cancel()
    thread.join(10)
    assert not thread.is_alive()
    executor.run_coroutine(asyncio.sleep(0.05))
    assert executor.cancelled == 1


def test_the_model_is_offered_each_tool_with_its_schema_and_marks() -> None:
    model = ScriptedModel([])
    agent(model, TurnExecutor(), read_only=True)("Hello")
    assert "forecast_demand" in {spec["name"] for spec in model.offered}
    assert "click" not in {spec["name"] for spec in model.offered}
    for spec in model.offered:
        Draft202012Validator.check_schema(spec["inputSchema"]["json"])
        assert spec["annotations"]["readOnlyHint"] is True
