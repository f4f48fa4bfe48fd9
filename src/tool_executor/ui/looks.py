"""One execution as the page shows it: its records, or what Step Functions says while there are none."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tool_contract.envelope import CallStatus
from tool_contract.record import EXECUTION_CALL_ID
from tool_executor.attempt_words import call_words
from tool_executor.console_links import is_on_aws, links_of
from tool_executor.errors import ExecutionNotFoundError
from tool_executor.execution import Runner
from tool_executor.timeline import Timeline, timeline_of
from tool_executor.ui.picture import PictureLine, legend_of, picture_of
from tool_executor.ui.strange_records import UNREADABLE, filled, is_moment
from tool_executor.unplanned import still_runs, unplanned_execution

if TYPE_CHECKING:
    from tool_executor.execution import Execution
    from tool_executor.history import Record
    from tool_executor.ui.place import Found

#: How far apart a page looks at an execution that runs: each look reads all of its records.
_FEW_CALLS: Final = 25
_MANY_CALLS: Final = 100
_BUSY_MS: Final = 60_000
_NO_TIME: Final = "1970-01-01T00:00:00.000Z"


@dataclass(frozen=True, slots=True)
class Look:
    """An execution at one moment.

    ``own`` is None while it is being planned: then there is no timeline either. With one, its own record has expired
    before those of its calls. ``unreadable`` are records that no line can be made of.
    """

    execution_id: str
    own: Record | None
    timeline: Timeline | None
    lines: tuple[PictureLine, ...]
    links: dict[str, str]
    unreadable: tuple[Record, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.timeline is None or (self.own is not None and "open" in self.own)

    @property
    def status(self) -> str:
        """Where the execution stands."""
        if self.own is None:
            return "planning" if self.timeline is None else "expired"
        return str(self.own["status"])

    @property
    def ended(self) -> int:
        """How many of its calls have ended."""
        return sum(CallStatus(line.record["status"]).is_terminal for line in self.lines)

    @property
    def sentence(self) -> str:
        """How it stands, to be read aloud when it changes."""
        if self.own is None:
            return "The execution is being planned." if self.is_open else "The execution's record has expired."
        if self.is_open:
            return f"Running: {self.ended} of {self.own['calls']} calls have ended."
        return f"Ended: {self.status}; {self._succeeded} of {self.own['calls']} calls succeeded."

    @property
    def poll_seconds(self) -> int:
        """How long to wait before the next look."""
        if self.own is None or self.timeline is None:
            return 1
        pause = 1 if len(self.lines) <= _FEW_CALLS else 2 if len(self.lines) <= _MANY_CALLS else 5
        return pause if self.timeline.length_ms < _BUSY_MS else 3 * pause

    @property
    def legend(self) -> list[tuple[str, str]]:
        """The kinds of stretches that are drawn, each with its meaning."""
        return legend_of(self.lines)

    @property
    def _succeeded(self) -> int:
        return sum(line.record["status"] == CallStatus.SUCCESS for line in self.lines)


def look_at(found: Found, execution_id: str) -> Look:
    """Return an execution as it stands. One query; one more request while it is being planned.

    Raises ExecutionNotFoundError, InvalidRequestError of one that the planner has refused, ServiceError.
    """
    records = _records(found, execution_id)
    if not records:
        return Look(execution_id, None, None, (), {})
    own, calls = _own_of(records), [record for record in records if not _is_own(record)]
    unreadable: tuple[Record, ...] = ()
    try:
        timeline, lines = _drawn(own, calls)
    except UNREADABLE:
        readable = [record for record in calls if _is_readable(record)]
        unreadable = tuple(record for record in calls if record not in readable)
        timeline, lines = _drawn(own, readable)
    links = links_of(own) if own is not None and is_on_aws(found.aws) else {}
    return Look(execution_id, own, timeline, lines, links, unreadable)


def _drawn(own: Record | None, calls: list[Record]) -> tuple[Timeline, tuple[PictureLine, ...]]:
    records = calls if own is None else [own, *calls]
    timeline = timeline_of(records, time.time_ns() // 1_000_000) if records else Timeline(None)
    lines = (picture_of(line, timeline.length_ms, list(call_words(line))) for line in timeline.lines)
    return timeline, tuple(lines)


def _is_readable(record: Record) -> bool:
    """Whether a line can be made of a call's record: a version to come, or a hand, may have written it."""
    try:
        _, (line,) = _drawn(None, [record])
        return bool(line.record["position"] >= 0 and CallStatus(line.record["status"]))
    except UNREADABLE:
        return False


def _own_of(records: list[Record]) -> Record | None:
    """Return an execution's own record with what the page needs of it, unsaid where it is not there."""
    own = next(filter(_is_own, records), None)
    if own is None:
        return None
    said = {"mode": "unknown mode", "calls": len(records) - 1, **filled(own)}
    if not is_moment(said.get("started_at")):
        said["started_at"] = next(filter(is_moment, (one.get("started_at") for one in records)), _NO_TIME)
    return said


def _is_own(record: Record) -> bool:
    return bool(record["call_id"] == EXECUTION_CALL_ID)


def _records(found: Found, execution_id: str) -> list[Record]:
    if execution_id.startswith("#"):  # totals lie in the same table
        raise ExecutionNotFoundError("No execution has such an id.")
    records = found.history.execution(execution_id)
    if any(map(_is_own, records)):
        return records
    runner, execution = Runner(found.aws, found.deployment), unplanned_execution(found.deployment, execution_id)
    if _still_runs(runner, execution, has_calls=bool(records)):
        return []
    records = found.history.execution(execution_id)
    if not records:
        runner.output(execution)  # it was refused: this raises why
        raise ExecutionNotFoundError(f"The history holds no execution {execution_id!r} any more.")
    return records


def _still_runs(runner: Runner, execution: Execution, *, has_calls: bool) -> bool:
    """Whether it is being planned. Step Functions forgets an execution, too: then there are its calls alone."""
    try:
        return still_runs(runner, execution)
    except ExecutionNotFoundError:
        if has_calls:
            return False
        raise
