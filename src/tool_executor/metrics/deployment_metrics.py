"""A deployment's metrics, read back from CloudWatch."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from tool_contract.metrics import BY_THE_SWEEP, NAMESPACE, STAGE, TOOL, Metric, Unit
from tool_contract.widgets import MAXIMUM, SUM, Series
from tool_executor.aws import translated_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tool_executor.aws import Aws
    from tool_executor.history_statistics import Window

PERCENTILES: Final = ("p50", "p95", "p99")
#: GetMetricData takes as many questions.
_QUESTIONS_AT_ONCE: Final = 500
_LONGEST_PERIOD: Final = 86_400
#: CloudWatch keeps values by the minute for 15 days, by five minutes for 63, then by the hour.
_KEPT: Final = ((timedelta(days=15), 60), (timedelta(days=63), 300))
#: A longer window is asked for in coarser points: sums are the same, and answers are shorter.
_FINE_ENOUGH: Final = ((timedelta(hours=3), 60), (timedelta(days=1), 300))
_HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class ToolFigures:
    """A tool's metrics in a window of time.

    ``sums`` are of counts. ``times`` are percentiles of what is measured in milliseconds: the highest of any day, for
    CloudWatch does not put percentiles of days together.
    """

    sums: Mapping[Metric, float] = field(default_factory=dict)
    times: Mapping[Metric, Mapping[str, float]] = field(default_factory=dict)

    def count(self, metric: Metric) -> int:
        """Return the sum of a count; one of which there is no value is 0."""
        return round(self.sums.get(metric, 0))

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain JSON values, by the metrics' names."""
        counts = {metric.value: round(value) for metric, value in sorted(self.sums.items())}
        return {**counts, **{metric.value: dict(given) for metric, given in sorted(self.times.items())}}


@dataclass(frozen=True, slots=True)
class MetricsReport:
    """The metrics of each tool, and what the last sweep in the window told of the stage."""

    by_tool: Mapping[str, ToolFigures]
    gauges: Mapping[Metric, float]

    def total(self, metric: Metric) -> int:
        """Return the sum over all tools."""
        return sum(figures.count(metric) for figures in self.by_tool.values())

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {
            "by_tool": {name: figures.to_json() for name, figures in self.by_tool.items()},
            "gauges": {metric.value: value for metric, value in sorted(self.gauges.items())},
        }


@dataclass(frozen=True, slots=True)
class Question:
    """Which metric is asked for, and how many seconds of it make one point."""

    series: Series
    period: int

    def asked(self, number: int) -> dict[str, Any]:
        """Return the question as GetMetricData takes it."""
        dimensions = [{"Name": name, "Value": value} for name, value in self.series.dimensions]
        metric = {"Namespace": self.series.namespace, "MetricName": self.series.name, "Dimensions": dimensions}
        return {"Id": f"q{number}", "MetricStat": {"Metric": metric, "Period": self.period, "Stat": self.series.stat}}


