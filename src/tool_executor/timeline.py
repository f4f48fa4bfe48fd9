"""What happened when in an execution, from its records: the calls' waits and attempts on one axis of time. Pure."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from tool_contract.envelope import CallStatus
from tool_contract.errors import ErrorCode
from tool_contract.record import EXECUTION_CALL_ID, asked_tool, attempt_log_of, overtaken_hedge
from tool_contract.timestamps import ms_from_iso

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tool_contract.attempt import AttemptEntry
    from tool_executor.history import Record


class Kind(StrEnum):
    """What a stretch of a call's time was. The values are the letters that it is drawn with."""

    QUEUED = "."
    BACKOFF = "-"
    SUCCEEDED = "s"
    CACHED = "c"
    REPLAYED = "r"
    FAILED = "f"
    TIMED_OUT = "t"
    CUT_OFF = "x"
    OVERTAKEN = "o"
    RUNNING = "="

    @property
    def is_wait(self) -> bool:
        """Whether nothing ran."""
        return self in {Kind.QUEUED, Kind.BACKOFF}


#: What each kind of stretch is called in a legend.
MEANINGS: Final = {
    Kind.QUEUED: "waits to begin",
    Kind.BACKOFF: "waits for the next attempt",
    Kind.SUCCEEDED: "answered",
    Kind.CACHED: "from the cache",
    Kind.REPLAYED: "replayed",
    Kind.FAILED: "failed",
    Kind.TIMED_OUT: "timed out",
    Kind.CUT_OFF: "cut off",
    Kind.OVERTAKEN: "left for the attempt beside it",
    Kind.RUNNING: "runs",
}

