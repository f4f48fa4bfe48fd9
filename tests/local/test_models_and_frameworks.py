"""Models' APIs, agent frameworks and AgentCore Gateway on a deployment. The models are scripts; none was called."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessage
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from strands import Agent

from tests.local.bedrock_stand_in import bedrock
from tests.local.conftest import ROOT
from tests.unit.frameworks.test_strands import ScriptedModel, told
from tests.unit.model_apis.apis import APIS, Api, bedrock_message, bedrock_response
from tool_executor import ToolExecutor
from tool_executor.frameworks import tools_for_langchain, tools_for_strands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.local.conftest import Deployed

#: One turn: five calls, the third of which fails, and the last of which ends first.
WANTED: list[tuple[str, dict[str, Any]]] = [
    ("echo", {"text": "0", "seconds": 0.2}),
    ("echo", {"text": "1"}),
    ("missing", {"name": "x"}),
    ("echo", {"text": "3"}),
    ("echo", {"text": "4"}),
]
DONE = {"role": "assistant", "content": [{"text": "Order P001 today."}]}


@pytest.fixture(scope="module")
def executor(deployed: Deployed) -> Iterator[ToolExecutor]:
    with ToolExecutor(aws=deployed.aws, deployment=deployed.deployment) as executor:
        yield executor


def conversation() -> str:
    return f"model-{uuid.uuid4()}"


def executions(executor: ToolExecutor, correlation_id: str) -> dict[str | None, int]:
    """How many calls each execution of a conversation had."""
    counts: dict[str | None, int] = {}
    for one in executor.get_execution_history_sync(correlation_id):
        counts[one.execution_id] = counts.get(one.execution_id, 0) + 1
    return counts


@pytest.mark.parametrize("api", APIS.values(), ids=APIS)
def test_a_turn_of_five_parallel_calls_is_one_execution_and_comes_back_in_order(
    executor: ToolExecutor, api: Api
) -> None:
    own_id = conversation()
    tools = api.tools(executor, correlation_id=own_id, groups=["probe"])
    api.checked_definitions(tools.definitions_sync())

    blocks = tools.run_sync(api.answer(WANTED))

    api.checked_results(blocks)
    assert [api.failed(block) for block in blocks] == [False, False, True, False, False]
    said = [json.loads(api.text_of(block)) for block in blocks]
    assert [one.get("text") for one in said] == ["0", "1", None, "3", "4"]
    assert said[2]["error_code"] == "NotFound"
    assert [api.id_of(block) for block in blocks] == sorted(api.id_of(block) for block in blocks)
    assert list(executions(executor, own_id).values()) == [5]


def test_a_turn_that_is_run_again_is_answered_by_what_it_did(executor: ToolExecutor) -> None:
    tools = APIS["anthropic"].tools(executor, correlation_id=conversation(), once=True)
    answer = APIS["anthropic"].answer([("echo", {"text": "once"})])
    first, again = tools.run_sync(answer), tools.run_sync(answer)
    assert first == again
    history = executor.get_execution_history_sync(str(tools.toolset.correlation_id))
    assert [one.metadata.get("replayed", False) for one in history] == [False, True]


def test_a_tool_node_of_langgraph_runs_a_turn_as_one_execution(executor: ToolExecutor) -> None:
    own_id = conversation()
    tools = tools_for_langchain(executor, correlation_id=own_id, groups=["probe"], gather_seconds=0.5)
    builder = StateGraph(MessagesState)
    builder.add_node("tools", ToolNode(tools))
    builder.add_edge(START, "tools")
    builder.add_edge("tools", END)
    calls: list[Any] = [{"name": name, "args": given, "id": f"call_{at}"} for at, (name, given) in enumerate(WANTED)]
    state = builder.compile().invoke({"messages": [AIMessage("", tool_calls=calls)]})
    messages = state["messages"][1:]
    assert [message.tool_call_id for message in messages] == [f"call_{at}" for at in range(5)]
    assert [message.status for message in messages] == ["success", "success", "error", "success", "success"]
    assert messages[3].artifact["result"]["text"] == "3"
    assert list(executions(executor, own_id).values()) == [5]


def test_a_strands_agent_runs_a_turn_as_one_execution(executor: ToolExecutor) -> None:
    own_id, model = conversation(), ScriptedModel([WANTED])
    tools = tools_for_strands(executor, correlation_id=own_id, groups=["probe"], gather_seconds=1)
    assert str(Agent(model=model, tools=tools, callback_handler=None)("Go on.")).strip() == "Done."
    assert [one["status"] for one in told(model)] == ["success", "success", "error", "success", "success"]
    assert list(executions(executor, own_id).values()) == [5]


@pytest.mark.parametrize(
    ("name", "event", "outcome"),
    [
        ("probe___echo", {"text": "hello"}, {"text": "hello", "attempt": 1}),
        ("probe___missing", {"name": "x"}, "NotFound"),
        ("probe___echo", {"text": 1}, "InvalidInput"),
        ("probe___nothing", {}, "ToolNotFound"),
        ("probe___hang", {}, "ToolTimeout"),
    ],
)
def test_a_function_answers_the_gateways_events(deployed: Deployed, name: str, event: Any, outcome: Any) -> None:
    custom = {"bedrockAgentCoreToolName": name, "bedrockAgentCoreMessageVersion": "1.0"}
    answer = deployed.aws.functions.invoke(
        FunctionName=deployed.deployment.functions["probe"],
        ClientContext=base64.b64encode(json.dumps({"custom": custom}).encode()).decode(),
        Payload=json.dumps(event),
    )
    assert "FunctionError" not in answer
    envelope = json.loads(answer["Payload"].read())
    assert envelope.get("result", envelope.get("error_code")) == outcome
    assert envelope["success"] == isinstance(outcome, dict)


def _environment(deployed: Deployed, url: str) -> dict[str, str]:
    return {**deployed.environment, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": url}


def test_the_example_asks_runs_and_answers(deployed: Deployed) -> None:
    wanted = bedrock_message([("calculate_reorder_points", {"warehouse_code": "WH001"})])
    answers = [(200, bedrock_response(wanted, "tool_use")), (200, bedrock_response(DONE, "end_turn"))]
    with bedrock((429, {"code": "ThrottlingException", "message": "Slow down."}), *answers) as stand_in:
        ran = subprocess.run(
            [sys.executable, "examples/ask_bedrock.py", "amazon.nova-pro-v1:0"],
            cwd=ROOT,
            env=_environment(deployed, stand_in.url),
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr
    assert "turn 1: calculate_reorder_points {'warehouse_code': 'WH001'} -> success" in ran.stdout
    assert "Order P001 today." in ran.stdout
    assert "completed (2 turns, 1 tool call, 960 tokens)" in ran.stdout
    (block,) = stand_in.asked[2]["messages"][2]["content"]
    assert block["toolResult"]["status"] == "success"


def test_the_command_asks_and_tells_as_json(deployed: Deployed) -> None:
    answers = [bedrock_response(bedrock_message(WANTED[:3]), "tool_use"), bedrock_response(DONE, "end_turn")]
    with bedrock(*((200, answer) for answer in answers)) as stand_in:
        command = [sys.executable, "-m", "tool_executor.cli.main", "ask", "-", "--model", "amazon.nova-pro-v1:0"]
        ran = subprocess.run(
            [*command, "--group", "probe", "--json", "--stage", deployed.stage],
            env=_environment(deployed, stand_in.url),
            input="What is there?",
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr
    result = json.loads(ran.stdout)
    assert result["status"] == "completed"
    assert [one["status"] for one in result["results"]] == ["success", "success", "failed"]
    assert stand_in.asked[0]["messages"] == [{"role": "user", "content": [{"text": "What is there?"}]}]
