"""How calls that never ended are ended: pure decisions about rows of the history."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from tool_contract.attempt import began_at
from tool_contract.envelope import OPEN_STATUSES, CallStatus
from tool_contract.errors import Effect, ErrorCode
from tool_contract.record import attempt_log_of
from tool_contract.timestamps import iso_from_ms, ms_from_iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class Ending(StrEnum):
    """How the execution of the state machine ended."""

    FINISHED = "finished"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Settlement:
    """The terminal attributes that an open row is to get."""

    call_id: str
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Verdict:
    status: CallStatus
    code: ErrorCode
    sentence: str
    effect: Effect | None = None
    attempts: int | None = None


_SKIPPED: Final = _Verdict(
    CallStatus.SKIPPED, ErrorCode.SKIPPED, "The call was not run: a call before it in the sequence failed."
)
_DEADLINE: Final = _Verdict(
    CallStatus.TIMEOUT, ErrorCode.DEADLINE_EXCEEDED, "The execution's deadline passed before the call ended."
)
_CANCELLED: Final = _Verdict(
    CallStatus.CANCELLED, ErrorCode.CANCELLED, "The execution was stopped before the call ended."
)
_NEVER_BEGUN: Final = _Verdict(
    CallStatus.FAILED, ErrorCode.TOOL_CRASHED, "The call was not begun: its execution came to an end before."
)
_LOST: Final = _Verdict(
    CallStatus.FAILED,
    ErrorCode.TOOL_CRASHED,
    "The call ended without a word of how; its attempt may have had an effect.",
)
_PASSED_OVER: Final = _Verdict(
    CallStatus.FAILED,
    ErrorCode.BAD_TOOL_RESPONSE,
    "The function of the tool answered, and no record was made of it.",
    attempts=1,
)


def settle(
    execution: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    *,
    ending: Ending,
    now_ms: int,
    read_only_tools: frozenset[str],
    unrecorded: Mapping[str, Mapping[str, Any]],
    left: Mapping[str, Mapping[str, Any]],
) -> Iterator[Settlement]:
    """Yield how each open row ends. ``rows`` are the execution's call rows in the order of its calls.

    ``unrecorded`` holds, by call_id, what only the state machine knows: failures that it could not write down, and
    calls whose function answered otherwise than a tool group does; ``left`` the attributes of successes that could
    not be written down either, and outweigh it. Where a record has ended, that stands.
    """
    for row in rows:
        if row["status"] not in OPEN_STATUSES:
            continue
        if row["call_id"] in left:
            yield Settlement(row["call_id"], {"status": CallStatus.SUCCESS, **left[row["call_id"]]})
            continue
        told = unrecorded.get(row["call_id"])
        verdict = _told(told) if told else _verdict(execution, rows, row, ending, now_ms)
        attributes = _attributes(row, verdict, now_ms, row["tool_name"] in read_only_tools)
        # On the direct route nobody but the finisher writes failures down: the client tells them whole.
        yield Settlement(row["call_id"], attributes | (told or {}).get("row", {}))


def _verdict(
    execution: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], row: Mapping[str, Any], ending: Ending, now_ms: int
) -> _Verdict:
    waits_in_sequence = execution["mode"] == "sequence" and row["status"] == CallStatus.PENDING
    if waits_in_sequence and _was_passed_over(rows, row):
        return _PASSED_OVER
    if ending is Ending.CANCELLED:
        return _CANCELLED
    if waits_in_sequence and _stopped_by_failure(rows):
        return _SKIPPED
    if ending is Ending.TIMED_OUT or now_ms >= ms_from_iso(execution["deadline"]):
        return _DEADLINE
    if waits_in_sequence and _is_after_open_call(rows, row):
        return _SKIPPED
    return _LOST if row["status"] != CallStatus.PENDING else _NEVER_BEGUN


def _stopped_by_failure(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a call of a sequence failed otherwise than by the execution's deadline."""
    ended = (row for row in rows if row["status"] not in OPEN_STATUSES and row["status"] != CallStatus.SUCCESS)
    return any(row.get("error_code") != ErrorCode.DEADLINE_EXCEEDED for row in ended)


def _is_after_open_call(rows: Sequence[Mapping[str, Any]], row: Mapping[str, Any]) -> bool:
    """Whether a call before ``row`` is open: it failed, and the state machine could not write that down."""
    return any(other["status"] in OPEN_STATUSES for other in rows[: rows.index(row)])


def _was_passed_over(rows: Sequence[Mapping[str, Any]], row: Mapping[str, Any]) -> bool:
    """Whether a call after ``row`` in its sequence began: then ``row`` was invoked, and its record does not know."""
    return any(other.get("attempts", 0) > 0 for other in rows[rows.index(row) + 1 :])


def _told(failure: Mapping[str, Any]) -> _Verdict:
    return _Verdict(
        CallStatus(failure["status"]),
        ErrorCode(failure["error_code"]),
        failure["error"],
        Effect(failure["effect"]) if "effect" in failure else None,
        failure.get("attempts"),
    )


def _attributes(row: Mapping[str, Any], verdict: _Verdict, now_ms: int, read_only: bool) -> dict[str, Any]:  # noqa: FBT001
    begun = row["status"] != CallStatus.PENDING or verdict.attempts is not None
    log = attempt_log_of(row)
    began = began_at(log) if log else row.get("attempt_started_at", row["started_at"])
    own = verdict.effect or (Effect.UNKNOWN if begun and not read_only else Effect.NONE)
    unknown = own is Effect.UNKNOWN or any(entry.effect is Effect.UNKNOWN for entry in log)
    attempts = {} if verdict.attempts is None else {"attempts": max(verdict.attempts, row.get("attempts", 0))}
    return {
        **attempts,
        "status": verdict.status,
        "error_code": verdict.code,
        "error": verdict.sentence,
        "effect": Effect.UNKNOWN if unknown else Effect.NONE,
        "retryable": False,
        "fallback_used": row.get("fallback_used", False),
        "finished_at": iso_from_ms(now_ms),
        "execution_time_ms": max(0, now_ms - ms_from_iso(began)) if begun else 0,
    }
