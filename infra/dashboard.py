"""The dashboard of a stage, drawn from `tool_contract.dashboard`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import Duration, Stack
from aws_cdk.aws_cloudwatch import Dashboard, GraphWidget, YAxisProps
from constructs import Construct

from infra.list_prices import list_prices
from infra.metric_lines import WidgetLines
from tool_contract.dashboard import dashboard

if TYPE_CHECKING:
    from tool_contract.places import Places
    from tool_contract.widgets import Widget

_IN_A_ROW: Final = 3
_WIDTH: Final = 24 // _IN_A_ROW
_HEIGHT: Final = 6


class StageDashboard(Construct):
    """The dashboard named after the stack."""

    def __init__(self, scope: Construct, construct_id: str, *, places: Places) -> None:
        """Create the dashboard of what is found at `places`."""
        super().__init__(scope, construct_id)
        graphs = [_graph(widget, places.stage) for widget in dashboard(places, list_prices())]
        self.dashboard = Dashboard(
            self,
            "Dashboard",
            dashboard_name=Stack.of(self).stack_name,
            default_interval=Duration.hours(3),
            widgets=[graphs[begin : begin + _IN_A_ROW] for begin in range(0, len(graphs), _IN_A_ROW)],
        )


def _graph(widget: Widget, stage: str) -> GraphWidget:
    lines = WidgetLines(stage=stage, period_seconds=widget.period_seconds)
    return GraphWidget(
        title=widget.title,
        left=[lines.of(line) for line in widget.lines],
        left_y_axis=YAxisProps(label=widget.shown.value, show_units=False, min=0),
        period=Duration.seconds(widget.period_seconds),
        width=_WIDTH,
        height=_HEIGHT,
    )
