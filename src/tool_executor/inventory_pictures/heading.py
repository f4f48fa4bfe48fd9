"""The heading: which product this is, how it stands, and what is to be done."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tool_executor.inventory_pictures import words
from tool_executor.inventory_pictures.amounts import long_day, percent, quantity, short_day
from tool_executor.inventory_pictures.facts import day_of
from tool_executor.inventory_pictures.text_width import folded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

    from tool_executor.inventory_pictures.facts import ProductFacts, Told

_TITLE_SIZE: Final = 14
_TEXT_SIZE: Final = 10.5
_LINE: Final = 1.38 / 72
#: What to do is told of products that are at risk, as the tool's own default has it.
_AT_RISK: Final = 0.05


def title_of(facts: ProductFacts) -> str:
    """Return product, warehouse, class and method in a line."""
    forecast = facts.forecast
    classes = "" if facts.point is None else words.abc_xyz(facts.point)
    return (
        f"{forecast['product_code']} at {forecast['warehouse_code']}: "
        f"{words.demand_class(forecast)}{classes}, {words.method(forecast)}"
    )


def sentences_of(facts: ProductFacts) -> list[str]:
    """Return what is to be said of the stock, of the risk, and of the figures' worth, a line each."""
    return [" · ".join(parts) for parts in (list(_stock(facts)), list(_risk(facts)), list(_warnings(facts))) if parts]


class Heading:
    """The title's and the sentences' lines, folded to a width."""

    def __init__(self, facts: ProductFacts, inches: float) -> None:
        together = re.sub(r" (\d+%)", "\N{NO-BREAK SPACE}\\1", title_of(facts))  # a method and its share
        title = folded(together, inches, _TITLE_SIZE, "bold")
        text = [line for sentence in sentences_of(facts) for line in folded(sentence, inches, _TEXT_SIZE)]
        self._lines = [
            *((line, _TITLE_SIZE, "bold") for line in title),
            *((line, _TEXT_SIZE, "normal") for line in text),
        ]

    @property
    def inches(self) -> float:
        """How high it is."""
        return _LINE * sum(size for _, size, _ in self._lines)

    def draw(self, figure: Figure, margin: float) -> None:
        """Write it at the top of the figure, ``margin`` inches from its edges."""
        width, height = figure.get_size_inches()
        top = margin
        for line, size, weight in self._lines:
            place = (margin / width, 1 - top / height)
            figure.text(*place, line, va="top", fontsize=size, fontweight=weight)
            top += _LINE * size


def _stock(facts: ProductFacts) -> Iterator[str]:
    unit = facts.unit
    yield f"Close of {long_day(facts.as_of)}"
    if facts.risk is not None:
        yield f"net stock {quantity(facts.risk['net_stock'])} {unit}"
    if facts.point is not None:
        yield f"position {quantity(facts.point['inventory_position'])}"
        yield f"reorder point {quantity(facts.point['reorder_point'])}"
    total = facts.forecast["days"][-1]
    low, high = quantity(total["cumulative_p10"]), quantity(total["cumulative_p90"])
    mean = quantity(total["cumulative_mean"])
    yield f"demand of {_days(facts.horizon_days)}: {mean} (10 to 90%: {low} to {high})"


def _risk(facts: ProductFacts) -> Iterator[str]:
    if facts.point is not None:
        yield _order(facts.point, facts.unit)
    if facts.risk is None:
        return
    chance = facts.risk["probability"]
    severity = f", {facts.risk['severity']}" if chance >= _AT_RISK else ""
    yield f"stock-out within {_days(facts.horizon_days)}: {percent(chance)}{severity}"
    if chance >= _AT_RISK and facts.risk["action"] != "order_now":  # whether and when to order is told already
        yield f"to do: {words.in_words(words.ACTIONS, facts.risk['action'])}"


def _order(point: Told, unit: str) -> str:
    if point["suggested_order"] > 0:
        return f"Order {quantity(point['suggested_order'])} {unit} now"
    if point["order_date"] is None:
        return "No order within a year"
    return f"Next order about {short_day(day_of(point['order_date']))}"


def _warnings(facts: ProductFacts) -> Iterator[str]:
    if facts.warnings:
        yield "Mind: " + "; ".join(words.in_words(words.WARNINGS, warning) for warning in facts.warnings)


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
