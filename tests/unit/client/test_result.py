"""Results: immutable, in the words of both interfaces, and the contract's envelope again."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from tool_contract.envelope import Envelope
from tool_executor import ToolExecutionResult, ToolExecutionStatus, ToolFailedError

ENVELOPE = {
    "success": False, "call_id": "c2", "tool_name": "look_up", "status": "failed", "error": "There is no 'x'.",
    "error_code": "NotFound", "retryable": False, "effect": "none",
    "details": [{"pointer": "/code", "message": "There is no 'x'."}], "execution_time_ms": 12.5, "attempts": 2,
    "metadata": {"correlation_id": "k"},
}  # fmt: skip


def test_a_result_is_its_envelope_again() -> None:
    result = ToolExecutionResult.from_envelope(Envelope.model_validate(ENVELOPE), "e1")
    assert result.to_json() == ENVELOPE
    assert (result.execution_id, result.correlation_id) == ("e1", "k")


def test_success_and_failure_in_both_interfaces_words() -> None:
    good = ToolExecutionResult.succeeded("click", {"a": 1}, timedelta(seconds=1.5), 2)
    bad = ToolExecutionResult.failed("navigate", TimeoutError("Page load timeout"), 30, 3)
    assert (good.success, good.is_success(), good.is_failure, good.was_retried) == (True, True, False, True)
    assert (good.execution_duration, good.execution_time_ms, good.attempt_count) == (timedelta(seconds=1.5), 1500, 2)
    assert (bad.status, bad.error, bad.execution_time_ms) == (ToolExecutionStatus.TIMEOUT, "Page load timeout", 30_000)
    assert bad.metadata["error_type"] == "TimeoutError"
    assert ToolExecutionResult.failed("navigate", "no").status is ToolExecutionStatus.FAILED


@pytest.mark.parametrize(
    ("result", "summary"),
    [
        (ToolExecutionResult.succeeded("click", None, 0.25), "click: success (1 attempt, 250 ms)"),
        (
            ToolExecutionResult.succeeded("click", None)
            .with_metadata("cached", value=True)
            .with_metadata("fallback_used", value=True)
            .with_metadata("fallback_index", 1),
            "click: success (1 attempt, 0 ms, cached, fallback 2)",
        ),
        (
            ToolExecutionResult.failed("click", "It is gone.", 1, 4),
            "click: failed (4 attempts, 1000 ms): ToolFailed: It is gone.",
        ),
    ],
)
def test_the_summary_is_one_line(result: ToolExecutionResult, summary: str) -> None:
    assert result.summary == summary


def test_nothing_of_a_result_can_be_set() -> None:
    given = {"a": 1}
    result = dataclasses.replace(ToolExecutionResult.succeeded("click", None), metadata=given)
    given["a"] = 2
    assert result.metadata == {"a": 1}
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.status = ToolExecutionStatus.FAILED  # type: ignore[misc]
    with pytest.raises(TypeError):
        result.metadata["a"] = 3  # type: ignore[index]
    assert result.with_metadata("a", 3).metadata == {"a": 3}


def test_who_wants_an_exception_gets_one() -> None:
    good = ToolExecutionResult.succeeded("click", None)
    assert good.raise_for_failure() is good
    with pytest.raises(ToolFailedError, match="click ended as failed: It is gone") as caught:
        ToolExecutionResult.failed("click", "It is gone.").raise_for_failure()
    assert caught.value.tool_code == "ToolFailed"
