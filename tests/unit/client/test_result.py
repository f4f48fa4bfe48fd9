"""Results: immutable, in the words of both interfaces, and the contract's envelope again."""

from __future__ import annotations

import dataclasses
import json
import math
from datetime import timedelta

import pytest

from tool_contract.envelope import Envelope
from tool_contract.errors import ErrorCode
from tool_executor import ToolExecutionResult, ToolExecutionStatus, ToolFailedError
from tool_executor.result import told_without_its_error

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


def test_what_is_no_json_in_a_stand_in_is_told_as_text() -> None:
    class Odd:
        def __str__(self) -> str:
            return "odd"

    given = {"a": [Odd(), (1, math.inf)], 5: {"b": None, "c": True}}
    told = {"a": ["odd", [1, "inf"]], "5": {"b": None, "c": True}}
    shown = ToolExecutionResult.succeeded("click", given).with_metadata("mine", given).to_json()
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown
    assert (shown["result"], shown["metadata"]["mine"]) == (told, told)


def test_what_to_json_returns_is_no_part_of_the_result() -> None:
    result = ToolExecutionResult.succeeded("click", {"a": [1]})
    result.to_json()["result"]["a"].append(2)
    assert result.result == {"a": [1]}


def test_what_a_log_says_of_a_failure_is_all_but_the_tools_sentence() -> None:
    result = dataclasses.replace(
        ToolExecutionResult.failed("look_up", "There is no 'a secret input'."),
        call_id="c2", execution_id="e1", error_code=ErrorCode.NOT_FOUND,
    )  # fmt: skip
    assert told_without_its_error(result) == "look_up: failed (1 attempt): NotFound; call c2 of execution e1"
