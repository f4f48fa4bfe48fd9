"""Figures from the history table: of every call in it, whoever made it, by tool, by correlation id, by time window."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Self, TypedDict

from tool_contract.call_totals import TIME_ERROR, CallTotals, summed
from tool_contract.hourly_totals import HOUR_MS, TOTALS_TTL_DAYS, hour_of
from tool_contract.record import EXECUTION_CALL_ID, asked_tool
from tool_contract.timestamps import iso_from_ms
from tool_executor.errors import InvalidRequestError
from tool_executor.history import Among, History
from tool_executor.hourly_totals import HourlyTotals, Hours
from tool_executor.statistics import Outcome, ToolStatistics, by_tool

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tool_executor.aws import Aws
    from tool_executor.deployment import Deployment
    from tool_executor.history import Record

#: The longest window of rows: each tool and each day is a query of its own.
MAX_WINDOW: Final = timedelta(days=31)
#: The longest window of totals, which are kept so long.
MAX_COUNTED_WINDOW: Final = timedelta(days=TOTALS_TTL_DAYS)
#: An hour with more calls than these is not read row by row for a part of it: all of it is taken.
MAX_EDGE_CALLS: Final = 20_000
#: Records older than this may have expired (the shortest that a stage keeps them is 30 days, unless it says otherwise).
RECORDS_LAST: Final = timedelta(days=29)
_HOUR: Final = timedelta(hours=1)
_THREADS: Final = 8


class Basis(TypedDict):
    """What figures are of: ISO 8601 times in UTC; None is no bound.

    ``since`` and ``until`` are the window's, widened to a whole hour where that has very many calls, or records too old
    to be sure that they are there. From
    ``by_hour_since`` to ``by_hour_until`` totals tell it, of executions that have ended; the rest is told by records.
    ``percentile_error`` is how far percentiles may be off, as a share of them.
    """

    since: str | None
    until: str | None
    by_hour_since: str | None
    by_hour_until: str | None
    percentile_error: float


class StatisticsReport(TypedDict):
    """The figures of all calls that were looked at, of each tool that was asked for, and what they are of."""

    overall: ToolStatistics
    by_tool: dict[str, ToolStatistics]
    basis: Basis


class HourlyReport(TypedDict):
    """Totals by tool and hour (``2026-11-20T10``, UTC), of each in any number of parts, which add up."""

    parts: list[tuple[str, str, CallTotals]]
    basis: Basis


@dataclass(frozen=True, slots=True)
class Window:
    """The time from ``since`` up to, and without, ``until``: when a call's execution was started."""

    since: datetime
    until: datetime

    @classmethod
    def of(cls, since: datetime | None, until: datetime | None, now: datetime, longest: timedelta = MAX_WINDOW) -> Self:
        """Return the window that is meant; nothing said is today, in UTC. Raises InvalidRequestError."""
        among_of(since, until)
        end = (until or now).astimezone(UTC)
        before = end - min(timedelta(milliseconds=1), end - datetime.min.replace(tzinfo=UTC))
        last_day = before.replace(hour=0, minute=0, second=0, microsecond=0)
        begin = last_day if since is None else since.astimezone(UTC)
        if begin >= end:
            raise _refused(f"It begins at {_told(begin)}, and ends at {_told(end)} already.", "/until")
        cls(begin, end).require_at_most(longest)
        return cls(begin, end)

    def require_at_most(self, longest: timedelta, told: str = "It is") -> None:
        """Raise InvalidRequestError where the window is longer."""
        if self.until - self.since > longest:
            days = (self.until - self.since) / timedelta(days=1)
            hint = "Ask for less at a time, or by correlation id."
            raise _refused(f"{told} {days:.1f} days long; {longest.days} are the most.", "/since", hint=hint)

    @property
    def days(self) -> list[str]:
        """The days (``2026-11-20``, UTC) that the window touches."""
        last = (self.until - timedelta(milliseconds=1)).date()
        first = self.since.date()
        return [f"{first + timedelta(days=number)}" for number in range((last - first).days + 1)]

    @property
    def among(self) -> Among:
        """The window as the history takes it."""
        return among_of(self.since, self.until)


