"""The dashboard's widgets are worked out from metrics as CloudWatch would, and drawn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tool_contract.metrics import NAMESPACE, STAGE, TOOL, Metric
from tool_executor.deployment import Deployment
from tool_executor.history_statistics import Window
from tool_executor.metrics.dashboard_lines import widgets_of
from tool_executor.metrics.dashboard_picture import draw_dashboard
from tool_executor.metrics.deployment_metrics import DeploymentMetrics, Question
from tool_executor.pictures.picture_file import save_picture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BEGIN = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
DEPLOYMENT = Deployment(
    "arn:aws:states:eu-west-1:1:stateMachine:m", "h", "s", "b", "planner", "finisher", {"g": "group"}
)
WINDOW = Window(BEGIN, BEGIN + timedelta(minutes=30))
#: Values by tool and metric, in the first minute and the second.
VALUES: dict[tuple[str, Metric], tuple[float, ...]] = {
    ("ask", Metric.CALLS): (4, 1),
    ("ask", Metric.CALLS_SUCCESS): (3,),
    ("ask", Metric.ATTEMPTS): (6, 1),
    ("answer", Metric.CALLS): (6,),
    ("answer", Metric.CALLS_SUCCESS): (6,),
    ("ask", Metric.EXECUTION_TIME): (120.0, 80.0),
}


class Told(DeploymentMetrics):
    """Metrics without CloudWatch."""

    def tools(self) -> list[tuple[str, Metric]]:
        return sorted(VALUES)

    def points(self, questions: Sequence[Question], window: Window) -> dict[Question, dict[datetime, float]]:
        return {question: self._points(question, window) for question in questions}

    def _points(self, question: Question, window: Window) -> dict[datetime, float]:
        dimensions = dict(question.series.dimensions)
        assert all(dimensions.values())  # CloudWatch refuses an empty one
        if question.series.namespace != NAMESPACE:
            return {window.since: 2.0} if question.series.name in {"Errors", "ExecutionsStarted"} else {}
        assert dimensions[STAGE] == self.stage
        values = VALUES.get((dimensions.get(TOOL, ""), Metric(question.series.name)), ())
        return {window.since + timedelta(minutes=number): value for number, value in enumerate(values)}


@pytest.fixture
def lines() -> dict[str, dict[str, list[float]]]:
    nothing: Any = None
    drawn = widgets_of(Told(nothing, "dev"), DEPLOYMENT, WINDOW)
    return {one.widget.title: {label: list(points.values()) for label, points in one.lines.items()} for one in drawn}


def test_a_rate_is_of_sums_and_of_each_tool(lines: dict[str, dict[str, list[float]]]) -> None:
    """A minute in which nothing succeeded is 0, and no gap; one in which nothing was called is none."""
    assert lines["Success rate"] == {"all tools": [90.0, 0.0], "ask": [75.0, 0.0], "answer": [100.0]}


def test_counts_are_added_up_over_tools(lines: dict[str, dict[str, list[float]]]) -> None:
    assert lines["Calls by outcome"]["CallsSuccess"] == [9.0]
    assert lines["Calls by outcome"]["CallsFailed"] == []


def test_times_have_a_line_for_each_tool_that_has_any(lines: dict[str, dict[str, list[float]]]) -> None:
    assert lines["Execution time, p95"] == {"ask": [120.0, 80.0]}


def test_services_own_metrics_are_those_of_the_deployment(lines: dict[str, dict[str, list[float]]]) -> None:
    assert lines["Executions of the state machine"]["started"] == [2.0]
    (errors,) = [shown for title, shown in lines.items() if title.startswith("Errors of functions")]
    assert errors == {"planner": [2.0], "finisher": [2.0], "group": [2.0]}


def test_the_picture_is_drawn_whatever_has_no_values(tmp_path: Path) -> None:
    nothing: Any = None
    drawn = widgets_of(Told(nothing, "dev"), DEPLOYMENT, WINDOW)
    file = tmp_path / "dashboard.png"

    save_picture(draw_dashboard(drawn, "dev", WINDOW), file)

    assert file.read_bytes().startswith(b"\x89PNG")
