"""A deployment's metrics, read back from CloudWatch."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from tool_contract.metrics import BY_THE_SWEEP, NAMESPACE, STAGE, TOOL, Metric, Unit
from tool_executor.aws import translated_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tool_executor.aws import Aws
    from tool_executor.history_statistics import Window

PERCENTILES: Final = ("p50", "p95", "p99")
#: GetMetricData takes as many questions.
_QUESTIONS_AT_ONCE: Final = 500
_LONGEST_PERIOD: Final = 86_400
#: How long CloudWatch keeps values apart by so many seconds; beyond the last, by an hour.
_KEPT_APART: Final = ((timedelta(hours=3), 60), (timedelta(days=1), 300))


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
class _Question:
    metric: Metric
    stat: str
    period: int
    tool: str | None = None

    def asked(self, number: int, stage: str) -> dict[str, Any]:
        named = {STAGE: stage, **({TOOL: self.tool} if self.tool else {})}
        dimensions = [{"Name": name, "Value": value} for name, value in named.items()]
        metric = {"Namespace": NAMESPACE, "MetricName": self.metric.value, "Dimensions": dimensions}
        return {"Id": f"q{number}", "MetricStat": {"Metric": metric, "Period": self.period, "Stat": self.stat}}


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
        period = _period(window)
        known = [one for one in self._tools() if tool is None or one[0] == tool]
        questions = [
            *(_Question(metric, "Sum", period, name) for name, metric in known if metric.unit is Unit.COUNT),
            *(
                _Question(metric, stat, _whole(window), name)
                for name, metric in known
                if metric.unit is Unit.MILLISECONDS
                for stat in PERCENTILES
            ),
            *(_Question(metric, "Maximum", period) for metric in BY_THE_SWEEP),
        ]
        with translated_errors():
            return _report(self._answers(questions, window))

    def _tools(self) -> list[tuple[str, Metric]]:
        """Return each tool's metrics of which there has been a value."""
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
        self, questions: Sequence[_Question], window: Window
    ) -> Iterator[tuple[_Question, list[tuple[datetime, float]]]]:
        for begin in range(0, len(questions), _QUESTIONS_AT_ONCE):
            some = questions[begin : begin + _QUESTIONS_AT_ONCE]
            found: defaultdict[str, list[tuple[datetime, float]]] = defaultdict(list)
            pages = self.aws.cloudwatch.get_paginator("get_metric_data").paginate(
                MetricDataQueries=[question.asked(number, self.stage) for number, question in enumerate(some)],
                StartTime=_minute(window.since, math.floor),
                # What was written in the last minute would be left out otherwise.
                EndTime=_minute(window.until, math.ceil),
                ScanBy="TimestampAscending",
            )
            for page in pages:
                for result in page["MetricDataResults"]:
                    found[result["Id"]].extend(zip(result["Timestamps"], result["Values"], strict=True))
            for number, question in enumerate(some):
                yield question, found[f"q{number}"]


def _report(answers: Iterable[tuple[_Question, list[tuple[datetime, float]]]]) -> MetricsReport:
    sums: defaultdict[str, dict[Metric, float]] = defaultdict(dict)
    times: defaultdict[str, defaultdict[Metric, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    gauges = {}
    for question, values in answers:
        if not values:
            continue
        if question.tool is None:
            gauges[question.metric] = max(values)[1]
        elif question.stat == "Sum":
            sums[question.tool][question.metric] = sum(value for _, value in values)
        else:
            times[question.tool][question.metric][question.stat] = max(value for _, value in values)
    names = sorted({*sums, *times})
    return MetricsReport({name: ToolFigures(sums[name], dict(times[name])) for name in names}, gauges)


def _period(window: Window) -> int:
    length = window.until - window.since
    return next((seconds for limit, seconds in _KEPT_APART if length <= limit), 3600)


def _whole(window: Window) -> int:
    """Return a period that holds the window, or a day of it."""
    seconds = (window.until - window.since).total_seconds() + 120
    return min(_LONGEST_PERIOD, math.ceil(seconds / 60) * 60)


def _minute(moment: datetime, rounded: Callable[[float], int]) -> datetime:
    return datetime.fromtimestamp(rounded(moment.timestamp() / 60) * 60, UTC)
