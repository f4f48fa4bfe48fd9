"""A call by a client: which request it becomes, and what the client is answered."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError

from tests.unit.mcp_server.fake_executions import FakeExecutions, answering, raising
from tool_contract.envelope import CallStatus, Detail, Envelope
from tool_contract.errors import Effect, ErrorCode
from tool_executor.errors import CallerLimitExceededError, ExecutionTimeoutError, ServiceError
from tool_executor.mcp_server import server_of
from tool_executor.result import ToolExecutionResult

if TYPE_CHECKING:
    from collections.abc import Mapping

FAILED = ToolExecutionResult(
    tool_name="say_text",
    status=CallStatus.FAILED,
    error="There is no 'x'.",
    error_code=ErrorCode.NOT_FOUND,
    effect=Effect.NONE,
    details=(Detail(pointer="/text", message="There is no 'x'.", hint="Try another."),),
    call_id="c1",
    execution_id="e-1",
)


def called(
    executions: FakeExecutions,
    name: str,
    arguments: Any,
    meta: Any = None,
    *,
    mode: str = "auto",
    secrets: Mapping[str, str] | None = None,
) -> Any:
    async def call() -> Any:
        async with Client(server_of(executions, secrets=secrets), mode=mode) as client:
            await client.list_tools()  # the client then checks structured content against the output schema
            return await client.call_tool(name, arguments, meta=meta)

    return asyncio.run(call())


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


def test_plain_text_where_a_secret_belongs_is_refused_and_not_repeated() -> None:
    executions = FakeExecutions(answering({}))
    answer = called(executions, "say_text", {"text": "x", "password": "hunter2-hunter2"})
    assert (answer.is_error, answer.meta["tool-executor/envelope"]["error_code"]) == (True, "SecretInRequest")
    assert "hunter2" not in answer.model_dump_json()


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_a_client_may_name_the_secrets_alone_that_the_server_was_given(mode: str) -> None:
    executions, named = FakeExecutions(answering({})), {"text": "x", "password": {"secret_ref": "shop"}}
    answer = called(executions, "say_text", named, mode=mode, secrets={"shop": "shop/login"})
    assert answer.is_error is False
    assert executions.requests[0]["calls"][0]["input"]["password"] == {"secret_ref": "shop/login"}
    for given, hint in (({"shop": "shop/login"}, "shop"), ({}, "None was given.")):
        guessed = {"text": "x", "password": {"secret_ref": "shop/login"}}
        answer = called(executions, "say_text", guessed, mode=mode, secrets=given)
        (detail,) = answer.meta["tool-executor/envelope"]["details"]
        assert (answer.is_error, detail["pointer"]) == (True, "/password/secret_ref")
        assert detail["message"] == "There is no secret named 'shop/login' for you to use."
        assert hint in detail["hint"]
    assert len(executions.requests) == 1


def test_calls_and_fallbacks_of_a_batch_may_name_no_other_secret_either() -> None:
    executions = FakeExecutions(answering({}))
    known = {"tool_name": "say_text", "input": {"text": "x", "password": {"secret_ref": "shop"}}}
    guessed = {"tool_name": "say_text", "input": {"text": "x", "password": {"secret_ref": "bank"}}}
    calls = [known, {**known, "fallbacks": [known, guessed]}, guessed]
    answer = called(executions, "run_batch", {"calls": calls}, secrets={"shop": "shop/login"})
    details = answer.meta["tool-executor/envelope"]["details"]
    places = ["/calls/1/fallbacks/1/input/password/secret_ref", "/calls/2/input/password/secret_ref"]
    assert (answer.is_error, [detail["pointer"] for detail in details]) == (True, places)
    called(executions, "run_batch", {"calls": [{**known, "fallbacks": [known]}]}, secrets={"shop": "shop/login"})
    ((call,),) = (request["calls"] for request in executions.requests)
    assert [one["input"]["password"] for one in (call, *call["fallbacks"])] == [{"secret_ref": "shop/login"}] * 2


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


BATCH = [{"tool_name": "say_text", "input": {"text": "a"}}, {"tool_name": "count_text", "input": {"text": "b"}}]


def test_a_batch_is_one_execution_with_an_envelope_for_each_call_in_order() -> None:
    executions = FakeExecutions(answering(FAILED, 3), max_workers=50, call_fields={"max_retries": 1})
    answer = called(executions, "run_batch", {"calls": BATCH, "timeout_seconds": 60, "correlation_id": "mine"})
    (request,) = executions.requests
    assert (request["max_concurrency"], request["caller"], request["correlation_id"]) == (40, "tests", "mine")
    assert [call["max_retries"] for call in request["calls"]] == [1, 1]
    assert answer.is_error is False
    assert [one["success"] for one in answer.structured_content["results"]] == [False, True]


def test_a_batch_of_which_nothing_succeeded_is_an_error() -> None:
    answer = called(FakeExecutions(answering(FAILED)), "run_batch", {"calls": BATCH[:1], "mode": "sequence"})
    assert (answer.is_error, answer.structured_content["results"][0]["error_code"]) == (True, "NotFound")


@pytest.mark.parametrize(
    ("arguments", "pointers"),
    [
        ({}, ["/calls"]),
        ({"calls": 3}, ["/calls"]),
        ({"calls": []}, ["/calls"]),
        (
            {"calls": [4, {"tool_name": "say_txt", "input": {}}], "modus": 1},
            ["/calls/0", "/modus", "/calls/1/tool_name"],
        ),
        ({"calls": [{"tool_name": "say_text", "input": {"text": 1}}]}, ["/calls/0/input/text"]),
        ({"calls": BATCH, "caller": "somebody-else"}, ["/caller"]),
        ({"calls": BATCH, "wait": "no"}, ["/wait"]),
    ],
)
def test_a_batch_that_cannot_be_run_is_refused_whole_with_pointers_into_the_arguments(
    arguments: dict[str, Any], pointers: list[str]
) -> None:
    executions = FakeExecutions(answering({}))
    answer = called(executions, "run_batch", arguments)
    assert (answer.is_error, executions.requests) == (True, [])
    assert [detail["pointer"] for detail in answer.meta["tool-executor/envelope"]["details"]] == pointers


@pytest.mark.parametrize(("unknown", "hint"), [("zzz", "Known: "), ("callr", "Did you mean"), ("wiat", "'wait'")])
def test_what_run_batch_knows_by_its_refusals_is_what_a_client_may_say(unknown: str, hint: str) -> None:
    answer = called(FakeExecutions(answering()), "run_batch", {"calls": BATCH, unknown: 1})
    (detail,) = answer.meta["tool-executor/envelope"]["details"]
    assert hint in detail["hint"]
    assert "caller" not in answer.content[0].text


def test_a_batch_need_not_be_waited_for() -> None:
    executions = FakeExecutions(raising(AssertionError("it was waited for")))
    answer = called(executions, "run_batch", {"calls": BATCH, "wait": False})
    assert answer.structured_content["status"] == "running"
    assert executions.left == [answer.structured_content["execution_id"]]


def test_where_this_process_runs_executions_none_can_be_left() -> None:
    executions = FakeExecutions(answering({}, {}), can_be_left=False)
    answer = called(executions, "run_batch", {"calls": BATCH, "wait": False})
    assert (answer.is_error, executions.requests, executions.left) == (True, [], [])


def test_an_execution_is_told_whole_or_one_call_of_it() -> None:
    results = [{**FAILED.to_json(), "call_id": call_id} for call_id in ("c1", "c2")]
    output = {"execution_id": "e-1", "correlation_id": "k", "status": "failed", "results": results}
    executions = FakeExecutions(answering(), outputs={"e-1": output})
    assert called(executions, "get_execution", {"execution_id": "e-1"}).structured_content == output
    one = called(executions, "get_execution", {"execution_id": "e-1", "call_id": "c2"}).structured_content
    assert [told["call_id"] for told in one["results"]] == ["c2"]


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
