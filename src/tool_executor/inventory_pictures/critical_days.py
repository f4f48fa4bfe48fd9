"""The days at 5 and at 50 %: when a stock-out begins to be likely, and when it is as likely as not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tool_executor.inventory_pictures import date_axis
from tool_executor.inventory_pictures.amounts import short_day
from tool_executor.inventory_pictures.facts import day_of
from tool_executor.pictures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tool_executor.inventory_pictures.facts import Told
    from tool_executor.inventory_pictures.legends import Labelled

#: Level, the risk's field, and the line's dashes.
LEVELS: Final = (
    (0.05, "day_at_5_percent", (0, (1, 1.5))),
    (0.50, "day_at_50_percent", (0, (4, 1.5))),
)


def mark_critical_days(axes: Axes, risk: Told) -> list[Labelled]:
    """Draw a line at each of the two days that there is, and return what explains them."""
    labelled: list[Labelled] = []
    for level, name, dashes in LEVELS:
        if risk[name] is not None:
            day = day_of(risk[name])
            line = axes.axvline(date_axis.number_of(day), color=style.VERMILLION, linewidth=1.6, linestyle=dashes)
            line.set_label(f"{level:.0%} by {short_day(day)}")
            labelled.append(line)
    return labelled
