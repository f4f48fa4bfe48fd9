"""The dashboard as a picture: what operators see in CloudWatch, drawn from the same widgets."""

from __future__ import annotations

import math
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from matplotlib import dates
from matplotlib.figure import Figure

from tool_executor.pictures.style import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILLION, own_style

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from matplotlib.axes import Axes

    from tool_executor.history_statistics import Window
    from tool_executor.metrics.dashboard_lines import DrawnWidget

_COLUMNS: Final = 3
_WIDTH_INCHES: Final = 15.0
_ROW_INCHES: Final = 2.6
_COLOURS: Final = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, GREY)
_MOST_NAMED: Final = 7


def draw_dashboard(widgets: Sequence[DrawnWidget], title: str, window: Window) -> Figure:
    """Return a figure with a panel for each widget, over the whole window of time."""
    rows = math.ceil(len(widgets) / _COLUMNS)
    with own_style():
        figure = Figure(figsize=(_WIDTH_INCHES, rows * _ROW_INCHES + 0.6), layout="constrained")
        figure.suptitle(title, x=0.01, ha="left", weight="bold")
        panels = list(figure.subplots(rows, _COLUMNS, squeeze=False).flat)
        for panel, drawn in zip(panels, widgets, strict=False):
            _draw(panel, drawn, window)
        for panel in panels[len(widgets) :]:
            panel.set_axis_off()
    return figure


def _draw(panel: Axes, drawn: DrawnWidget, window: Window) -> None:
    panel.set_title(drawn.widget.title, loc="left", fontsize=10)
    panel.set_ylabel(drawn.widget.shown.value, fontsize=8)
    panel.tick_params(labelsize=8)
    lines = {label: points for label, points in drawn.lines.items() if points}
    for number, (label, points) in enumerate(lines.items()):
        moments = sorted(points)
        times: Any = [_without_zone(moment) for moment in moments]  # matplotlib's types know no dates
        panel.plot(
            times,
            [points[moment] for moment in moments],
            marker="o",
            markersize=3,
            linewidth=1.4,
            color=_COLOURS[number % len(_COLOURS)],
            label=label,
        )
    if not lines:
        panel.text(0.5, 0.5, "no values", transform=panel.transAxes, ha="center", color=GREY)
        panel.set_xticks([])
        panel.set_yticks([])
        return
    highest = max(value for points in lines.values() for value in points.values())
    panel.set_ylim(0, highest * 1.08 or 1)
    panel.set_xlim(*map(_without_zone, (window.since, window.until)))  # type: ignore[arg-type] # as above
    locator = dates.AutoDateLocator(maxticks=5)  # type: ignore[no-untyped-call] # matplotlib's own
    panel.xaxis.set_major_locator(locator)
    panel.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))  # type: ignore[no-untyped-call] # as above
    if len(lines) <= _MOST_NAMED:
        panel.legend(fontsize=7, loc="best")


def _without_zone(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
