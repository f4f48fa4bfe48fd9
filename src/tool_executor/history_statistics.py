"""Figures from the history table: of every call in it, whoever made it, by tool, by correlation id, by time window."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Self, TypedDict

from tool_contract.record import EXECUTION_CALL_ID
from tool_executor.errors import InvalidRequestError
from tool_executor.history import Among, History
from tool_executor.statistics import Outcome, ToolStatistics, by_tool

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tool_executor.aws import Aws
    from tool_executor.deployment import Deployment
    from tool_executor.history import Record

#: Each tool and each day is a query of its own.
MAX_WINDOW: Final = timedelta(days=31)
_THREADS: Final = 8


class StatisticsReport(TypedDict):
    """The figures of all calls that were looked at, and of each tool that was asked for."""

    overall: ToolStatistics
    by_tool: dict[str, ToolStatistics]


@dataclass(frozen=True, slots=True)
class Window:
    """The time from ``since`` up to, and without, ``until``: when a call's execution was started."""

    since: datetime
    until: datetime

    @classmethod
    def of(cls, since: datetime | None, until: datetime | None, now: datetime) -> Self:
        """Return the window that is meant; nothing said is today, in UTC. Raises InvalidRequestError."""
        among_of(since, until)
        end = (until or now).astimezone(UTC)
        last_day = (end - timedelta(milliseconds=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        begin = last_day if since is None else since.astimezone(UTC)
        if begin >= end:
            raise _refused(f"It begins at {_told(begin)}, and ends at {_told(end)} already.", "/until")
        if end - begin > MAX_WINDOW:
            days = (end - begin) / timedelta(days=1)
            hint = "Ask for less at a time, or by correlation id."
            raise _refused(f"It is {days:.1f} days long; {MAX_WINDOW.days} are the most.", "/since", hint=hint)
        return cls(begin, end)

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

        Raises:
            InvalidRequestError: the window is over 31 days long, ends before it begins, or has no time zone.
            ServiceError, CredentialsMissingError: DynamoDB refused or did not answer.
        """
        if correlation_id is not None:
            records = self._of_correlation(correlation_id, among_of(since, until))
        else:
            window = Window.of(since, until, now or datetime.now(UTC))
            records = self._of_window(sorted(set(tool_names) if tool_name is None else {tool_name}), window)
        outcomes = [Outcome.from_record(record) for record in records]
        counted = [one for one in outcomes if one.status.is_terminal and tool_name in {None, one.tool_name}]
        return {"overall": ToolStatistics.of(counted), "by_tool": by_tool(counted)}

    def outcomes(self, tool_names: Iterable[str], window: Window) -> list[Outcome]:
        """Return the outcome of each call that asked for one of the tools, and has ended. Raises as :meth:`query`."""
        records = self._of_window(sorted(set(tool_names)), window)
        return [one for one in map(Outcome.from_record, records) if one.status.is_terminal]

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
        return History(self.aws, self.deployment.history_table)


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
