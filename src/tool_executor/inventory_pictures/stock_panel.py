"""The panel in the middle: what becomes of the stock, what arrives, and when to order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tool_executor.inventory_pictures import date_axis
from tool_executor.inventory_pictures.amounts import quantity, short_day
from tool_executor.inventory_pictures.critical_days import mark_critical_days
from tool_executor.inventory_pictures.facts import day_of
from tool_executor.inventory_pictures.legends import put_legend
from tool_executor.pictures import style

if TYPE_CHECKING:
    from datetime import date

    from matplotlib.axes import Axes

    from tool_executor.inventory_pictures.facts import ProductFacts, Told
    from tool_executor.inventory_pictures.legends import Labelled

#: With more days than this their points would hide the line.
_DAYS_WITH_POINTS: Final = 45


def draw_stock(axes: Axes, facts: ProductFacts, inches: float) -> None:
    """Draw the expected net stock at each day's close, receipts, reorder point and order-up-to level."""
    today = date_axis.number_of(facts.as_of)
    axes.axhline(0, color=style.INK, linewidth=0.8)
    labelled: list[Labelled] = []
    if facts.risk is not None and facts.by_day:
        labelled += _draw_net_stock(axes, facts, facts.risk)
        labelled += _draw_receipts(axes, facts, facts.risk)
        mark_critical_days(axes, facts.risk)
    else:
        date_axis.say(axes, "no projection of the stock: the tool told nothing of this product")
    if facts.point is not None:
        labelled += _draw_policy(axes, today, facts.point)
    date_axis.set_up(axes, today - 0.5, today + facts.horizon_days + 0.5, inches)
    axes.set_ylabel(facts.in_units("stock"))
    put_legend(axes, labelled, inches)


def _draw_net_stock(axes: Axes, facts: ProductFacts, risk: Told) -> list[Labelled]:
    days = date_axis.numbers_of([facts.as_of, *(day_of(day["day"]) for day in facts.by_day)])
    stock = [risk["net_stock"], *(day["expected_net_stock"] for day in facts.by_day)]
    marker = "o" if len(days) <= _DAYS_WITH_POINTS else ""
    (line,) = axes.plot(days, stock, color=style.BLUE, linewidth=2, marker=marker, markersize=4)
    line.set_label("expected net stock at close")
    if min(stock) >= 0:
        return [line]
    below = [value < 0 for value in stock]
    short = axes.fill_between(days, stock, 0, where=below, interpolate=True, label="short (backorders)")
    short.set(color=style.VERMILLION, alpha=0.2, linewidth=0)
    return [line, short]


def _draw_receipts(axes: Axes, facts: ProductFacts, risk: Told) -> list[Labelled]:
    labelled: list[Labelled] = []
    receipts = [day["expected_receipts"] for day in facts.by_day]
    if any(receipts):
        days = date_axis.numbers_of(day_of(day["day"]) for day in facts.by_day)
        bars = axes.bar(days, receipts, 0.7, color=style.GREEN, alpha=0.75, label="expected receipts of a day")
        labelled.append(bars)
    promised = risk["next_receipt"]
    if promised is not None:
        day = day_of(promised["day"])
        label = f"{quantity(promised['quantity'])} promised for {short_day(day)}"
        labelled.append(_draw_arrival(axes, day, promised["quantity"], label, face=style.GREEN))
    order = 0 if facts.point is None else facts.point["suggested_order"]
    if order > 0:
        day = day_of(risk["order_now_arrives"])
        label = f"{quantity(order)} ordered now: there {short_day(day)}"
        labelled.append(_draw_arrival(axes, day, order, label, face="white"))
    return labelled


def _draw_arrival(axes: Axes, day: date, amount: float, label: str, *, face: str) -> Labelled:
    """Draw a stem as high as what arrives. One beyond the horizon is told by the legend alone."""
    place = date_axis.number_of(day)
    axes.plot([place, place], [0, amount], color=style.GREEN, linewidth=1.2, linestyle=":")
    (mark,) = axes.plot([place], [amount], "^", color=style.GREEN, markerfacecolor=face, markersize=8, label=label)
    return mark


def _draw_policy(axes: Axes, today: float, point: Told) -> list[Labelled]:
    position = point["inventory_position"]
    (mark,) = axes.plot([today], [position], "D", color=style.INK, markersize=7, zorder=5, clip_on=False)
    mark.set_label(f"position {quantity(position)}")
    labelled: list[Labelled] = [mark]
    for name, words, colour, dashes in (
        ("reorder_point", "reorder point", style.ORANGE, (0, (5, 2))),
        ("order_up_to", "order up to", style.PURPLE, (0, (6, 2, 1, 2))),
    ):
        label = f"{words} {quantity(point[name])}"
        labelled.append(axes.axhline(point[name], color=colour, linewidth=1.8, linestyle=dashes, label=label))
    return labelled
