"""Where metrics and history differ is told, and only there."""

from __future__ import annotations

from tool_contract.call_totals import CallTotals
from tool_contract.metrics import Metric
from tool_executor.metrics.deployment_metrics import MetricsReport, ToolFigures
from tool_executor.metrics.history_check import ALL_TOOLS, Difference, compared

OUTCOMES = {
    "ask": CallTotals.of([{"status": "success", "attempts": 2}, {"status": "failed", "attempts": 1}]),
    "answer": CallTotals.of([{"status": "skipped"}]),
}


def report(**changes: float) -> MetricsReport:
    ask = {Metric.CALLS: 2, Metric.CALLS_SUCCESS: 1, Metric.CALLS_FAILED: 1, Metric.ATTEMPTS: 3}
    answer = {Metric.CALLS: 1, Metric.CALLS_SKIPPED: 1}
    changed = {Metric(name): value for name, value in changes.items()}
    return MetricsReport({"ask": ToolFigures(ask | changed), "answer": ToolFigures(answer)}, {})


def test_what_agrees_has_no_differences() -> None:
    assert compared(report(), OUTCOMES, attempts=True) == []


def test_a_call_that_was_counted_twice_is_found() -> None:
    assert compared(report(Calls=3), OUTCOMES, attempts=True) == [Difference("ask", Metric.CALLS, 3, 2)]


def test_attempts_are_compared_over_all_tools() -> None:
    found = compared(report(Attempts=4), OUTCOMES, attempts=True)

    assert found == [Difference(ALL_TOOLS, Metric.ATTEMPTS, 4, 3)]
    assert compared(report(Attempts=4), OUTCOMES, attempts=False) == []


def test_a_tool_of_which_there_are_no_metrics_is_found() -> None:
    totals = {**OUTCOMES, "third": CallTotals.of([{"status": "cancelled"}])}

    assert compared(report(), totals, attempts=True) == [
        Difference("third", Metric.CALLS, 0, 1),
        Difference("third", Metric.CALLS_CANCELLED, 0, 1),
    ]
