"""A failure reaches models by every client: some check structured content by the output schema of failures, too."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from mcp import Client

from tests.unit.mcp_server.fake_executions import OBJECT, FakeExecutions, answering, raising, tool
from tool_contract.catalog import Catalog
from tool_contract.envelope import CallStatus, Detail
from tool_contract.errors import Effect, ErrorCode
from tool_executor.errors import CallerLimitExceededError, ExecutionFailedError, ServiceError
from tool_executor.mcp_server import server_of
from tool_executor.result import ToolExecutionResult

#: A tool's own output schema, as strict as those of the catalog: an envelope is not valid by it.
STRICT = {**OBJECT, "properties": {"price": {"type": "number"}}, "required": ["price"], "additionalProperties": False}
TOOLS = Catalog(tools=(tool("price_of", output=STRICT, read_only=True), tool("count_of", output={"type": "integer"})))
FAILED = ToolExecutionResult(
    tool_name="price_of",
    status=CallStatus.FAILED,
    error="There is no 'x'.",
    error_code=ErrorCode.NOT_FOUND,
    effect=Effect.UNKNOWN,
    details=(Detail(pointer="/text", message="There is no 'x'.", hint="Try another."),),
    call_id="c1",
    execution_id="e-1",
)
TEXT = {"text": "x"}
BATCH = {"calls": [{"tool_name": "price_of", "input": TEXT}]}
GONE = raising(ServiceError("AWS could not be called.", hint="Look at its status page."))


def strictly_called(executions: FakeExecutions, name: str, arguments: dict[str, Any]) -> Any:
    """Call as the TypeScript SDK 1.x does: structured content must be valid whatever isError says."""

    async def call() -> Any:
        async with Client(server_of(executions)) as client:
            schemas = {tool.name: tool.output_schema for tool in (await client.list_tools()).tools}
            answer = await client.call_tool(name, arguments)
        if answer.structured_content is not None:
            jsonschema.validate(answer.structured_content, schemas[name])
        return answer

    return asyncio.run(call())


@pytest.mark.parametrize(
    ("answer", "name", "arguments", "code"),
    [
        (answering(FAILED), "price_of", TEXT, "NotFound"),
        (answering(replace(FAILED, tool_name="count_of")), "count_of", TEXT, "NotFound"),
        (answering(), "price_of", {}, "InvalidInput"),
        (answering(), "price_of", dict.fromkeys(("text", "password"), "x"), "SecretInRequest"),
        (GONE, "price_of", TEXT, "ServiceError"),
        (raising(ExecutionFailedError("It failed.", execution_id="e-1")), "count_of", TEXT, "ExecutionFailed"),
        (answering(), "run_batch", {}, "InvalidRequest"),
        (answering(), "run_batch", {**BATCH, "wait": 3}, "InvalidInput"),
        (GONE, "run_batch", BATCH, "ServiceError"),
        (answering(FAILED), "run_batch", BATCH, "NotFound"),
        (answering(), "get_execution", {"execution_id": "e-2"}, "ExecutionNotFound"),
        (answering(), "get_execution", {}, "InvalidInput"),
    ],
)
def test_every_failure_is_valid_for_a_client_that_checks_structured_content_always(
    answer: Any, name: str, arguments: dict[str, Any], code: str
) -> None:
    told = strictly_called(FakeExecutions(answer, tools=TOOLS), name, arguments)
    assert told.is_error
    assert code in told.content[0].text


def test_the_text_of_a_failure_says_all_that_a_model_needs_and_the_envelope_is_beside_it() -> None:
    told = strictly_called(FakeExecutions(answering(FAILED), tools=TOOLS), "price_of", TEXT)
    for said in ("NotFound", "There is no 'x'.", "/text", "Try another.", "Nobody knows whether", "e-1"):
        assert said in told.content[0].text
    assert told.meta["tool-executor/execution_id"] == "e-1"
    assert told.meta["tool-executor/envelope"]["error_code"] == "NotFound"


def test_an_errors_hint_is_told_once() -> None:
    told = strictly_called(FakeExecutions(GONE, tools=TOOLS), "price_of", TEXT)
    assert told.content[0].text.count("Look at its status page.") == 1


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("price_of", TEXT),
        ("run_batch", BATCH),
        ("run_batch", {**BATCH, "wait": False}),
    ],
)
def test_an_error_after_the_start_bears_the_id_that_the_server_chose(name: str, arguments: dict[str, Any]) -> None:
    executions = FakeExecutions(answering(), tools=TOOLS)
    asked_for: list[str] = []

    async def gone(_request: dict[str, Any], execution_id: str) -> Any:
        asked_for.append(execution_id)
        raise ServiceError("AWS could not be called.")

    executions.run = executions.start = gone  # type: ignore[method-assign]
    answer = strictly_called(executions, name, arguments)
    assert answer.is_error
    assert answer.meta["tool-executor/execution_id"] == asked_for[0]
    assert f"Execution: {asked_for[0]}" in answer.content[0].text


def test_an_error_that_says_that_nothing_ran_names_no_execution() -> None:
    error = CallerLimitExceededError("Too many.", [{"pointer": "/caller", "message": "Too many."}])
    answer = strictly_called(FakeExecutions(raising(error), tools=TOOLS), "price_of", TEXT)
    assert "tool-executor/execution_id" not in answer.meta
    assert "Execution:" not in answer.content[0].text


def test_a_batch_whose_record_cannot_be_read_in_the_end_is_told_by_the_results_at_hand() -> None:
    executions = FakeExecutions(answering(FAILED, 3), tools=TOOLS)

    async def gone(*_: object) -> dict[str, Any]:
        raise ServiceError("AWS could not be called.")

    executions.output_with = gone  # type: ignore[method-assign]
    answer = strictly_called(
        executions,
        "run_batch",
        {"calls": [*BATCH["calls"], {"tool_name": "count_of", "input": TEXT}], "correlation_id": "mine"},
    )
    told = answer.structured_content
    assert (answer.is_error, told["status"], told["correlation_id"]) == (False, "partial", "mine")
    assert (told["counts"]["success"], told["counts"]["failed"], told["counts"]["total"]) == (1, 1, 2)
    assert told["results"][1]["result"] == 3
