"""What came back from Lambda, as the workflow's catchers would put it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tool_executor.direct.function_answer import FunctionAnswer, NoAnswer, read_answer, unanswered
from tool_executor.direct.iteration import AttemptFailure, Candidate, Iteration

if TYPE_CHECKING:
    from tool_contract.envelope import Envelope

READS = Candidate("look", "arn:f", 30, read_only=True, repeatable=True, delays=())
ACTS = Candidate("act", "arn:f", 30, read_only=False, repeatable=False, delays=())


def at(candidate: Candidate, attempt: int = 1) -> Iteration:
    return Iteration("c1", (candidate,), attempt=attempt)


def told(outcome: Envelope | AttemptFailure) -> tuple[Any, ...]:
    assert isinstance(outcome, AttemptFailure)
    return outcome.error_code.value, outcome.status.value, outcome.retryable, outcome.effect.value, outcome.begun


def raised(name: str) -> bytes:
    return json.dumps({"errorType": name, "errorMessage": "said"}).encode()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (FunctionAnswer(429, b"", None, "Lambda.TooManyRequestsException"),
         ("Throttled", "failed", True, "none", False)),
        (FunctionAnswer(404, b"", None, "Lambda.ResourceNotFoundException"),
         ("Misconfigured", "failed", False, "none", False)),
        (FunctionAnswer(403, b"<html>"), ("Misconfigured", "failed", False, "none", False)),
        (FunctionAnswer(500, b""), ("ToolCrashed", "failed", True, "unknown", True)),
        (FunctionAnswer(200, raised("Runtime.ExitError"), "Unhandled"),
         ("ToolCrashed", "failed", True, "unknown", True)),
        (FunctionAnswer(200, raised("Sandbox.Timedout"), "Unhandled"),
         ("ToolTimeout", "timeout", True, "unknown", True)),
        (FunctionAnswer(200, b"null"), ("BadToolResponse", "failed", False, "unknown", True)),
        (FunctionAnswer(200, b"\xff"), ("BadToolResponse", "failed", False, "unknown", True)),
        (FunctionAnswer(200, b"NaN"), ("BadToolResponse", "failed", False, "unknown", True)),
        (FunctionAnswer(200, b'{"success": true}'), ("BadToolResponse", "failed", False, "unknown", True)),
    ],
)  # fmt: skip
def test_each_answer_is_the_failure_that_the_workflow_makes_of_it(
    answer: FunctionAnswer, expected: tuple[Any, ...]
) -> None:
    assert told(read_answer(answer, at(ACTS), 5.0)) == expected
    code, status, again, effect, begun = expected
    harmless = "none" if begun else effect
    assert told(read_answer(answer, at(READS), 5.0)) == (code, status, again, harmless, begun)


def test_what_was_not_sent_had_no_effect_and_what_was_may_have() -> None:
    refused = unanswered(NoAnswer("ClientConnectorError", sent=False), at(ACTS), 5.0)
    lost = unanswered(NoAnswer("ServerDisconnectedError", sent=True), at(ACTS), 5.0)
    late = unanswered(NoAnswer("the answer took too long", sent=True, timed_out=True), at(ACTS), 5.0)
    assert told(refused) == ("Unavailable", "failed", True, "none", False)
    assert told(lost) == ("ToolCrashed", "failed", True, "unknown", True)
    assert told(late) == ("ToolTimeout", "timeout", True, "unknown", True)


@pytest.mark.parametrize("attempts", [1, 2])
def test_an_attempt_that_the_tool_says_did_not_begin_is_not_counted(attempts: int) -> None:
    envelope = {
        "success": False, "call_id": "c1", "tool_name": "act", "status": "failed", "error": "Not now.",
        "error_code": "RateLimited", "retryable": True, "effect": "none", "retry_after_seconds": 2.5,
        "details": [{"pointer": "/a", "message": "Not now."}], "execution_time_ms": 3.0, "attempts": attempts,
        "metadata": {"error_type": "TooManyOrders"},
    }  # fmt: skip
    failure = read_answer(FunctionAnswer(200, json.dumps(envelope).encode()), at(ACTS, attempt=2), 5.0)
    assert isinstance(failure, AttemptFailure)
    assert (failure.begun, failure.retry_after_seconds, failure.error_type) == (attempts == 2, 2.5, "TooManyOrders")
    assert failure.details == ({"pointer": "/a", "message": "Not now."},)


@given(status=st.integers(200, 599), body=st.binary(max_size=200), error=st.none() | st.text(max_size=20))
def test_no_answer_is_too_odd_to_be_read(status: int, body: bytes, error: str | None) -> None:
    outcome = read_answer(FunctionAnswer(status, body, error), at(ACTS), 5.0)
    assert isinstance(outcome, AttemptFailure)
