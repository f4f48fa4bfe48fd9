"""What is written down of attempts, and what an envelope says about them."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tool_contract.attempt import AttemptContext, AttemptEntry, metadata_from_log


def _entry(decision: str, **changes: Any) -> AttemptEntry:
    return AttemptEntry.model_validate(
        {
            "attempt": 1,
            "tool_name": "t",
            "started_at": "2026-11-20T10:00:00.000Z",
            "duration_ms": 5,
            "decision": decision,
        }
        | changes
    )


def test_no_attempts_no_metadata() -> None:
    assert metadata_from_log([]) == {}


def test_a_first_success_has_its_duration_and_nothing_else() -> None:
    assert metadata_from_log([_entry("done", duration_ms=5.06)]) == {"attempt_durations": [5.1]}


def test_retries_have_one_reason_and_one_delay_each_in_milliseconds() -> None:
    log = [
        _entry("retry", error_code="Unavailable", error="Not now.", delay_seconds=1.5),
        _entry("retry", error_code="Throttled", error="No room.", delay_seconds=2, duration_ms=7),
        _entry("done", duration_ms=9),
    ]

    assert metadata_from_log(log) == {
        "retry_reasons": ["Unavailable: Not now.", "Throttled: No room."],
        "retry_delays": [1500, 2000],
        "attempt_durations": [5, 7, 9],
    }


def test_a_fallback_is_counted_from_zero_and_names_why_the_call_itself_failed() -> None:
    log = [
        _entry("retry", error_code="Unavailable", error="First.", delay_seconds=1),
        _entry("fallback", error_code="NotFound", error="Second."),
        _entry("fallback", error_code="Refused", error="Third.", candidate=1),
        _entry("done", candidate=2),
    ]

    metadata = metadata_from_log(log)

    assert (metadata["fallback_used"], metadata["fallback_index"]) == (True, 1)
    assert metadata["primary_error"] == "NotFound: Second."
    assert metadata["attempt_durations"] == [5, 5, 5, 5]
    assert metadata["retry_reasons"] == ["Unavailable: First."]


def test_a_fallback_without_a_log_of_the_call_itself_names_no_primary_error() -> None:
    assert metadata_from_log([_entry("done", candidate=1)]) == {
        "attempt_durations": [5],
        "fallback_used": True,
        "fallback_index": 0,
    }


def test_the_type_of_the_last_error_is_kept_and_not_that_of_an_earlier_one() -> None:
    assert metadata_from_log([_entry("retry", error_type="OSError"), _entry("end", error_type="KeyError")])[
        "error_type"
    ] == ("KeyError")
    assert "error_type" not in metadata_from_log([_entry("retry", error_type="OSError"), _entry("done")])


def test_an_entry_is_written_without_what_does_not_apply() -> None:
    assert _entry("done").to_json() == {
        "attempt": 1, "candidate": 0, "tool_name": "t", "started_at": "2026-11-20T10:00:00.000Z",
        "duration_ms": 5.0, "decision": "done",
    }  # fmt: skip


def test_an_event_without_context_is_the_first_direct_attempt_of_no_record() -> None:
    context = AttemptContext()

    assert (context.route, context.attempt, context.candidate, context.recorded) == ("direct", 1, 0, False)


@pytest.mark.parametrize(
    ("given", "recorded"), [({"execution_id": "e"}, False), ({"execution_id": "e", "call_id": "c"}, True)]
)
def test_an_attempt_belongs_to_a_record_if_both_ids_are_known(given: dict[str, Any], recorded: bool) -> None:  # noqa: FBT001
    assert AttemptContext.model_validate(given).recorded is recorded


def test_a_context_reads_its_log_and_ignores_what_a_newer_caller_adds() -> None:
    log = [_entry("retry", error_code="Throttled").to_json()]

    context = AttemptContext.model_validate({"attempt": 2, "attempt_log": log, "newer": 1})

    assert [entry.to_json() for entry in context.attempt_log] == log


@pytest.mark.parametrize(
    "wrong",
    [
        {"attempt": 0},
        {"attempt": "1"},
        {"candidate": -1},
        {"timeout_seconds": 0},
        {"timeout_seconds": float("inf")},
        {"route": "side"},
        {"attempt_log": {}},
        {"attempt_log": [{}]},
        {"session": "x" * 201},
    ],
)
def test_a_context_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        AttemptContext.model_validate(wrong)