_TIMEOUTS: Final = frozenset({ErrorCode.TOOL_TIMEOUT, ErrorCode.DEADLINE_EXCEEDED})
_ANSWERED: Final = {
    "done": Kind.SUCCEEDED,
    "cached": Kind.CACHED,
    "replayed": Kind.REPLAYED,
    "overtaken": Kind.OVERTAKEN,
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a call's time, in milliseconds since the execution's start. ``candidate`` 0 is the call itself."""

    kind: Kind
    from_ms: float
    to_ms: float
    candidate: int = 0

    @property
    def letter(self) -> str:
        """What it is drawn with: a capital where it is of a fallback."""
        return self.kind.value.upper() if self.candidate else self.kind.value


@dataclass(frozen=True, slots=True)
class CallLine:
    """A call's line of the picture. ``began_ms`` is None of a call that never did; ``after`` ended before it began."""

    record: Record
    log: tuple[AttemptEntry, ...]
    stretches: tuple[Stretch, ...]
    began_ms: float | None
    ended_ms: float | None
    after: str | None = None
    after_ms: float = 0.0

    @property
    def call_id(self) -> str:
        """The call's id."""
        return str(self.record["call_id"])

    @property
    def tool_name(self) -> str:
        """The tool that was asked for."""
        return asked_tool(self.record)

    @property
    def status(self) -> CallStatus:
        """Where the call stands."""
        return CallStatus(self.record["status"])

    @property
    def is_eventful(self) -> bool:
        """Whether there is more to tell than that it ran and succeeded."""
        refers = "resolved_candidate" in self.record
        return refers or self.status is not CallStatus.SUCCESS or [entry.decision for entry in self.log] != ["done"]


@dataclass(frozen=True, slots=True)
class Timeline:
    """An execution's calls over ``length_ms`` milliseconds."""

    execution: Record | None
    lines: tuple[CallLine, ...] = field(default_factory=tuple)
    length_ms: float = 0.0
    started_ms: int = 0


def timeline_of(records: Sequence[Record], now_ms: int) -> Timeline:
    """Return the timeline of an execution's records; what is open lasts until now."""
    own = next((record for record in records if record["call_id"] == EXECUTION_CALL_ID), None)
    calls = [record for record in records if record is not own]
    started_ms = ms_from_iso((own or calls[0])["started_at"])
    lines = [_line(record, started_ms, max(now_ms, started_ms)) for record in calls]
    in_sequence = own is not None and own.get("mode") == "sequence"
    lines = _with_predecessors(lines, in_sequence=in_sequence)
    ends = [stretch.to_ms for line in lines for stretch in line.stretches]
    if own is not None and "finished_at" in own:
        ends.append(ms_from_iso(own["finished_at"]) - started_ms)
    return Timeline(own, tuple(lines), max(1.0, *ends) if ends else 1.0, started_ms)


def _line(record: Record, started_ms: int, now_ms: int) -> CallLine:
    log = _log(record)
    ended_ms = float(ms_from_iso(record["finished_at"]) - started_ms) if "finished_at" in record else None
    until = float(now_ms - started_ms) if ended_ms is None else ended_ms
    stretches = [_attempt(entry, started_ms) for entry in log]
    unlogged = _unlogged(record, log, started_ms, until)
    stretches += [unlogged] if unlogged else []
    began_ms = min((stretch.from_ms for stretch in stretches), default=None)
    waits = _waits(stretches, log, record, until)
    return CallLine(record, log, tuple(sorted([*waits, *stretches], key=_by_time)), began_ms, ended_ms)


def _log(record: Record) -> tuple[AttemptEntry, ...]:
    """Return the attempts with the hedge that the answer's log has no line of; the answer stands last."""
    log = attempt_log_of(record)
    hedge = overtaken_hedge(record, log)
    return log if hedge is None else (*log[:-1], hedge, log[-1])


def _attempt(entry: AttemptEntry, started_ms: int) -> Stretch:
    begin = float(max(0, ms_from_iso(entry.started_at) - started_ms))
    kind = _ANSWERED.get(entry.decision) or (Kind.TIMED_OUT if entry.error_code in _TIMEOUTS else Kind.FAILED)
    return Stretch(kind, begin, begin + entry.duration_ms, entry.candidate)


def _unlogged(record: Record, log: Sequence[AttemptEntry], started_ms: int, until: float) -> Stretch | None:
    """Return the attempt that no log tells of: it runs, or was cut off by the execution's end."""
    if "attempt_started_at" not in record or (log and log[-1].decision not in {"retry", "fallback"}):
        return None
    begin = float(max(0, ms_from_iso(record["attempt_started_at"]) - started_ms))
    if log and int(record["attempts"]) <= log[-1].attempt and begin < _attempt(log[-1], started_ms).to_ms:
        return None
    kind = Kind.CUT_OFF if CallStatus(record["status"]).is_terminal else Kind.RUNNING
    return Stretch(kind, begin, max(begin, until), 1 if record.get("fallback_used") else 0)


def _waits(attempts: Sequence[Stretch], log: Sequence[AttemptEntry], record: Record, until: float) -> list[Stretch]:
    if not attempts:
        return [] if record["status"] == CallStatus.SKIPPED else [Stretch(Kind.QUEUED, 0, until)]
    waits = [Stretch(Kind.QUEUED, 0, min(attempt.from_ms for attempt in attempts))]
    for before, after in itertools.pairwise(attempts):
        waits.append(Stretch(Kind.BACKOFF, before.to_ms, after.from_ms))
    if len(attempts) == len(log) and log[-1].decision in {"retry", "fallback"}:
        waits.append(Stretch(Kind.BACKOFF, attempts[-1].to_ms, until))
    return [wait for wait in waits if wait.to_ms > wait.from_ms]


def _by_time(stretch: Stretch) -> tuple[float, float]:
    return stretch.from_ms, stretch.to_ms


def _with_predecessors(lines: list[CallLine], *, in_sequence: bool) -> list[CallLine]:
    """Tell of each call after which other it began: the one before it in a sequence, else whose place it took."""
    taken: set[str] = set()
    after: dict[str, CallLine] = {}
    for line in sorted((line for line in lines if line.began_ms is not None), key=lambda one: one.began_ms or 0):
        began = line.began_ms or 0
        ended = [other for other in lines if other.ended_ms is not None and other.ended_ms <= began]
        if in_sequence:
            free = [other for other in ended if other.record["position"] == line.record["position"] - 1]
        else:
            free = [other for other in ended if other.call_id not in taken]
        if free:
            after[line.call_id] = last = max(free, key=lambda other: other.ended_ms or 0)
            taken.add(last.call_id)
    return [_after(line, after.get(line.call_id)) for line in lines]


def _after(line: CallLine, other: CallLine | None) -> CallLine:
    return line if other is None else replace(line, after=other.call_id, after_ms=other.ended_ms or 0.0)
