"""AgentCore Gateway's events, as Lambda's own runtime client hands them over: the name in the client context."""

from __future__ import annotations

from typing import Any

import pytest
from awslambdaric.lambda_context import LambdaContext

from lambdas.runtime.gateway_event import framed, refusals
from tests.unit.runtime.sample_tools import EFFECTS, group

OTHERS = {
    "bedrockAgentCoreMessageVersion": "1.0",
    "bedrockAgentCoreAwsRequestId": "2f1c9f2a-5b1e-4d7e-9a53-2a51a1f0f001",
    "bedrockAgentCoreMcpMessageId": "3",
    "bedrockAgentCoreGatewayId": "tools-0123456789",
    "bedrockAgentCoreTargetId": "ABCDEF0123",
}


def context(monkeypatch: pytest.MonkeyPatch, custom: Any) -> LambdaContext:
    for name in ("AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_FUNCTION_VERSION"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "samples")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
    given = None if custom is None else {"custom": custom, "env": {}, "client": {}}
    return LambdaContext("request-1", given, None, 0, "arn:aws:lambda:eu-west-1:123456789012:function:samples")


def call(monkeypatch: pytest.MonkeyPatch, event: Any, name: Any = "inventory___reads") -> dict[str, Any]:
    custom = {**OTHERS, "bedrockAgentCoreToolName": name}
    answer: dict[str, Any] = group.lambda_handler(event, context(monkeypatch, custom))
    return answer


def test_the_event_is_the_input_and_the_tools_name_is_without_its_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = call(monkeypatch, {"text": "a"})
    assert (answer["success"], answer["tool_name"]) == (True, "reads")
    assert answer["result"] == {"text": "a", "attempt": 1, "call": None}


def test_a_failure_is_answered_and_not_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = call(monkeypatch, {"how": "not found"}, "inventory___fails")
    assert (answer["success"], answer["error_code"], answer["effect"]) == (False, "NotFound", "none")


@pytest.mark.parametrize(
    "event",
    [
        {"text": 1},
        {"tool_name": "orders", "input": {"text": "smuggled"}},
        {"text": "a", "context": {"route": "workflow", "execution_id": "e", "call_id": "c"}},
        [],
        "reads",
    ],
)
def test_all_of_the_event_is_input_and_is_checked_as_such(monkeypatch: pytest.MonkeyPatch, event: Any) -> None:
    before = list(EFFECTS)
    answer = call(monkeypatch, event)
    assert (answer["success"], answer["error_code"], answer["tool_name"]) == (False, "InvalidInput", "reads")
    assert before == EFFECTS


def test_no_arguments_are_an_empty_input(monkeypatch: pytest.MonkeyPatch) -> None:
    assert call(monkeypatch, None)["result"]["text"] == ""


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("inventory___nothing", "ToolNotFound"),
        ("reads___", "ToolNotFound"),
        ("", "InvalidRequest"),
        (7, "InvalidRequest"),
    ],
)
def test_a_name_that_names_no_tool_is_refused(monkeypatch: pytest.MonkeyPatch, name: Any, code: str) -> None:
    assert call(monkeypatch, {}, name)["error_code"] == code


def test_a_name_without_a_target_is_the_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    assert call(monkeypatch, {}, "reads")["success"]


@pytest.mark.parametrize("custom", [None, {}, {"other": "x"}])
def test_any_other_event_stays_as_it_is(monkeypatch: pytest.MonkeyPatch, custom: Any) -> None:
    event = {"tool_name": "reads", "input": {}}
    assert framed(event, context(monkeypatch, custom)) is event
    assert framed(event, object()) is event


@pytest.mark.parametrize(
    ("event", "pointer"),
    [
        ({"password": {"secret_ref": "bank/admin"}}, "/password/secret_ref"),
        ({"password": {"secret_ref": "once/5e0b1c9e-9a43-4a57-8a5e-0d6d3f1f2a11"}}, "/password/secret_ref"),
        ({"a": [{"b": {"secret_ref": "bank/admin", "more": 1}}]}, "/a/0/b/secret_ref"),
    ],
)
def test_a_model_behind_a_gateway_can_use_no_secret_of_the_stage(
    monkeypatch: pytest.MonkeyPatch, event: Any, pointer: str
) -> None:
    answer = call(monkeypatch, event)
    assert (answer["success"], answer["error_code"], answer["effect"]) == (False, "Refused", "none")
    assert [detail["pointer"] for detail in answer["details"]] == [pointer]


def test_whoever_may_invoke_the_function_itself_may_name_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    event = {"tool_name": "reads", "input": {"text": {"secret_ref": "bank/admin"}}}
    assert refusals(event, context(monkeypatch, None)) == []
    answer: dict[str, Any] = group.lambda_handler(event, context(monkeypatch, None))
    assert answer["error_code"] == "InvalidInput"  # of this tool, which takes none