@dataclass(frozen=True, slots=True)
class _Sources:
    """What tells a window: totals of whole hours, rows before and after them."""

    rows: tuple[Window, ...]
    hours: Hours | None = None

    @classmethod
    def of(cls, window: Window, counted_since_ms: int | None, now: datetime) -> Self:
        """Return what tells a window. The hour of ``now`` is whole: nothing has begun after it."""
        if counted_since_ms is None:
            return cls((window,))
        counted = datetime.fromtimestamp(counted_since_ms / 1000, UTC)
        begin = max(_hour_after(window.since), counted)
        end = _hour_after(window.until) if window.until >= now else _hour_before(window.until)
        if begin >= end:
            return cls((window,))
        rows = (Window(window.since, min(begin, window.until)), Window(end, window.until))
        return cls(tuple(part for part in rows if part.since < part.until), Hours(_ms(begin), _ms(end)))


@dataclass(frozen=True, slots=True)
class HistoryStatistics:
    """Figures of one deployment."""

    aws: Aws
    deployment: Deployment

    def query(
        self,
        tool_name: str | None = None,
        correlation_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        *,
        tool_names: Iterable[str] = (),
        now: datetime | None = None,
    ) -> StatisticsReport:
        """Return the figures of calls that have ended, of executions that were started in a window of time.

        Nothing said is today, in UTC, of the tools ``tool_names``. With a correlation id they are of all its calls,
        whenever that was. A call counts for the tool that was asked for, also where a fallback answered.

        Whole hours are told by totals, which count an execution's calls when it has ended; the rest by records.

        Raises:
            InvalidRequestError: the window is over 400 days long, or what records must tell of it over 31; it ends
                before it begins, or has no time zone.
            ServiceError, CredentialsMissingError: DynamoDB refused or did not answer.
        """
        if correlation_id is not None:
            records = self._of_correlation(correlation_id, among_of(since, until))
            return _of_records(records, tool_name, _basis(since, until, None))
        moment = now or datetime.now(UTC)
        names = sorted(set(tool_names) if tool_name is None else {tool_name})
        window, sources = self._sources(names, Window.of(since, until, moment, MAX_COUNTED_WINDOW), moment)
        basis = _basis(window.since, window.until, sources.hours)
        if sources.hours is None:
            return _of_records(self._of_window(names, window), tool_name, basis)
        totals = self._added(names, sources)
        by_name = {name: ToolStatistics.from_totals(each) for name, each in sorted(totals.items()) if each["calls"]}
        return {"overall": ToolStatistics.from_totals(summed(totals.values())), "by_tool": by_name, "basis": basis}

    def by_hour(
        self,
        tool_names: Iterable[str],
        since: datetime | None = None,
        until: datetime | None = None,
        now: datetime | None = None,
    ) -> HourlyReport:
        """Return the totals of each hour and tool, for pictures over time. Costs and raises as :meth:`query`."""
        names, moment = sorted(set(tool_names)), now or datetime.now(UTC)
        window, sources = self._sources(names, Window.of(since, until, moment, MAX_COUNTED_WINDOW), moment)
        parts = [] if sources.hours is None else self._hourly.by_hour(names, sources.hours)
        records = [record for part in sources.rows for record in self._of_window(names, part)]
        parts += [(asked_tool(record), hour_of(record["started_at"]), CallTotals.of([record])) for record in records]
        return {"parts": parts, "basis": _basis(window.since, window.until, sources.hours)}

    def totals(self, tool_names: Iterable[str], window: Window, now: datetime | None = None) -> dict[str, CallTotals]:
        """Return the totals of calls by the tool that was asked for. Raises as :meth:`query`."""
        names, moment = sorted(set(tool_names)), now or datetime.now(UTC)
        return self._added(names, _Sources.of(window, self._hourly.counted_since_ms(), moment))

    def _sources(self, tool_names: list[str], window: Window, now: datetime) -> tuple[Window, _Sources]:
        """Return what tells the window, which is widened to whole hours where these are too much to read."""
        counted_since_ms = self._hourly.counted_since_ms()
        if counted_since_ms is not None:
            window = Window(
                self._edge(tool_names, window.since, counted_since_ms, _hour_before(window.since), now),
                window.until
                if window.until >= now
                else self._edge(tool_names, window.until, counted_since_ms, _hour_after(window.until), now),
            )
        sources = _Sources.of(window, counted_since_ms, now)
        for part in sources.rows:
            part.require_at_most(MAX_WINDOW, "What was not counted by the hour, and lies in it, is")
        return window, sources

    def _edge(
        self, tool_names: list[str], edge: datetime, counted_since_ms: int, widened: datetime, now: datetime
    ) -> datetime:
        begin_ms = _ms(_hour_before(edge))
        if widened == edge or begin_ms < counted_since_ms:
            return edge
        if now - edge > RECORDS_LAST:
            return widened
        hour = self._hourly.of(tool_names, Hours(begin_ms, begin_ms + HOUR_MS))
        return widened if sum(totals["calls"] for _, totals in hour) > MAX_EDGE_CALLS else edge

    def _added(self, tool_names: list[str], sources: _Sources) -> dict[str, CallTotals]:
        parts = [] if sources.hours is None else self._hourly.of(tool_names, sources.hours)
        records = [record for window in sources.rows for record in self._of_window(tool_names, window)]
        parts += [(asked_tool(record), CallTotals.of([record])) for record in records]
        of_tool: defaultdict[str, list[CallTotals]] = defaultdict(list)
        for name, totals in parts:
            of_tool[name].append(totals)
        return {name: summed(each) for name, each in of_tool.items()}

    def _of_correlation(self, correlation_id: str, among: Among) -> list[Record]:
        listed = self._history.by_correlation(correlation_id, None, among)
        return [record for record in listed if record["call_id"] != EXECUTION_CALL_ID]

    def _of_window(self, tool_names: list[str], window: Window) -> list[Record]:
        history, among = self._history, window.among
        _ = self.aws.dynamodb  # made once, before threads share it
        wanted = [(tool_name, day) for tool_name in tool_names for day in window.days]
        with ThreadPoolExecutor(_THREADS) as threads:
            parts = threads.map(lambda one: history.by_tool(one[0], one[1], None, among), wanted)
            return [record for part in parts for record in part]

    @property
    def _history(self) -> History:
        return History.of(self.aws, self.deployment)

    @property
    def _hourly(self) -> HourlyTotals:
        return HourlyTotals(self.aws, self.deployment)


