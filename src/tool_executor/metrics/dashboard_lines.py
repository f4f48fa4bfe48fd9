"""The widgets of the stack's dashboard, worked out from the metrics' values wherever those are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tool_contract.dashboard import widgets_without_cost
from tool_contract.places import Places
from tool_contract.widgets import SUM, EachTool, Ratio, Series, Total
from tool_executor.metrics.deployment_metrics import Question

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from tool_contract.widgets import Line, Operand, Term, Widget
    from tool_executor.deployment import Deployment
    from tool_executor.history_statistics import Window
    from tool_executor.metrics.deployment_metrics import DeploymentMetrics

#: A window is drawn as about so many points, of whole minutes.
_POINTS: Final = 60

Points = dict["datetime", float]


@dataclass(frozen=True, slots=True)
class DrawnWidget:
    """A widget and its lines' points, by label; a line without a value has none."""

    widget: Widget
    lines: Mapping[str, Points]


def widgets_of(metrics: DeploymentMetrics, deployment: Deployment, window: Window) -> list[DrawnWidget]:
    """Return the dashboard's widgets, with what they show of a window of time.

    What a deployment's outputs do not name is in CloudWatch alone: tables, the dead-letter queue, what an hour costs.
    Raises ServiceError, CredentialsMissingError.
    """
    known: dict[str, list[str]] = {}
    for tool, metric in metrics.tools():
        known.setdefault(metric.value, []).append(tool)
    tools = tuple(sorted({tool for names in known.values() for tool in names}))
    places = Places(
        stage=metrics.stage,
        tools=tools,
        functions=dict.fromkeys(_functions(deployment), 0),
        state_machine_arn=deployment.state_machine_arn,
        express_arn=deployment.outputs.get("ExpressStateMachineArn", ""),
        tables={},
        indexes={},
        dead_letter_queue="",
        log_groups=(),
    )
    seconds = (window.until - window.since).total_seconds()
    values = _Values(metrics, max(60, round(seconds / _POINTS / 60) * 60), known, {})
    widgets = list(widgets_without_cost(places))
    values.ask([line for widget in widgets for line in widget.lines], window)
    return [DrawnWidget(widget, dict(values.lines(widget.lines))) for widget in widgets]


def _functions(deployment: Deployment) -> tuple[str, ...]:
    return (deployment.planner_function, deployment.finisher_function, *deployment.functions.values())


@dataclass(frozen=True, slots=True)
class _Values:
    metrics: DeploymentMetrics
    period: int
    known: Mapping[str, Sequence[str]]
    found: dict[Question, Points]

    def ask(self, lines: Sequence[Line], window: Window) -> None:
        questions = dict.fromkeys(question for line in lines for question in self._questions(line))
        self.found.update(self.metrics.points(list(questions), window))

    def lines(self, lines: Sequence[Line]) -> Iterator[tuple[str, Points]]:
        for line in lines:
            if isinstance(line, EachTool):
                for tool in self.known.get(line.metric.value, ()):
                    yield tool, self.found[self._of_tool(line, tool)]
            else:
                yield line.label, self._worked_out(line)

    def _questions(self, line: Line) -> Iterator[Question]:
        if isinstance(line, EachTool):
            yield from (self._of_tool(line, tool) for tool in self.known.get(line.metric.value, ()))
            return
        for term in _terms(line):
            yield from self._of_operand(term.operand)

    def _of_tool(self, line: EachTool, tool: str) -> Question:
        return Question(self.metrics.series(line.metric, line.stat, tool), self.period)

    def _of_operand(self, operand: Operand) -> list[Question]:
        if isinstance(operand, Series):
            return [Question(operand, self.period)]
        names = self.known.get(operand.metric.value, ())
        return [Question(self.metrics.series(operand.metric, SUM, tool), self.period) for tool in names]

    def _worked_out(self, line: Total | Ratio) -> Points:
        moments = sorted({moment for question in self._questions(line) for moment in self.found[question]})
        values = {moment: line.at(lambda operand, at=moment: self._value(operand, at)) for moment in moments}  # type: ignore[misc]
        return {moment: value for moment, value in values.items() if value is not None}

    def _value(self, operand: Operand, moment: datetime) -> float:
        return sum(self.found[question].get(moment, 0.0) for question in self._of_operand(operand))


def _terms(line: Total | Ratio) -> tuple[Term, ...]:
    return (*line.above, *line.below) if isinstance(line, Ratio) else line.terms
