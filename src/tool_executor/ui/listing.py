"""Which executions and calls a list shows: what is asked for, read page by page, each with a cursor to the next."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Self

from tool_contract.problems import shortened
from tool_contract.timestamps import ms_from_iso
from tool_executor.errors import InvalidRequestError
from tool_executor.history import Among
from tool_executor.history_statistics import Window
from tool_executor.time_window import moment_of
from tool_executor.ui.strange_records import filled, is_moment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tool_executor.history import History, Record

#: Before it there are no days.
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
PAGE_ROWS: Final = 25
#: How far back a list looks where nothing is said: a query for each day that has to be looked at.
DEFAULT_SINCE: Final = "7d"
STATUSES: Final = ("open", "succeeded", "partial", "failed", "timeout", "cancelled")
CALL_STATUSES: Final = ("success", "failed", "timeout", "skipped", "cancelled", "pending", "running", "retrying")
#: The last second of the year 9999: later there are no days.
_LAST_MS: Final = 253_402_300_799_000
_CURSOR: Final = re.compile(r"(\d{1,15})-(\d{1,5})")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: at rows started at ``ms``, after so many of them, or earlier."""

    ms: int
    seen: int

    @classmethod
    def parsed(cls, text: str) -> Self | None:
        """Return the cursor that an address holds; None for the first page. Raises InvalidRequestError."""
        if not text:
            return None
        match = _CURSOR.fullmatch(text)
        if match is None or int(match[1]) > _LAST_MS:
            problem = {"pointer": "/after", "message": f"{shortened(text)!r} is no place in a list."}
            raise InvalidRequestError("The list cannot be shown.", [problem], hint="Begin at its first page.")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def behind(cls, rows: list[Record], before: Cursor | None) -> Self:
        """Return the cursor of the page after ``rows``, which are newest first."""
        last = ms_from_iso(rows[-1]["started_at"])
        same = sum(ms_from_iso(row["started_at"]) == last for row in rows)
        return cls(last, same + (before.seen if before is not None and before.ms == last else 0))

    def __str__(self) -> str:
        return f"{self.ms}-{self.seen}"


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is asked for, as the address says it; empty is not said."""

    tool: str = ""
    status: str = ""
    correlation_id: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """Return the filter that an address holds."""
        names = ("tool", "status", "correlation_id", "since", "until")
        return cls(**{name: query.get(name, "").strip() for name in names})

    @property
    def is_said(self) -> bool:
        """Whether anything is asked for."""
        return self != Filter()

    @property
    def of_calls(self) -> bool:
        """Whether the list is of calls; else it is of executions."""
        return bool(self.tool)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list. ``following`` is the cursor of the next one, None of the last.

    ``unplaced`` are rows whose start is no time: a list that is sorted by it has no place for them.
    """

    rows: list[Record]
    following: Cursor | None
    unplaced: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """Reads the pages of one list."""

    history: History
    wanted: Filter
    now: datetime

    def page(self, cursor: Cursor | None) -> Page:
        """Return a page. Raises InvalidRequestError, ServiceError, CredentialsMissingError."""
        skipped = 0 if cursor is None else cursor.seen
        read = [filled(row) for row in self._rows(cursor, PAGE_ROWS + skipped + 1)[skipped:]]
        shown = [row for row in read[:PAGE_ROWS] if is_moment(row.get("started_at"))]
        unplaced = tuple(row for row in read[:PAGE_ROWS] if row not in shown)
        more = len(read) > PAGE_ROWS and bool(shown)
        following = Cursor.behind(shown, cursor) if more else None
        if self.wanted.correlation_id and not self.wanted.of_calls:
            shown = self.history.with_own_records(shown)
        return Page(shown, following, unplaced)

    def _rows(self, cursor: Cursor | None, limit: int) -> list[Record]:
        if self.wanted.status == "open" and not self.wanted.of_calls and not self.wanted.correlation_id:
            opened = sorted(
                self.history.open_executions(1000), key=lambda row: str(row.get("started_at")), reverse=True
            )
            return [{"status": "running", **row} for row in opened if self._is_meant(row, cursor)][:limit]
        until_ms = None if cursor is None else cursor.ms + 1
        if self.wanted.correlation_id:
            return self._of_correlation(until_ms, limit)
        window = self._window()
        end_ms = min(filter(None, (until_ms, _ms(window.until) if self.wanted.until else None)), default=None)
        rows: list[Record] = []
        last_day = None if end_ms is None else f"{datetime.fromtimestamp((end_ms - 1) / 1000, UTC):%Y-%m-%d}"
        for day in reversed(window.days):
            room = limit - len(rows)
            if room <= 0 or (last_day is not None and day > last_day):
                continue
            rows += self._of_day(day, room, self._among(_ms(window.since), end_ms))
        return rows

    def _is_meant(self, row: Record, cursor: Cursor | None) -> bool:
        """Whether one that runs is of the window; where none is said, however long ago it began."""
        if not is_moment(row.get("started_at")):
            return cursor is None
        began = ms_from_iso(row["started_at"])
        since = moment_of(self.wanted.since, self.now) if self.wanted.since else None
        until = moment_of(self.wanted.until, self.now) if self.wanted.until else None
        if cursor is not None and began > cursor.ms:
            return False
        return (since is None or began >= _ms(since)) and (until is None or began < _ms(until))

    def _of_day(self, day: str, limit: int, among: Among) -> list[Record]:
        if self.wanted.of_calls:
            return self.history.by_tool(self.wanted.tool, day, limit, among)
        return self.history.by_day(day, limit, among)

    def _of_correlation(self, until_ms: int | None, limit: int) -> list[Record]:
        since = _ms(self._window().since) if self.wanted.since else None
        said = _ms(self._window().until) if self.wanted.until else None
        among = Among(
            self._status,
            since,
            min(filter(None, (until_ms, said)), default=None),
            only_executions=not self.wanted.of_calls,
            tool=self.wanted.tool or None,
        )
        return self.history.by_correlation(self.wanted.correlation_id, limit, among)

    def _among(self, since_ms: int, until_ms: int | None) -> Among:
        return Among(self._status, since_ms, until_ms)

    @property
    def _status(self) -> str | None:
        return {"": None, "open": "running"}.get(self.wanted.status, self.wanted.status)

    def _window(self) -> Window:
        begin = moment_of(self.wanted.since or DEFAULT_SINCE, self.now)
        end = moment_of(self.wanted.until, self.now) if self.wanted.until else None
        if end is not None and not self.wanted.since:
            begin = end - min(timedelta(days=7), end - _FIRST)
        return Window.of(begin, end, self.now)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
