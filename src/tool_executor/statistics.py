"""Figures of many calls: how many succeeded, how long they took, how often they were retried."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

from tool_contract.envelope import CallStatus
from tool_contract.record import asked_tool

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tool_contract.call_totals import CallTotals
    from tool_executor.history import Record


@dataclass(frozen=True, slots=True)
class Outcome:
    """What statistics need to know of one call that has ended. Times are milliseconds."""

    tool_name: str
    status: CallStatus
    execution_time_ms: float
    attempts: int
    fallback_used: bool = False
    cached: bool = False

    @classmethod
    def from_record(cls, record: Record) -> Self:
        """Return a record's outcome. The tool is the one that was asked for."""
        return cls(
            tool_name=asked_tool(record),
            status=CallStatus(record["status"]),
            execution_time_ms=float(record.get("execution_time_ms", 0)),
            attempts=int(record.get("attempts", 0)),
            fallback_used=bool(record.get("fallback_used", False)),
            cached=bool(record.get("cached", False)),
        )


@dataclass(frozen=True, slots=True)
class ToolStatistics:
    """Counts, rates in percent, times in milliseconds.

    ``failure_count`` is of failures that are no timeouts; calls that were skipped or cancelled are in
    ``total_executions`` alone. Times are of calls that ran. ``p50_ms`` is the least time that half of them did not
    exceed, and so on. Rates and times of no calls are 0.
    """

    total_executions: int
    success_count: int
    failure_count: int
    timeout_count: int
    success_rate: float
    avg_execution_time_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    avg_attempts: float
    retry_rate: float
    fallback_rate: float
    cache_hits: int

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> Self:
        """Return the figures of calls; those that have not ended do not count."""
        ended = [outcome for outcome in outcomes if outcome.status.is_terminal]
        counts = Counter(outcome.status for outcome in ended)
        ran = [outcome for outcome in ended if outcome.attempts > 0]
        times = sorted(outcome.execution_time_ms for outcome in ran)
        return cls(
            total_executions=len(ended),
            success_count=counts[CallStatus.SUCCESS],
            failure_count=counts[CallStatus.FAILED],
            timeout_count=counts[CallStatus.TIMEOUT],
            success_rate=_percent(counts[CallStatus.SUCCESS], len(ended)),
            avg_execution_time_ms=_mean(times),
            p50_ms=_percentile(times, 0.5),
            p95_ms=_percentile(times, 0.95),
            p99_ms=_percentile(times, 0.99),
            avg_attempts=_mean([outcome.attempts for outcome in ran]),
            retry_rate=_percent(sum(outcome.attempts > 1 for outcome in ran), len(ran)),
            fallback_rate=_percent(sum(outcome.fallback_used for outcome in ran), len(ran)),
            cache_hits=sum(outcome.cached for outcome in ended),
        )

    @classmethod
    def from_totals(cls, totals: CallTotals) -> Self:
        """Return the figures of calls that were added up: the percentiles are within 5 % of the true ones."""
        ended, ran = totals["calls"], totals["ran"]
        return cls(
            total_executions=ended,
            success_count=totals["success"],
            failure_count=totals["failed"],
            timeout_count=totals["timeout"],
            success_rate=_percent(totals["success"], ended),
            avg_execution_time_ms=round(totals["time_us"] / ran / 1000, 3) if ran else 0.0,
            p50_ms=totals.percentile(0.5),
            p95_ms=totals.percentile(0.95),
            p99_ms=totals.percentile(0.99),
            avg_attempts=round(totals["attempts"] / ran, 3) if ran else 0.0,
            retry_rate=_percent(totals["retried"], ran),
            fallback_rate=_percent(totals["fallback"], ran),
            cache_hits=totals["cached"],
        )

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain JSON values."""
        return asdict(self)


def by_tool(outcomes: Iterable[Outcome]) -> dict[str, ToolStatistics]:
    """Return the figures of each tool, by name in alphabetical order."""
    listed = list(outcomes)
    names = sorted({outcome.tool_name for outcome in listed})
    return {name: ToolStatistics.of(one for one in listed if one.tool_name == name) for name in names}


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 3) if values else 0.0


def _percentile(ordered: Sequence[float], share: float) -> float:
    """Return the value at a share of an ordered list, by the nearest-rank method: always one of the values."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0