@dataclass(frozen=True, slots=True)
class DeploymentMetrics:
    """The metrics of one stage."""

    aws: Aws
    stage: str

    def read(self, window: Window, tool: str | None = None) -> MetricsReport:
        """Return the metrics of a window of time, of one tool or of all that have any.

        CloudWatch has a value about a minute after the function wrote it. The window is of whole minutes.

        Raises ServiceError, CredentialsMissingError.
        """
        now = datetime.now(UTC)
        period = _period(window, now)
        known = [one for one in self.tools() if tool is None or one[0] == tool]
        sums = {
            Question(self.series(metric, SUM, name), period): (name, metric)
            for name, metric in known
            if metric.unit is Unit.COUNT
        }
        times = {
            Question(self.series(metric, stat, name), _whole(window, now)): (name, metric)
            for name, metric in known
            if metric.unit is Unit.MILLISECONDS
            for stat in PERCENTILES
        }
        gauges = {Question(self.series(metric, MAXIMUM), period): metric for metric in BY_THE_SWEEP}
        points = self.points([*sums, *times, *gauges], window)
        return _report(sums, times, gauges, points)

    def series(self, metric: Metric, stat: str, tool: str | None = None) -> Series:
        """Return a metric of a tool, or of the stage alone, as CloudWatch knows it."""
        named = ((TOOL, tool),) if tool else ()
        return Series(namespace=NAMESPACE, name=metric.value, dimensions=((STAGE, self.stage), *named), stat=stat)

    def points(self, questions: Sequence[Question], window: Window) -> dict[Question, dict[datetime, float]]:
        """Return each question's points by the begin of their time; one without values has none.

        Raises ServiceError, CredentialsMissingError.
        """
        with translated_errors():
            return dict(self._answers(questions, window))

    def tools(self) -> list[tuple[str, Metric]]:
        """Return each tool's metrics of which there has been a value. Raises as :meth:`read`."""
        stage = {"Name": STAGE, "Value": self.stage}
        names = {metric.value for metric in Metric}
        with translated_errors():
            pages = self.aws.cloudwatch.get_paginator("list_metrics").paginate(Namespace=NAMESPACE, Dimensions=[stage])
            listed = [metric for page in pages for metric in page["Metrics"] if metric["MetricName"] in names]
        dimensions = [
            ({one["Name"]: one["Value"] for one in each["Dimensions"]}, each["MetricName"]) for each in listed
        ]
        return sorted({(named[TOOL], Metric(name)) for named, name in dimensions if named.keys() == {TOOL, STAGE}})

    def _answers(
        self, questions: Sequence[Question], window: Window
    ) -> Iterator[tuple[Question, dict[datetime, float]]]:
        for begin in range(0, len(questions), _QUESTIONS_AT_ONCE):
            some = questions[begin : begin + _QUESTIONS_AT_ONCE]
            found: defaultdict[str, dict[datetime, float]] = defaultdict(dict)
            pages = self.aws.cloudwatch.get_paginator("get_metric_data").paginate(
                MetricDataQueries=[question.asked(number) for number, question in enumerate(some)],
                StartTime=_minute(window.since, math.floor),
                # What was written in the last minute would be left out otherwise.
                EndTime=_minute(window.until, math.ceil),
                ScanBy="TimestampAscending",
            )
            for page in pages:
                for result in page["MetricDataResults"]:
                    found[result["Id"]].update(zip(result["Timestamps"], result["Values"], strict=True))
            for number, question in enumerate(some):
                yield question, found[f"q{number}"]


def _report(
    sums: Mapping[Question, tuple[str, Metric]],
    times: Mapping[Question, tuple[str, Metric]],
    gauges: Mapping[Question, Metric],
    points: Mapping[Question, Mapping[datetime, float]],
) -> MetricsReport:
    counted: defaultdict[str, dict[Metric, float]] = defaultdict(dict)
    timed: defaultdict[str, defaultdict[Metric, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for question, (tool, metric) in sums.items():
        if points[question]:
            counted[tool][metric] = sum(points[question].values())
    for question, (tool, metric) in times.items():
        if points[question]:
            timed[tool][metric][question.series.stat] = max(points[question].values())
    names = sorted({*counted, *timed})
    last = {metric: points[question][max(points[question])] for question, metric in gauges.items() if points[question]}
    return MetricsReport({name: ToolFigures(counted[name], dict(timed[name])) for name in names}, last)


def _period(window: Window, now: datetime) -> int:
    """Return how many seconds make a point: no fewer than CloudWatch still has of the window's begin."""
    kept = next((seconds for age, seconds in _KEPT if now - window.since < age), _HOUR)
    return max(
        kept, next((seconds for length, seconds in _FINE_ENOUGH if window.until - window.since <= length), _HOUR)
    )


def _whole(window: Window, now: datetime) -> int:
    """Return a period that holds the window, or a day of it; a multiple of what CloudWatch still has."""
    step = _period(window, now)
    # A minute before and after it, because the window is asked for in whole minutes.
    seconds = (window.until - window.since).total_seconds() + 120
    return min(_LONGEST_PERIOD, math.ceil(seconds / step) * step)


def _minute(moment: datetime, rounded: Callable[[float], int]) -> datetime:
    return datetime.fromtimestamp(rounded(moment.timestamp() / 60) * 60, UTC)