def _of_records(records: list[Record], tool_name: str | None, basis: Basis) -> StatisticsReport:
    outcomes = [Outcome.from_record(record) for record in records]
    counted = [one for one in outcomes if one.status.is_terminal and tool_name in {None, one.tool_name}]
    return {"overall": ToolStatistics.of(counted), "by_tool": by_tool(counted), "basis": basis}


def _basis(since: datetime | None, until: datetime | None, hours: Hours | None) -> Basis:
    return {
        "since": None if since is None else iso_from_ms(_ms(since)),
        "until": None if until is None else iso_from_ms(_ms(until)),
        "by_hour_since": None if hours is None else iso_from_ms(hours.begin_ms),
        "by_hour_until": None if hours is None else iso_from_ms(hours.end_ms),
        "percentile_error": 0.0 if hours is None else TIME_ERROR,
    }


def _hour_before(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _hour_after(moment: datetime) -> datetime:
    begin = _hour_before(moment)
    return begin if begin == moment else begin + _HOUR


def among_of(since: datetime | None, until: datetime | None, status: str | None = None) -> Among:
    """Return which rows are meant; None is no bound. Raises InvalidRequestError for a time without a time zone."""
    for name, moment in (("since", since), ("until", until)):
        if not isinstance(moment, (datetime, type(None))):
            raise _refused(f"It should be a datetime with a time zone, not a {type(moment).__name__}.", f"/{name}")
        if moment is not None and moment.tzinfo is None:
            raise _refused("This time has no time zone.", f"/{name}")
    return Among(status, None if since is None else _ms(since), None if until is None else _ms(until))


def _refused(message: str, pointer: str, hint: str | None = None) -> InvalidRequestError:
    problem = {"pointer": pointer, "message": message, "error_code": InvalidRequestError.code}
    return InvalidRequestError("The window of time cannot be used.", [problem], hint=hint)


def _told(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="seconds")


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
