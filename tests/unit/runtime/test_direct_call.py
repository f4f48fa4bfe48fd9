"""A tool function invoked outside of a workflow: an envelope comes back, whatever happens, and nothing is raised."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambdas.runtime.current_attempt import current_attempt
from tests.unit.contract.json_values import json_values
from tests.unit.runtime.fake_clock import FakeClock
from tests.unit.runtime.sample_tools import EFFECTS, group, plain_invoker
from tool_contract.attempt import AttemptContext
from tool_contract.envelope import Envelope

if TYPE_CHECKING:
    from tests.unit.runtime.aws import Aws

LAMBDA_CONTEXT = SimpleNamespace(
    function_name="samples",
    memory_limit_in_mb=128,
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:samples",
    aws_request_id="request-1",
)


def _call(tool_name: str, **tool_input: Any) -> dict[str, Any]:
    return plain_invoker(FakeClock()).invoke({"tool_name": tool_name, "input": tool_input}, "request-1")


def test_tool_name_and_input_alone_are_enough() -> None:
    assert _call("reads", text="a") == {
        "success": True,
        "tool_name": "reads",
        "status": "success",
        "result": {"text": "a", "attempt": 1, "call": None},
        "execution_time_ms": 0.0,
        "attempts": 1,
        "metadata": {"attempt_durations": [0.0]},
    }


def test_the_groups_handler_answers_what_lambda_sends() -> None:
    answer = group.lambda_handler({"tool_name": "orders_slowly", "input": {"text": "a"}}, LAMBDA_CONTEXT)

    assert (answer["success"], answer["result"]) == (True, "a")
    assert answer["execution_time_ms"] >= 0


def test_an_input_left_out_is_an_empty_one() -> None:
    assert plain_invoker(FakeClock()).invoke({"tool_name": "reads"}, "request-1")["result"]["text"] == ""


def test_the_context_is_in_the_envelope_and_known_to_the_tool() -> None:
    log = [
        {"attempt": 1, "tool_name": "reads", "started_at": "2026-11-20T09:59:00.000Z", "duration_ms": 5,
         "decision": "retry", "error_code": "Unavailable", "error": "Not now.", "delay_seconds": 1},
    ]  # fmt: skip
    context = {"call_id": "c7", "correlation_id": "k", "attempt": 2, "attempt_log": log}

    answer = plain_invoker(FakeClock()).invoke({"tool_name": "reads", "input": {}, "context": context}, "request-1")

    assert answer["result"] == {"text": "", "attempt": 2, "call": "c7"}
    assert (answer["call_id"], answer["attempts"]) == ("c7", 2)
    assert answer["metadata"] == {
        "correlation_id": "k", "attempt_durations": [5.0, 0.0],
        "retry_reasons": ["Unavailable: Not now."], "retry_delays": [1000],
    }  # fmt: skip


def test_a_failure_is_an_envelope_with_everything_that_follows_from_it() -> None:
    assert _call("fails", how="not found") == {
        "success": False,
        "tool_name": "fails",
        "status": "failed",
        "error": "There is none.",
        "error_code": "NotFound",
        "retryable": False,
        "effect": "none",
        "details": [{"pointer": "/how", "message": "There is none.", "error_code": "NotFound", "hint": "Look."}],
        "execution_time_ms": 0.0,
        "attempts": 1,
        "metadata": {"attempt_durations": [0.0], "error_type": "NotFound"},
    }


@pytest.mark.parametrize(
    ("how", "code", "retryable", "effect"),
    [
        ("unavailable", "Unavailable", True, "none"),
        ("rate limited", "RateLimited", True, "none"),
        ("never", "RateLimited", True, "none"),
        ("applied", "ToolFailed", False, "applied"),
        ("long", "ToolFailed", False, "unknown"),
        ("bug", "ToolFailed", False, "unknown"),
        ("broken pipe", "Unavailable", True, "unknown"),
        ("exit", "ToolFailed", True, "unknown"),
        ("cancelled", "ToolFailed", True, "unknown"),
        ("memory", "ToolCrashed", True, "unknown"),
    ],
)
def test_whatever_a_tool_raises_becomes_an_envelope(how: str, code: str, retryable: bool, effect: str) -> None:  # noqa: FBT001
    answer = _call("fails", how=how)

    assert (answer["error_code"], answer["retryable"], answer["effect"]) == (code, retryable, effect)
    assert len(answer["error"]) <= 500
    json.dumps(answer, allow_nan=False)


@pytest.mark.parametrize("how", ["bug", "broken pipe", "exit", "memory"])
def test_a_tool_that_only_reads_has_no_unknown_effect(how: str) -> None:
    assert _call("fails_reading", how=how)["effect"] == "none"


def test_how_long_to_wait_is_passed_on_as_the_tool_said_it() -> None:
    assert _call("fails", how="rate limited")["retry_after_seconds"] == 1.2
    assert "retry_after_seconds" not in _call("fails", how="never")


def test_an_invalid_input_runs_nothing_and_names_everything_that_is_wrong() -> None:
    EFFECTS.clear()

    answer = _call("orders", text=5, surprise=1)

    assert (answer["error_code"], answer["effect"], answer["attempts"]) == ("InvalidInput", "none", 1)
    assert [detail["pointer"] for detail in answer["details"]] == ["/text", "/surprise"]
    assert answer["error"] == "/text: Input should be a valid string. (and 1 more)"
    assert EFFECTS == []


def test_thousands_of_problems_do_not_burst_the_answer() -> None:
    answer = _call("orders", **{f"field{number}": 1 for number in range(5_000)})

    assert answer["error"].endswith("(and 4999 more)")
    assert len(answer["details"]) == 100


@pytest.mark.parametrize("name", ["read", "../reads", "READS"])
def test_an_unknown_tool_is_told_with_what_it_may_have_meant(name: str) -> None:
    answer = _call(name)

    assert (answer["error_code"], answer["attempts"], answer["tool_name"]) == ("ToolNotFound", 0, name)
    assert answer["details"][0]["pointer"] == "/tool_name"
    assert "reads" in answer["details"][0]["hint"]


@pytest.mark.parametrize(
    ("event", "code", "pointer"),
    [
        pytest.param(None, "InvalidRequest", "", id="null"),
        pytest.param([], "InvalidRequest", "", id="an array"),
        pytest.param("{}", "InvalidRequest", "", id="text"),
        pytest.param({}, "InvalidRequest", "/tool_name", id="no name"),
        pytest.param({"tool_name": 5}, "InvalidRequest", "/tool_name", id="a number for a name"),
        pytest.param({"tool_name": "reads", "context": []}, "InvalidRequest", "/context", id="context an array"),
        pytest.param({"tool_name": "reads", "context": {"attempt": 0}}, "InvalidRequest", "/context/attempt", id="0"),
        pytest.param(
            {"tool_name": "reads", "context": {"attempt_log": [{"attempt": 1}]}},
            "InvalidRequest", "/context/attempt_log/0/decision", id="half a log",
        ),
        pytest.param(
            {"tool_name": "reads", "context": {"deadline": "noon"}}, "InvalidRequest", "/context/deadline", id="no time"
        ),
        pytest.param(
            {"tool_name": "reads", "context": {"deadline": "2026-11-20T10:00:00"}},
            "InvalidRequest", "/context/deadline", id="a time without zone",
        ),
        pytest.param(
            {"tool_name": "reads", "context": {"session": "x" * 201}},
            "InvalidRequest", "/context/session", id="a long name",
        ),
        pytest.param({"tool_name": "reads", "input": {"a": "\ud800"}}, "InvalidInput", "/a", id="surrogate"),
        pytest.param({"tool_name": "sleeps", "input": {"a": float("nan")}}, "InvalidInput", "/a", id="NaN"),
        pytest.param({"tool_name": "sleeps", "input": {"a": 10**40}}, "InvalidInput", "/a", id="10^40"),
        pytest.param({"tool_name": "reads", "input": []}, "InvalidInput", "", id="input an array"),
        pytest.param({"tool_name": "reads", "input": "x"}, "InvalidInput", "", id="input text"),
    ],
)  # fmt: skip
def test_a_broken_event_is_refused_with_its_place(event: object, code: str, pointer: str) -> None:
    answer = plain_invoker(FakeClock()).invoke(event, "request-1")

    assert (answer["success"], answer["status"], answer["effect"], answer["retryable"]) == (
        False,
        "failed",
        "none",
        False,
    )
    assert answer["error_code"] == code
    assert pointer in [detail["pointer"] for detail in answer["details"]]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.fixed_dictionaries({}, optional={"tool_name": st.sampled_from(["reads", "sets", "x"]) | json_values(),
                                        "input": json_values(), "context": json_values()})
    | json_values()
)  # fmt: skip
def test_any_json_event_is_answered_with_an_envelope(value: object) -> None:
    answer = plain_invoker(FakeClock()).invoke(value, "request-1")

    assert Envelope.model_validate(answer).to_json() == answer


def test_a_context_that_names_no_record_leaves_no_trace(aws: Aws) -> None:
    _call("reads", text="a")

    assert aws.dynamodb.scan(TableName="history")["Count"] == 0


def test_a_second_call_in_the_same_process_sees_nothing_of_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    context = {"call_id": "first", "correlation_id": "first", "attempt": 3, "session": "first"}
    group.lambda_handler({"tool_name": "fails", "input": {"how": "bug"}, "context": context}, LAMBDA_CONTEXT)
    capsys.readouterr()

    answer = group.lambda_handler({"tool_name": "reads", "input": {}}, LAMBDA_CONTEXT)

    printed = capsys.readouterr().out
    assert answer["result"] == {"text": "", "attempt": 1, "call": None}
    assert current_attempt() == AttemptContext()
    assert "first" not in json.dumps(answer) + printed
    assert "fails" not in printed
