"""Figures of a window of time: by tool as a table, over time as charts and as a table."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from tool_contract.call_totals import CallTotals, summed
from tool_contract.hourly_totals import hour_ms
from tool_executor.errors import InvalidRequestError
from tool_executor.history_statistics import HistoryStatistics
from tool_executor.statistics import ToolStatistics
from tool_executor.time_window import moment_of
from tool_executor.ui.rendering import render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from tool_executor.history_statistics import Basis
    from tool_executor.ui.place import Found, Place

_DEFAULT_SINCE: Final = "24h"
#: Longer windows are told by days: more points than this are no picture any more.
_MOST_HOURS: Final = 72
_DAY_LENGTH: Final = len("2026-11-20")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the figures are of, as the address says it."""

    tool: str = ""
    correlation_id: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Wanted:
        """Return what an address asks for."""
        return cls(*(query.get(name, "").strip() for name in ("tool", "correlation_id", "since", "until")))


@dataclass(frozen=True, slots=True)
class Point:
    """The calls that began in one hour, or day: ``time_ms`` is its begin, ``label`` its name."""

    time_ms: int
    label: str
    figures: ToolStatistics

    @property
    def others(self) -> int:
        """Calls that were skipped or cancelled."""
        figures = self.figures
        return figures.total_executions - figures.success_count - figures.failure_count - figures.timeout_count


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the page shows."""

    overall: ToolStatistics
    by_tool: dict[str, ToolStatistics]
    basis: Basis
    points: tuple[Point, ...] = ()
    by_day: bool = False


async def statistics(request: Request) -> Response:
    """Show the figures of the window that the address asks for, of the last day where it asks for none."""
    place, wanted = request.app.state.place, Wanted.of(request.query_params)
    figures: Figures | None = None
    problems: list[dict[str, str]] = []
    catalog = await place.catalog()
    try:
        figures = await place.ask(lambda found: _figures(found, place, wanted, datetime.now(UTC)))
    except InvalidRequestError as error:
        problems = error.problems
    return render(
        request,
        "statistics.html",
        400 if problems else 200,
        wanted=wanted,
        figures=figures,
        problems=problems,
        tools=sorted(catalog.by_name),
        default_since=_DEFAULT_SINCE,
    )


def _figures(found: Found, place: Place, wanted: Wanted, now: datetime) -> Figures:
    source = HistoryStatistics(found.aws, found.deployment)
    until = moment_of(wanted.until, now) if wanted.until else None
    if wanted.correlation_id:
        since = moment_of(wanted.since, now) if wanted.since else None
        report = source.query(wanted.tool or None, wanted.correlation_id, since, until, now=now)
        return Figures(report["overall"], report["by_tool"], report["basis"])
    names = [wanted.tool] if wanted.tool else sorted(place.catalog_of(found).by_name)
    begin = moment_of(wanted.since or _DEFAULT_SINCE, now)
    hourly = source.by_hour(names, begin, until, now)
    by_name: defaultdict[str, list[CallTotals]] = defaultdict(list)
    for name, _, totals in hourly["parts"]:
        by_name[name].append(totals)
    added = {name: summed(parts) for name, parts in sorted(by_name.items())}
    by_day = (until or now) - begin > timedelta(hours=_MOST_HOURS)
    return Figures(
        ToolStatistics.from_totals(summed(added.values())),
        {name: ToolStatistics.from_totals(totals) for name, totals in added.items() if totals["calls"]},
        hourly["basis"],
        _points(hourly["parts"], begin, until or now, by_day=by_day),
        by_day,
    )


def _points(parts: list[Any], begin: datetime, end: datetime, *, by_day: bool) -> tuple[Point, ...]:
    """Return the hours, or days, from ``begin`` to ``end``: those without calls too."""
    of_time: defaultdict[str, list[CallTotals]] = defaultdict(list)
    for _, hour, totals in parts:
        of_time[hour[:_DAY_LENGTH] if by_day else hour].append(totals)
    step = timedelta(days=1) if by_day else timedelta(hours=1)
    moment = begin.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    moment = moment.replace(hour=0) if by_day else moment
    points = []
    while moment < end:
        name = f"{moment:%Y-%m-%d}" if by_day else f"{moment:%Y-%m-%dT%H}"
        label = name if by_day else f"{moment:%Y-%m-%d %H}:00"
        begins = hour_ms(f"{name}T00" if by_day else name)
        points.append(Point(begins, label, ToolStatistics.from_totals(summed(of_time[name]))))
        moment += step
    return tuple(points)
