"""LangChain's own machinery with the executor's tools: LangGraph's ToolNode runs what a scripted model asked for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import ToolException
from langchain_core.utils.function_calling import convert_to_openai_tool
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Send

from tests.unit.model_apis.turn_executor import TurnExecutor
from tool_contract.catalog import Catalog
from tool_contract.tool_spec import ToolAnnotations, ToolSpec
from tool_executor import ServiceError, ToolExecutionResult
from tool_executor.frameworks import tools_for_langchain

FIVE = [
    {
        "name": "forecast_demand",
        "args": {"product_code": f"P{number}", "warehouse_code": "WH001"},
        "id": f"call_{number}",
    }
    for number in range(5)
]


def graph(executor: TurnExecutor, **options: Any) -> Any:
    builder = StateGraph(MessagesState)
    builder.add_node("tools", ToolNode(tools_for_langchain(executor, **options)))
    builder.add_edge(START, "tools")
    builder.add_edge("tools", END)
    return builder.compile()


def asked_by_a_model(calls: list[Any]) -> dict[str, Any]:
    return {"messages": [AIMessage("", tool_calls=calls)]}


def answers(state: dict[str, Any]) -> list[ToolMessage]:
    return [message for message in state["messages"] if isinstance(message, ToolMessage)]


@pytest.mark.parametrize("sync", [True, False])
def test_a_tool_node_runs_the_parallel_calls_of_a_turn_as_one_execution(*, sync: bool) -> None:
    executor = TurnExecutor()
    wrong = {"name": "forecast_demand", "args": {"product_code": "P2"}, "id": "call_2"}
    state = asked_by_a_model([*FIVE[:2], wrong, *FIVE[3:]])
    compiled = graph(executor, gather_seconds=0.5)
    told = answers(compiled.invoke(state) if sync else asyncio.run(compiled.ainvoke(state)))
    assert [message.tool_call_id for message in told] == [f"call_{number}" for number in range(5)]
    assert [message.status for message in told] == ["success", "success", "error", "success", "success"]
    assert "/warehouse_code" in str(told[2].content)
    assert told[0].artifact["result"] == {"product_code": "P0", "warehouse_code": "WH001"}
    assert [len(execution["calls"]) for execution in executor.executions] == [4]
    assert {one["call_id"] for one in executor.asked} == {"call_0", "call_1", "call_3", "call_4"}


def test_calls_that_a_graph_sends_one_by_one_in_a_step_are_one_execution() -> None:
    executor = TurnExecutor()
    builder = StateGraph(MessagesState)
    builder.add_node("model", lambda _state: {})
    builder.add_node("tools", ToolNode(tools_for_langchain(executor, gather_seconds=0.5)))
    builder.add_edge(START, "model")
    builder.add_conditional_edges(
        "model", lambda state: [Send("tools", [call]) for call in state["messages"][-1].tool_calls], ["tools"]
    )
    builder.compile().invoke(asked_by_a_model(FIVE))
    assert [len(execution["calls"]) for execution in executor.executions] == [5]


def test_two_graphs_at_once_share_no_execution() -> None:
    executor = TurnExecutor()
    compiled = graph(executor, gather_seconds=0.2)

    async def both() -> None:
        await asyncio.gather(*(compiled.ainvoke(asked_by_a_model(FIVE[:2])) for _ in range(2)))

    asyncio.run(both())
    assert [len(execution["calls"]) for execution in executor.executions] == [2, 2]


def test_outside_of_a_graph_a_tool_is_run_by_itself() -> None:
    executor = TurnExecutor()
    (forecast,) = tools_for_langchain(executor, names=["forecast_demand"])
    message = forecast.invoke({**FIVE[0], "type": "tool_call"})
    assert (message.status, message.tool_call_id) == ("success", "call_0")
    assert '"product_code":"P1"' in asyncio.run(forecast.ainvoke(FIVE[1]["args"]))
    assert [len(execution["calls"]) for execution in executor.executions] == [1, 1]


def test_a_failure_is_langchains_own_exception_for_who_wants_one() -> None:
    executor = TurnExecutor({"forecast_demand": ToolExecutionResult.failed("forecast_demand", "No such product.")})
    (forecast,) = tools_for_langchain(executor, names=["forecast_demand"])
    forecast.handle_tool_error = False
    with pytest.raises(ToolException, match="No such product") as failed:
        forecast.invoke(FIVE[0]["args"])
    assert failed.value.envelope["error_code"] == "ToolFailed"  # type: ignore[attr-defined]


def test_what_is_no_tools_fault_ends_the_graph() -> None:
    executor = TurnExecutor(refusals=[ServiceError("AWS did not answer.")])
    with pytest.raises(ServiceError):
        graph(executor).invoke(asked_by_a_model(FIVE))


def test_every_tool_can_be_bound_to_a_model() -> None:
    for tool in tools_for_langchain(TurnExecutor()):
        told = convert_to_openai_tool(tool)["function"]
        assert told["name"] == tool.name
        Draft202012Validator.check_schema(told["parameters"])
        assert isinstance(tool.args, dict)


def test_parameters_named_as_langchains_own_reach_the_tool() -> None:
    names = ["config", "run_manager", "callbacks", "input", "args", "kwargs", "runtime", "tool_call_id"]
    text = {"type": "string"}
    schema = {"type": "object", "properties": dict.fromkeys(names, text), "additionalProperties": False}
    spec = ToolSpec(
        name="t", group="g", description="d", input_schema=schema, output_schema={}, annotations=ToolAnnotations()
    )
    executor = TurnExecutor(tools=Catalog(tools=(spec,)))
    (tool,) = tools_for_langchain(executor)
    given = dict.fromkeys(names, "mine")
    assert tool.invoke({"name": "t", "args": given, "id": "c", "type": "tool_call"}).status == "success"
    assert executor.asked[0]["input"] == given
