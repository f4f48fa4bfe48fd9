"""The lines of a widget as CloudWatch takes them: metrics, searches, and metric math over both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk.aws_cloudwatch import IMetric, MathExpression, Metric

from tool_contract.metrics import NAMESPACE, STAGE, TOOL
from tool_contract.widgets import SUM, AllTools, EachTool, Line, Operand, Ratio, Series, Term, Total

if TYPE_CHECKING:
    from collections.abc import Iterable


def series_metric(series: Series, *, period: Duration, label: str | None = None) -> Metric:
    """Return the CloudWatch metric that a series is."""
    return Metric(
        namespace=series.namespace,
        metric_name=series.name,
        dimensions_map=dict(series.dimensions),
        statistic=series.stat,
        period=period,
        label=label,
    )


class WidgetLines:
    """The lines of one widget: within it, what a formula is made of has a name of its own each."""

    def __init__(self, *, stage: str, period_seconds: int) -> None:
        """Begin the lines of a widget of `stage`, each point of which is so many seconds."""
        self._stage = stage
        self._period = Duration.seconds(period_seconds)
        self._names: dict[Operand, str] = {}
        self._metrics: dict[str, IMetric] = {}

    def of(self, line: Line) -> IMetric:
        """Return a line."""
        match line:
            case EachTool():
                return self._expression(self._search(line.metric.value, line.stat), "${PROP('Dim.tool')}")
            case Total(label=label, terms=(Term(operand=operand, factor=1.0),)):
                return self._metric(operand, label)
            case Total():
                return self._formula(self._sum(line.terms), line.terms, line.label)
            case Ratio():
                text = f"{line.times:g} * ({self._sum(line.above)}) / ({self._sum(line.below)})"
                return self._formula(text, (*line.above, *line.below), line.label)

    def _sum(self, terms: Iterable[Term]) -> str:
        # A metric without a value would leave the sum without one.
        return " + ".join(f"{_plain(term.factor)}FILL({self._name(term.operand)}, 0)" for term in terms)

    def _formula(self, text: str, terms: Iterable[Term], label: str) -> IMetric:
        used = {self._name(term.operand) for term in terms}
        return MathExpression(
            expression=text,
            using_metrics={name: self._metrics[name] for name in sorted(used)},
            label=label,
            period=self._period,
        )

    def _name(self, operand: Operand) -> str:
        if operand not in self._names:
            name = self._names[operand] = f"m{len(self._names) + 1}"
            self._metrics[name] = self._metric(operand)
        return self._names[operand]

    def _metric(self, operand: Operand, label: str | None = None) -> IMetric:
        if isinstance(operand, AllTools):
            return self._expression(f"SUM({self._search(operand.metric.value, SUM)})", label or operand.metric.value)
        return series_metric(operand, period=self._period, label=label)

    def _expression(self, text: str, label: str) -> IMetric:
        return MathExpression(expression=text, label=label, period=self._period, using_metrics={})

    def _search(self, metric: str, stat: str) -> str:
        what = f'{{{NAMESPACE},{STAGE},{TOOL}}} MetricName="{metric}" {STAGE}="{self._stage}"'
        return f"SEARCH('{what}', '{stat}', {self._period.to_seconds():.0f})"


def _plain(factor: float) -> str:
    """Write a factor out: metric math is not said to know exponents."""
    if factor == 1:
        return ""
    digits = f"{factor:.18f}".rstrip("0").rstrip(".")
    return f"({digits}) * " if factor < 0 else f"{digits} * "
