"""The lower panel: how likely it is that the stock has run out by a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import PercentFormatter

from tool_executor.inventory_pictures import date_axis
from tool_executor.inventory_pictures.amounts import percent
from tool_executor.inventory_pictures.critical_days import LEVELS, mark_critical_days
from tool_executor.inventory_pictures.facts import day_of
from tool_executor.inventory_pictures.legends import put_legend
from tool_executor.pictures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tool_executor.inventory_pictures.facts import ProductFacts


def draw_probability(axes: Axes, facts: ProductFacts, inches: float) -> None:
    """Draw the probability of a stock-out on each day or before, and mark the days at 5 and at 50 %."""
    today = date_axis.number_of(facts.as_of)
    date_axis.set_up(axes, today - 0.5, today + facts.horizon_days + 0.5, inches)
    axes.set_ylabel("stock-out")
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.5, 1])
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    for level, _, dashes in LEVELS:
        axes.axhline(level, color=style.GREY, linewidth=0.9, linestyle=dashes)
    if facts.risk is None or not facts.by_day:
        return
    chances = [day["probability"] for day in facts.by_day]
    start = date_axis.number_of(day_of(facts.by_day[0]["day"])) - 0.5
    edges = [start + step for step in range(len(chances) + 1)]
    area = axes.stairs(chances, edges, fill=True)
    area.set(facecolor=style.VERMILLION, alpha=0.3, linewidth=0)
    line = axes.stairs(chances, edges, baseline=None)
    line.set(edgecolor=style.VERMILLION, linewidth=1.8, clip_on=False)
    line.set_label(f"probability that the stock has run out by then: {percent(chances[-1])} at the end")
    put_legend(axes, [line, *mark_critical_days(axes, facts.risk)], inches)
