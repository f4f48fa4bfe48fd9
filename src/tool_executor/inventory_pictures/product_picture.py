"""One product's picture: its demand, its stock, and the risk that it runs out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from matplotlib.figure import Figure

from tool_executor.inventory_pictures.demand_panel import draw_fan, draw_recorded, set_demand_range
from tool_executor.inventory_pictures.facts import ProductFacts
from tool_executor.inventory_pictures.heading import Heading
from tool_executor.inventory_pictures.probability_panel import draw_probability
from tool_executor.inventory_pictures.stock_panel import draw_stock
from tool_executor.pictures.style import own_style

if TYPE_CHECKING:
    from matplotlib.gridspec import GridSpec

    from tool_executor.inventory_pictures.facts import Told

#: 1200 by 800 pixels.
_INCHES: Final = (12.0, 8.0)
_DPI: Final = 100
#: What is left of the width beside the axes' own labels.
_PANEL_INCHES: Final = 10.7
_MARGIN: Final = 0.1
#: Of demand, stock and risk.
_HEIGHTS: Final = (2.6, 2.6, 1.0)
#: The forecast's share of the width: its days are to be told apart, however long the history is.
_LEAST_FORECAST, _MOST_FORECAST = 0.38, 0.6


def draw_product(forecast: Told, reorder_points: Told | None, risks: Told | None) -> Figure:
    """Return the picture of one product at one warehouse, 1200 by 800 pixels; nothing is shown or written.

    Args:
        forecast: an answer of ``forecast_demand``; with ``history_days`` the history is drawn, too.
        reorder_points: an answer of ``calculate_reorder_points`` with this product among others, or None.
        risks: an answer of ``identify_stockout_risks``, with ``detail`` ``full``, or None. Its horizon is the
            forecast's; ``minimum_probability`` 0 has every product in it.
    """
    facts = ProductFacts.of(forecast, reorder_points, risks)
    with own_style():
        heading = Heading(facts, _INCHES[0] - 2 * _MARGIN)
        figure = Figure(figsize=_INCHES, dpi=_DPI)
        heading.draw(figure, _MARGIN)
        below = 1 - (heading.inches + _MARGIN) / _INCHES[1]
        figure.set_layout_engine("constrained", w_pad=_MARGIN, h_pad=_MARGIN / 2, rect=(0, 0, 1, below))
        share = _forecast_share(facts)
        grid = figure.add_gridspec(3, 2, width_ratios=[1 - share, share], height_ratios=_HEIGHTS)
        _draw_demand(figure, grid, facts, share)
        stock = figure.add_subplot(grid[1, :])
        draw_stock(stock, facts, _PANEL_INCHES)
        draw_probability(figure.add_subplot(grid[2, :], sharex=stock), facts, _PANEL_INCHES)
        stock.tick_params(axis="x", labelbottom=False)
    return figure


def _forecast_share(facts: ProductFacts) -> float:
    """Return the forecast's share of the width beside the history."""
    recorded = 0 if facts.recorded is None else len(facts.recorded["quantities"])
    return min(max(facts.horizon_days / (facts.horizon_days + recorded), _LEAST_FORECAST), _MOST_FORECAST)


def _draw_demand(figure: Figure, grid: GridSpec, facts: ProductFacts, share: float) -> None:
    if facts.recorded is None:
        only = figure.add_subplot(grid[0, :])
        draw_fan(only, facts, _PANEL_INCHES)
        panels = [only]
    else:
        past = figure.add_subplot(grid[0, 0])
        draw_recorded(past, facts.recorded, (1 - share) * _PANEL_INCHES)
        ahead = figure.add_subplot(grid[0, 1], sharey=past)
        draw_fan(ahead, facts, share * _PANEL_INCHES)
        ahead.tick_params(axis="y", labelleft=False)
        panels = [past, ahead]
    set_demand_range(panels)
    panels[0].set_ylabel(facts.in_units("demand per day"))
