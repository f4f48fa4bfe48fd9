"""Metrics are asked for in points that CloudWatch still has, and put together by tool."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tool_contract.metrics import Metric
from tool_executor.history_statistics import Window
from tool_executor.metrics.deployment_metrics import DeploymentMetrics, _period, _whole

NOW = datetime(2026, 11, 20, 12, 0, 30, tzinfo=UTC)


class Pages:
    """A paginator with one page. `asked` is what it was asked for."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.asked: dict[str, Any] = {}

    def paginate(self, **asked: Any) -> list[dict[str, Any]]:
        self.asked = asked
        return [self.page(asked) if callable(self.page) else self.page]


class CloudWatch:
    """Knows two metrics of one tool, and one that is not this project's."""

    def __init__(self) -> None:
        names = [("Calls", {"tool": "ask"}), ("ExecutionTime", {"tool": "ask"}), ("Calls", {"tool": "ask", "x": "y"})]
        self.listed = Pages(
            {"Metrics": [{"MetricName": name, "Dimensions": _named(more | {"stage": "dev"})} for name, more in names]}
        )
        self.data = Pages(self._answers)

    def get_paginator(self, operation: str) -> Pages:
        return {"list_metrics": self.listed, "get_metric_data": self.data}[operation]

    @staticmethod
    def _answers(asked: dict[str, Any]) -> dict[str, Any]:
        begin = asked["StartTime"]
        values = {"Sum": [2.0, 3.0], "Maximum": [9.0, 4.0], "p50": [10.0], "p95": [20.0, 30.0], "p99": []}
        return {
            "MetricDataResults": [
                {
                    "Id": query["Id"],
                    "Timestamps": [begin + timedelta(minutes=number) for number, _ in enumerate(given)],
                    "Values": given,
                }
                for query in asked["MetricDataQueries"]
                for given in [values[query["MetricStat"]["Stat"]]]
            ]
        }


def _named(dimensions: dict[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]


def test_counts_are_summed_up_times_are_the_highest_and_gauges_the_last() -> None:
    aws: Any = type("Aws", (), {"cloudwatch": CloudWatch()})()

    report = DeploymentMetrics(aws, "dev").read(Window(NOW - timedelta(minutes=30), NOW))

    assert report.to_json() == {
        "by_tool": {"ask": {"Calls": 5, "ExecutionTime": {"p50": 10.0, "p95": 30.0}}},
        "gauges": {"OldestOpenSeconds": 4.0, "OpenCircuits": 4.0, "OpenExecutions": 4.0},
    }
    assert report.total(Metric.CALLS) == 5


def test_the_window_is_of_whole_minutes() -> None:
    """CloudWatch leaves out what was written in a minute that has only begun otherwise."""
    cloudwatch = CloudWatch()
    aws: Any = type("Aws", (), {"cloudwatch": cloudwatch})()

    DeploymentMetrics(aws, "dev").read(Window(NOW - timedelta(minutes=30), NOW))

    asked = cloudwatch.data.asked
    assert (asked["StartTime"], asked["EndTime"]) == (
        datetime(2026, 11, 20, 11, 30, tzinfo=UTC),
        datetime(2026, 11, 20, 12, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("ago", "length", "period", "whole"),
    [
        (timedelta(hours=1), timedelta(hours=1), 60, 3_720),
        (timedelta(hours=24), timedelta(hours=24), 300, 86_400),
        (timedelta(days=14), timedelta(days=14), 3_600, 86_400),
        (timedelta(days=20), timedelta(hours=1), 300, 3_900),
        (timedelta(days=100), timedelta(hours=1), 3_600, 7_200),
    ],
)
def test_no_point_is_finer_than_what_cloudwatch_has_kept(
    ago: timedelta, length: timedelta, period: int, whole: int
) -> None:
    window = Window(NOW - ago, NOW - ago + length)

    assert (_period(window, NOW), _whole(window, NOW)) == (period, whole)
