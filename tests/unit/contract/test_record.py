"""The history row of a call, and the envelope that it amounts to."""

from __future__ import annotations

from typing import Any

import pytest

from tool_contract import strict_json
from tool_contract.envelope import CallStatus
from tool_contract.record import attempt_log_of, envelope_from_record
from tool_contract.shards import tool_day


def _entry(**changes: Any) -> dict[str, Any]:
    return {
        "attempt": 1, "candidate": 0, "tool_name": "look_up", "started_at": "2026-11-20T10:00:00.000Z",
        "duration_ms": 12.34, "decision": "end", **changes,
    }  # fmt: skip


def _row(**changes: Any) -> dict[str, Any]:
    return {
        "execution_id": "e",
        "call_id": "c1",
        "correlation_id": "k",
        "tool_name": "look_up",
        "attempts": 1,
        **changes,
    }


def test_a_success_holds_its_result_and_the_executors_metadata() -> None:
    row = _row(
        status="success", result='{"a":[1,null]}', execution_time_ms=150.5,
        metadata='{"mine":1,"correlation_id":"not"}',
        attempt_log=strict_json.dumps([_entry(decision="done")]),
    )  # fmt: skip

    assert envelope_from_record(row).to_json() == {
        "success": True, "call_id": "c1", "tool_name": "look_up", "status": "success", "result": {"a": [1, None]},
        "execution_time_ms": 150.5, "attempts": 1,
        "metadata": {"mine": 1, "correlation_id": "k", "attempt_durations": [12.3]},
    }  # fmt: skip


def test_a_success_with_a_large_result_holds_the_reference() -> None:
    ref = {"bucket": "b", "key": "k", "bytes": 9, "sha256": "0" * 64}

    envelope = envelope_from_record(_row(status="success", result_ref=strict_json.dumps(ref)))

    assert envelope.to_json()["result_ref"] == ref
    assert envelope.result is None


def test_a_failure_holds_what_went_wrong() -> None:
    row = _row(
        status="failed", error="No.", error_code="NotFound", retryable=False, effect="none", execution_time_ms=3,
        details='[{"pointer":"/a","message":"No.","hint":"Look."}]',
        attempt_log=strict_json.dumps(
            [_entry(error_code="NotFound", error="No.", error_type="NoSuchPage", effect="none")]
        ),
    )  # fmt: skip

    assert envelope_from_record(row).to_json() == {
        "success": False, "call_id": "c1", "tool_name": "look_up", "status": "failed", "error": "No.",
        "error_code": "NotFound", "retryable": False, "effect": "none",
        "details": [{"pointer": "/a", "message": "No.", "hint": "Look."}], "execution_time_ms": 3.0, "attempts": 1,
        "metadata": {"correlation_id": "k", "attempt_durations": [12.3], "error_type": "NoSuchPage"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "code"), [("timeout", "DeadlineExceeded"), ("skipped", "Skipped"), ("cancelled", "Cancelled")]
)
def test_what_the_finisher_ended_is_a_failure_with_its_status(status: str, code: str) -> None:
    envelope = envelope_from_record(_row(status=status, error="Why.", error_code=code, effect="unknown", attempts=0))

    assert (envelope.success, envelope.status, envelope.error_code, envelope.attempts) == (False, status, code, 0)
    assert envelope.effect == "unknown"


@pytest.mark.parametrize("status", [status for status in CallStatus if not status.is_terminal])
def test_an_open_call_is_no_success_and_says_so(status: CallStatus) -> None:
    envelope = envelope_from_record(_row(status=status.value))

    assert (envelope.success, envelope.error_code, envelope.retryable) == (False, "InProgress", True)
    assert str(status) in str(envelope.error)


def test_the_executions_own_record_is_no_call() -> None:
    with pytest.raises(KeyError):
        envelope_from_record({"execution_id": "e", "call_id": "#execution", "correlation_id": "k", "status": "running"})


def test_a_record_without_a_log_tells_of_no_attempt() -> None:
    assert attempt_log_of(_row(status="pending")) == ()


def test_the_key_of_the_index_by_tool_ends_with_its_shard() -> None:
    assert tool_day("forecast_demand", "2026-11-20") == "forecast_demand#2026-11-20#0"
