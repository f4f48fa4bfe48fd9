"""The upper panels: demand as it was recorded, and as it is forecast."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from tool_executor.inventory_pictures import date_axis
from tool_executor.inventory_pictures.facts import day_of
from tool_executor.inventory_pictures.legends import put_legend
from tool_executor.pictures import style

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from tool_executor.inventory_pictures.facts import ProductFacts, Told
    from tool_executor.inventory_pictures.legends import Labelled

_HALF: Final = 0.5
#: With more bars than this there is no room for gaps, and with more days none for thick lines.
_BARS_WITH_GAPS: Final = 250
_DAYS_WITH_THICK_LINE: Final = 60
_LEFT_OUT: Final = "left out: out of stock, promotion, no record"


def draw_recorded(axes: Axes, recorded: Told, inches: float) -> None:
    """Draw recorded demand as bars; days that were left out of the forecast are shaded and pale."""
    quantities: Sequence[float] = recorded["quantities"]
    left_out = set(recorded["left_out"])
    first = date_axis.number_of(day_of(recorded["first_day"]))
    width = 0.86 if len(quantities) <= _BARS_WITH_GAPS else 1.0
    labelled: list[Labelled] = []
    for kept, colour, label in ((True, style.GREY, "recorded demand"), (False, style.PALE_GREY, _LEFT_OUT)):
        offsets = [offset for offset in range(len(quantities)) if (offset not in left_out) is kept]
        if offsets:
            days = [first + offset for offset in offsets]
            heights = [quantities[offset] for offset in offsets]
            labelled.append(axes.bar(days, heights, width, color=colour, label=label))
    for start, end in _runs(sorted(left_out)):
        axes.axvspan(first + start - _HALF, first + end + _HALF, color=style.SHADE, linewidth=0, zorder=0)
    if not any(quantities):
        date_axis.say(axes, "no demand in these days")
    date_axis.set_up(axes, first - _HALF, first + len(quantities) - _HALF, inches)
    put_legend(axes, labelled, inches)


def draw_fan(axes: Axes, facts: ProductFacts, inches: float) -> None:
    """Draw the forecast of each day: mean, median, and what lies between the 10 and the 90 % quantile."""
    days = facts.forecast["days"]
    start = date_axis.number_of(facts.as_of) + _HALF
    edges = [start + step for step in range(len(days) + 1)]
    mean, low, middle, high = ([day[name] for day in days] for name in ("mean", "p10", "p50", "p90"))
    thickness = 1.0 if len(days) <= _DAYS_WITH_THICK_LINE else 0.6
    band = axes.stairs(high, edges, baseline=low, fill=True, label="10 to 90%")
    band.set(facecolor=style.SKY, alpha=0.5, linewidth=0)
    line = axes.stairs(mean, edges, baseline=None, label="forecast mean")
    line.set(edgecolor=style.BLUE, linewidth=2.2 * thickness)
    median = axes.stairs(middle, edges, baseline=None, label="median")
    median.set(edgecolor=style.INK, linewidth=thickness, linestyle=(0, (2, 1.5)))
    date_axis.set_up(axes, edges[0], edges[-1], inches)
    put_legend(axes, [line, median, band], inches)


def set_demand_range(panels: Sequence[Axes]) -> None:
    """Make the demand of all panels, which share their axis, fit from 0 on."""
    top = max(panel.dataLim.y1 for panel in panels)
    panels[0].set_ylim(0, 1.06 * top if top > 0 else 1)


def _runs(offsets: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield first and last of each run of rising offsets that follow each other."""
    for _, run in groupby(enumerate(offsets), lambda pair: pair[1] - pair[0]):
        days = [offset for _, offset in run]
        yield days[0], days[-1]
