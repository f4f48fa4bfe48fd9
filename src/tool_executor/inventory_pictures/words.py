"""The tools' codes in a planner's words. A code that is not known here is told as it is, without underscores."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from tool_executor.inventory_pictures.amounts import short_day

if TYPE_CHECKING:
    from collections.abc import Mapping

ACTIONS: Final = {
    "chase_overdue_order": "chase the overdue order",
    "expedite_open_order": "expedite the open order",
    "order_now": "order now",
    "order_now_and_expedite": "order now and expedite",
    "transfer_or_substitute": "transfer from elsewhere or substitute",
}
WARNINGS: Final = {
    "allocated_over_on_hand": "more is allocated than on hand",
    "demand_stopped": "demand has stopped",
    "history_after_as_of": "demand recorded after the stock's date was ignored",
    "history_ends_early": "the history ends before the stock's date",
    "holding_is_free": "holding costs nothing, so there is no EOQ",
    "negative_stock": "stock on hand is negative",
    "no_history": "no demand history",
    "no_usable_history": "no usable demand history",
    "not_active": "not active: nothing is ordered",
    "order_capped": "the order is capped, part of the need is left",
    "overdue_orders": "orders are overdue",
    "overridden": "fixed by hand",
    "shelf_life_below_smallest_order": "the smallest order outlasts the shelf life",
    "short_history": "fewer than 28 usable days of history",
    "stale_stock": "the stock figure is older than the warehouse's",
    "zero_lead_time": "the lead time is zero",
}
NOTICES: Final = {
    "incomplete": "not all products were looked at",
    "mixed_currencies": "currencies are mixed, so values cannot be added up",
}
_METHODS_NAMED: Final = 3
_CLASSES: Final = {"no_demand": "no demand"}


def in_words(codes: Mapping[str, str], code: str) -> str:
    """Return what a code means by a table of this module."""
    return codes.get(code, code.replace("_", " "))


def demand_class(forecast: Mapping[str, Any]) -> str:
    """Return the class of a forecast's demand: ``smooth demand``, ``no demand``."""
    name = str(forecast["demand_class"])
    return _CLASSES.get(name) or f"{name.replace('_', ' ')} demand"


def abc_xyz(point: Mapping[str, Any]) -> str:
    """Return the classes by value and by variation, as far as there are any: ``, class AX``, ``, XYZ class X``."""
    if point["xyz"] == "no_demand":
        return ""
    return f", XYZ class {point['xyz']}" if point["abc"] is None else f", class {point['abc']}{point['xyz']}"


def action(risk: Mapping[str, Any], point: Mapping[str, Any] | None) -> str:
    """Return what to do about a risk.

    Where the risk asks for an order and the reorder point is not reached yet, the order's date is told instead of
    ``order now``: the risk is of a stock that nobody would let run out.
    """
    if risk["action"] in ("order_now", "order_now_and_expedite") and point is not None and not point["suggested_order"]:
        day = point["order_date"]
        return "nothing to order yet" if day is None else f"order about {short_day(date.fromisoformat(day))}"
    return in_words(ACTIONS, risk["action"])


def method(forecast: Mapping[str, Any]) -> str:
    """Return how demand was forecast; of a combination, its parts with their shares, the largest first."""
    name = str(forecast["method"])
    if name == "zero":
        return "forecast of zero"
    if name != "combination":
        return f"forecast by {name}"
    parts = [score for score in forecast["scores"] if score["method"] != name and score["weight"] > 0]
    named = len(parts) if len(parts) <= _METHODS_NAMED else _METHODS_NAMED - 1  # never "and 1 more"
    shares = [f"{part['method']} {part['weight']:.0%}" for part in parts[:named]]
    others = len(parts) - len(shares)
    more = f" and {others} more" if others else ""
    return f"forecast by {', '.join(shares)}{more}" if shares else "forecast by a combination"
