"""A call by a client: which request it becomes, and what the client is answered."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError

from tests.unit.mcp_server.calling import called
from tests.unit.mcp_server.fake_executions import FAILED, FakeExecutions, answering, raising
from tool_contract.envelope import Envelope
from tool_contract.errors import ErrorCode
from tool_executor.errors import CallerLimitExceededError, ExecutionTimeoutError, ServiceError
from tool_executor.mcp_server import server_of


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_a_call_is_one_execution_and_its_result_is_structured_content_and_text(mode: str) -> None:
    executions = FakeExecutions(answering({"a": [1, None]}))
    answer = called(executions, "say_text", {"text": "x"}, mode=mode)
    assert executions.requests == [{"calls": [{"tool_name": "say_text", "input": {"text": "x"}}], "caller": "tests"}]
    assert (answer.is_error, answer.structured_content) == (False, {"a": [1, None]})
    assert json.loads(answer.content[0].text) == {"a": [1, None]}
    assert answer.meta["tool-executor/execution_id"]
    assert answer.meta["tool-executor/envelope"]["attempts"] == 1
    assert "result" not in answer.meta["tool-executor/envelope"]
    assert executions.closed


def test_an_answer_that_is_no_object_is_wrapped_and_text_is_told_as_it_is() -> None:
    answer = called(FakeExecutions(answering(3)), "count_text", {"text": "x"})
    assert (answer.structured_content, answer.content[0].text) == ({"result": 3}, "3")


def test_what_the_configuration_says_of_calls_and_the_clients_metadata_go_into_the_request() -> None:
    executions = FakeExecutions(answering({}), call_fields={"max_retries": 1})
    meta = {"tool-executor/correlation_id": "chat-7", "tool-executor/idempotency_key": "k"}
    called(executions, "say_text", {"text": "x"}, meta)
    (request,) = executions.requests
    assert request["correlation_id"] == "chat-7"
    assert request["calls"][0] == {
        "tool_name": "say_text",
        "input": {"text": "x"},
        "max_retries": 1,
        "idempotency_key": "k",
    }


def test_a_failure_is_a_tool_error_with_the_envelope_and_a_text_that_says_what_to_do() -> None:
    answer = called(FakeExecutions(answering(FAILED)), "say_text", {"text": "x"})
    assert answer.is_error
    assert Envelope.model_validate(answer.meta["tool-executor/envelope"]).error_code is ErrorCode.NOT_FOUND
    assert answer.content[0].text.splitlines() == [
        "say_text: NotFound: There is no 'x'.",
        "  /text There is no 'x'. Try another.",
        "Nothing was changed.",
        "Execution: e-1",
    ]


def test_invalid_input_runs_nothing_and_every_problem_is_told_by_a_pointer_into_the_arguments() -> None:
    executions = FakeExecutions(answering({}))
    answer = called(executions, "say_text", {"txt": 1, "amount": 12})
    assert (answer.is_error, executions.requests) == (True, [])
    told = answer.meta["tool-executor/envelope"]
    assert (told["error_code"], told["effect"], told["attempts"]) == ("InvalidInput", "none", 0)
    assert [detail["pointer"] for detail in told["details"]] == ["/text", "/amount", "/txt"]
    assert "/txt This field is not known. Did you mean 'text'?" in answer.content[0].text


def test_a_problem_with_the_clients_metadata_is_told_where_it_stands() -> None:
    meta = {"tool-executor/correlation_id": "with blanks"}
    answer = called(FakeExecutions(answering({})), "say_text", {"text": "x"}, meta)
    (detail,) = answer.meta["tool-executor/envelope"]["details"]
    assert (answer.is_error, detail["pointer"]) == (True, "/_meta/tool-executor~1correlation_id")


def test_a_name_that_no_tool_has_is_an_error_of_the_protocol_with_close_names() -> None:
    async def call() -> int:
        async with Client(server_of(FakeExecutions(answering({})))) as client:
            with pytest.raises(MCPError, match=r"'say_txt'\. Did you mean 'say_text'") as unknown:
                await client.call_tool("say_txt", {})
            return unknown.value.code

    assert asyncio.run(call()) == -32602


@pytest.mark.parametrize(
    ("tool", "error", "effect"),
    [
        ("say_text", ServiceError("AWS could not be called."), "none"),
        ("put_text", ServiceError("AWS could not be called."), "unknown"),
        ("put_text", CallerLimitExceededError("Too many.", [{"pointer": "/caller", "message": "Too many."}]), "none"),
    ],
)
def test_what_keeps_an_answer_from_coming_is_a_tool_error_that_says_if_something_may_have_happened(
    tool: str, error: Exception, effect: str
) -> None:
    answer = called(FakeExecutions(raising(error)), tool, {"text": "x"})
    assert (answer.is_error, answer.meta["tool-executor/envelope"]["effect"]) == (True, effect)
    assert answer.meta["tool-executor/envelope"]["error"] in answer.content[0].text


def test_an_execution_that_goes_on_is_named_in_the_error() -> None:
    error = ExecutionTimeoutError("It has not been planned yet.", execution_id="e-9")
    answer = called(FakeExecutions(raising(error)), "say_text", {"text": "x"})
    assert answer.meta["tool-executor/execution_id"] == "e-9"
    assert "Execution: e-9" in answer.content[0].text


def test_a_caller_whose_limit_passes_is_told_when_to_come_back() -> None:
    error = CallerLimitExceededError("Too many.", [{"pointer": "/caller", "message": "Too many."}])
    error.retry_after_seconds = 12
    answer = called(FakeExecutions(raising(error)), "say_text", {"text": "x"})
    assert "The same call may succeed 12 s later." in answer.content[0].text


def test_a_picture_that_a_tool_kept_is_shown_and_one_that_is_not_there_costs_nothing() -> None:
    kept = {"bucket": "b", "bytes": 3, "sha256": "s", "content_type": "image/png"}
    results = {"artifact": {**kept, "key": "there"}, "more": [{**kept, "key": "gone"}]}
    executions = FakeExecutions(answering(results), files={"there": b"png"})
    answer = called(executions, "say_text", {"text": "x"})
    assert [block.type for block in answer.content] == ["text", "image"]
    assert (base64.b64decode(answer.content[1].data), answer.content[1].mime_type) == (b"png", "image/png")


@pytest.mark.parametrize(
    "kept",
    [
        {"content_type": "text/html"},
        {"content_type": "image/svg+xml"},
        {"content_type": "image/png; x=y"},
        {"content_type": ["image/png"]},
        {"bytes": 3_000_001},
        {"bytes": "many"},
    ],
)
def test_what_is_no_picture_or_too_large_is_not_shown(kept: dict[str, Any]) -> None:
    artifact = {"bucket": "b", "bytes": 3, "sha256": "s", "content_type": "image/png", "key": "there", **kept}
    executions = FakeExecutions(answering({"artifact": artifact}), files={"there": b"x"})
    assert len(called(executions, "say_text", {"text": "x"}).content) == 1


def test_a_picture_that_is_larger_than_its_tool_says_is_not_shown() -> None:
    artifact = {"bucket": "b", "bytes": 1, "sha256": "s", "content_type": "image/png", "key": "there"}
    executions = FakeExecutions(answering({"artifact": artifact}), files={"there": bytes(3_000_001)})
    assert len(called(executions, "say_text", {"text": "x"}).content) == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"execution_id": "e-2"}, "ExecutionNotFound"),
        ({"execution_id": 3}, "InvalidInput"),
        ({"execution_id": ""}, "InvalidInput"),
        ({}, "InvalidInput"),
        ({"execution_id": "e-1", "call_id": "c9"}, "InvalidInput"),
    ],
)
def test_an_execution_that_cannot_be_told_is_a_tool_error(arguments: dict[str, Any], code: str) -> None:
    output = {"execution_id": "e-1", "correlation_id": "k", "status": "failed", "results": []}
    answer = called(FakeExecutions(answering(), outputs={"e-1": output}), "get_execution", arguments)
    assert (answer.is_error, answer.meta["tool-executor/envelope"]["error_code"]) == (True, code)
    said = answer.content[0].text
    assert "nothing was run" not in said
    assert "Nothing was changed" not in said
    assert ("The question has 1 problem, and no answer." in said) is (code == "InvalidInput")
