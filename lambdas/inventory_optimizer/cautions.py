"""What a planner should know before using a product's figures: warnings that the data themselves give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lambdas.inventory_optimizer.supply import is_overdue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from lambdas.inventory_optimizer.results import Caution
    from lambdas.inventory_optimizer.warehouse import Product

#: Four weeks: with less, a level is little more than a guess.
SHORT_HISTORY_DAYS: Final = 28


def cautions(product: Product, as_of: date, usable_days: int, *, stopped: bool) -> list[Caution]:
    """Return the warnings about a product's stock, orders and history, sorted."""
    return sorted([*_of_stock(product, as_of), *_of_history(product, as_of, usable_days, stopped=stopped)])


def _of_stock(product: Product, as_of: date) -> Iterator[Caution]:
    stock = product.stock
    if stock.on_hand < 0:
        yield "negative_stock"
    elif stock.allocated > stock.on_hand:
        yield "allocated_over_on_hand"
    if stock.as_of < as_of:
        yield "stale_stock"
    if any(is_overdue(order, as_of) for order in stock.open_orders):
        yield "overdue_orders"
    if product.item.status != "active":
        yield "not_active"
    if product.item.lead_time_mean_days == 0:
        yield "zero_lead_time"


def _of_history(product: Product, as_of: date, usable_days: int, *, stopped: bool) -> Iterator[Caution]:
    history = product.history
    if history.last_day is None:
        yield "no_history"
    elif usable_days == 0:
        yield "no_usable_history"
    elif usable_days < SHORT_HISTORY_DAYS:
        yield "short_history"
    if history.last_day is not None and history.last_day < as_of:
        yield "history_ends_early"
    if history.after_window:
        yield "history_after_as_of"
    if stopped:
        yield "demand_stopped"
