"""A model's answer in each API's shape, and the result blocks back; no model was called."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.unit.model_apis.apis import ANTHROPIC, APIS, BEDROCK, OPENAI, Api, bedrock_message
from tests.unit.model_apis.turn_executor import TurnExecutor
from tool_executor import InvalidRequestError, ToolExecutionResult

EVERY_API = pytest.mark.parametrize("api", APIS.values(), ids=APIS)
FIVE = [("forecast_demand", {"product_code": f"P00{number}", "warehouse_code": "WH001"}) for number in range(5)]


@EVERY_API
def test_five_calls_of_one_turn_are_one_execution_and_come_back_in_order_with_their_ids(api: Api) -> None:
    executor = TurnExecutor({"click": ToolExecutionResult.failed("click", "It is gone.")})
    wanted = [*FIVE[:2], ("click", {"selector": "#buy"}), *FIVE[3:]]

    blocks = asyncio.run(api.tools(executor).run(api.answer(wanted)))

    api.checked_results(blocks)
    assert [api.failed(block) for block in blocks] == [False, False, True, False, False]
    ids = [api.id_of(block) for block in blocks]
    assert ids == sorted(ids)
    assert len(set(ids)) == 5
    assert [[one["call_id"] for one in execution["calls"]] for execution in executor.executions] == [ids]
    told = [json.loads(api.text_of(block)) for block in blocks]
    assert [one.get("product_code") for one in told] == ["P000", "P001", None, "P003", "P004"]
    assert told[2]["error"] == "It is gone."


@EVERY_API
def test_an_answer_without_tool_calls_asks_for_nothing(api: Api) -> None:
    executor = TurnExecutor()
    assert asyncio.run(api.tools(executor).run(api.answer([]))) == []
    assert executor.executions == []


@EVERY_API
def test_what_the_program_runs_itself_is_left_to_it(api: Api) -> None:
    executor = TurnExecutor()
    tools = api.tools(executor, own_tools=["send_mail"])
    assert len(asyncio.run(tools.run(api.answer([("send_mail", {}), FIVE[0]])))) == 1
    assert [one["tool_name"] for one in executor.asked] == ["forecast_demand"]


@EVERY_API
def test_plain_json_and_the_content_alone_are_taken_too(api: Api) -> None:
    answer = api.answer(FIVE[:1])
    whole = answer.model_dump(mode="json") if hasattr(answer, "model_dump") else answer
    inner = whole["output"]["message"] if api is BEDROCK else whole
    content = inner["output"] if api is OPENAI else inner["content"]
    for form in (whole, inner, content):
        assert len(asyncio.run(api.tools(TurnExecutor()).run(form))) == 1


def test_an_sdks_objects_are_taken_within_a_message_that_is_written_by_hand() -> None:
    message = {"role": "assistant", "content": ANTHROPIC.answer(FIVE[:1]).content}
    assert len(asyncio.run(ANTHROPIC.tools(TurnExecutor()).run(message))) == 1
    assert len(asyncio.run(OPENAI.tools(TurnExecutor()).run({"output": OPENAI.answer(FIVE[:1]).output}))) == 1


@EVERY_API
@pytest.mark.parametrize("answer", [None, "text", 3, {}, {"content": 3}, {"output": 1}, [{"no": "type"}, 7]])
def test_what_is_no_answer_is_refused_in_a_sentence(api: Api, answer: Any) -> None:
    with pytest.raises(InvalidRequestError, match="This is no answer that"):
        api.tools(TurnExecutor()).calls_in(answer)


@pytest.mark.parametrize("wrong", [{"call_id": None}, {"name": 3}])
def test_a_call_whose_fields_are_no_text_is_refused_in_a_sentence(wrong: dict[str, Any]) -> None:
    item = {"type": "function_call", "call_id": "c", "name": "n", "arguments": "{}", **wrong}
    with pytest.raises(InvalidRequestError, match="This is no answer that"):
        OPENAI.tools(TurnExecutor()).calls_in([item])


def test_tools_that_the_provider_runs_itself_are_left_alone() -> None:
    message = bedrock_message(FIVE[:1])
    message["content"][1]["toolUse"]["type"] = "server_tool_use"
    assert BEDROCK.tools(TurnExecutor()).calls_in(message) == []
    content = [{"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}]
    assert ANTHROPIC.tools(TurnExecutor()).calls_in(content) == []
    assert OPENAI.tools(TurnExecutor()).calls_in([{"type": "web_search_call", "id": "ws_1"}]) == []


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        ({"arguments": '{"product_code": "P1'}, "The arguments cannot be read"),
        ({"arguments": "[1]"}, "a JSON object"),
        ({"arguments": '{"product_code": NaN}'}, "The arguments cannot be read"),
        ({"arguments": "{}", "status": "incomplete"}, "cut off"),
        ({"arguments": ""}, "required"),
        ({"arguments": None}, "The arguments of a tool are text"),
        ({"arguments": 7}, "The arguments of a tool are text"),
        ({}, "The arguments of a tool are text"),
    ],
)
def test_arguments_of_openai_that_cannot_be_used_are_told_to_the_model(item: dict[str, Any], sentence: str) -> None:
    executor = TurnExecutor()
    call = {"type": "function_call", "call_id": "call_1", "name": "forecast_demand", **item}
    good = {"type": "function_call", "call_id": "call_2", "name": FIVE[0][0], "arguments": json.dumps(FIVE[0][1])}
    blocks = asyncio.run(OPENAI.tools(executor).run([call, good]))
    assert [OPENAI.failed(block) for block in blocks] == [True, False]
    assert sentence in json.loads(blocks[0]["output"])["error"]
    assert [one["call_id"] for one in executor.asked] == ["call_2"]


def test_the_twins_run_without_an_event_loop_and_within_one() -> None:
    tools = BEDROCK.tools(TurnExecutor(), names=["forecast_demand"])
    assert len(tools.definitions_sync()) == 1

    async def within() -> list[Any]:
        return tools.run_sync(bedrock_message(FIVE))

    assert len(asyncio.run(within())) == 5


def test_results_are_cut_at_the_length_that_was_said() -> None:
    executor = TurnExecutor({"forecast_demand": ToolExecutionResult.succeeded("forecast_demand", "y" * 900)})
    (block,) = asyncio.run(ANTHROPIC.tools(executor, max_result_characters=200).run(ANTHROPIC.answer(FIVE[:1])))
    assert "first 200 of 902 characters" in block["content"]
