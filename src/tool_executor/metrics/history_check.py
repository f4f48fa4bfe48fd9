"""Metrics held against the records that they tell of."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from tool_contract.call_totals import CallTotals
from tool_contract.envelope import CallStatus
from tool_contract.metrics import Metric, outcome_metric
from tool_executor.history_statistics import HistoryStatistics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tool_executor.aws import Aws
    from tool_executor.deployment import Deployment
    from tool_executor.history_statistics import Window
    from tool_executor.metrics.deployment_metrics import MetricsReport

ALL_TOOLS: Final = "all tools"


@dataclass(frozen=True, slots=True)
class Difference:
    """A sum that the metrics tell and the records do not."""

    tool: str
    metric: Metric
    told: int
    recorded: int

    def to_json(self) -> dict[str, Any]:
        """Return the difference as plain JSON values."""
        return asdict(self)


def differences(
    aws: Aws, deployment: Deployment, report: MetricsReport, window: Window, tool: str | None
) -> list[Difference]:
    """Return where metrics and history differ: calls and outcomes by tool, attempts over all tools.

    Attempts are of the tool that was tried, which a list of calls does not tell; of one tool alone they are not looked
    at. Raises what :class:`HistoryStatistics` raises.
    """
    names = sorted(report.by_tool) if tool is None else [tool]
    totals = HistoryStatistics(aws, deployment).totals(names, window)
    return compared(report, totals, attempts=tool is None)


def compared(report: MetricsReport, totals: Mapping[str, CallTotals], *, attempts: bool) -> list[Difference]:
    """Return where a report and the totals of calls that have ended, by tool, differ."""
    found = []
    for name in sorted({*report.by_tool, *totals}):
        of_tool = totals.get(name, CallTotals())
        recorded = {Metric.CALLS: of_tool["calls"]} | {
            outcome_metric(status): of_tool[status] for status in CallStatus if status.is_terminal
        }
        figures = report.by_tool.get(name)
        for metric, count in recorded.items():
            told = figures.count(metric) if figures else 0
            if told != count:
                found.append(Difference(name, metric, told, count))
    recorded_attempts = sum(each["attempts"] for each in totals.values())
    if attempts and report.total(Metric.ATTEMPTS) != recorded_attempts:
        found.append(Difference(ALL_TOOLS, Metric.ATTEMPTS, report.total(Metric.ATTEMPTS), recorded_attempts))
    return found
