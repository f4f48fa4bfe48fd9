"""Items as arrays, and the orders that follow from them: lots, order-up-to levels, what to order and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lambdas.inventory_optimizer.maths.policies import order_quantity as quantities

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from inventory_data import Item, ServiceType
    from lambdas.inventory_optimizer.maths.arrays import Flags, Floats


@dataclass(frozen=True, slots=True)
class Policy:
    """How products are bought and served, an element per product; NaN where nothing is fixed by hand."""

    lead_time: Floats
    lead_time_sd: Floats
    review: Floats
    service_level: Floats
    by_fill_rate: Flags
    unit_cost: Floats
    ordering_cost: Floats
    holding_cost: Floats
    shelf_life: Floats
    rules: quantities.LotRules
    active: Flags
    fixed_point: Floats
    fixed_lot: Floats

    @property
    def protection_days(self) -> Floats:
        """Lead time plus review period, P = L + R."""
        return self.lead_time + self.review


@dataclass(frozen=True, slots=True)
class Lots:
    """Economic quantity, the quantity to order by, and where even the smallest order outlasts its shelf life."""

    economic: Floats
    quantity: Floats
    over_shelf_life: Flags


@dataclass(frozen=True, slots=True)
class Orders:
    """What to order now.

    ``below``: the position calls for an order. ``quantity`` is zero where none is due or the product is not active,
    ``capped`` where it leaves part of the need. ``days_ahead`` is 0 where an order is due, else the days until mean
    demand has brought the position below the reorder point; NaN without demand.
    """

    order_up_to: Floats
    below: Flags
    quantity: Floats
    capped: Flags
    by_multiples: Floats
    days_ahead: Floats


def policy_of(
    items: Sequence[Item], service_level: float | None = None, service_type: ServiceType | None = None
) -> Policy:
    """Put items together; a ``service_level`` and a ``service_type`` replace each item's own."""

    def column(value: Callable[[Item], float]) -> Floats:
        return np.array([value(item) for item in items], dtype=np.float64)

    return Policy(
        lead_time=column(lambda item: item.lead_time_mean_days),
        lead_time_sd=column(lambda item: item.lead_time_sd_days),
        review=column(lambda item: item.review_period_days),
        service_level=column(lambda item: item.service_level if service_level is None else service_level),
        by_fill_rate=np.array([(service_type or item.service_type) == "fill_rate" for item in items], dtype=bool),
        unit_cost=column(lambda item: item.unit_cost),
        ordering_cost=column(lambda item: item.ordering_cost),
        holding_cost=column(lambda item: item.unit_cost * item.holding_rate),
        shelf_life=column(lambda item: item.shelf_life_days or np.inf),
        rules=quantities.LotRules(
            pack=column(lambda item: item.pack_size),
            moq=column(lambda item: item.moq),
            maximum=column(lambda item: item.max_order_qty or np.inf),
        ),
        active=np.array([item.status == "active" for item in items], dtype=bool),
        fixed_point=column(lambda item: _or_nan(item.overrides.reorder_point if item.overrides else None)),
        fixed_lot=column(lambda item: _or_nan(item.overrides.order_quantity if item.overrides else None)),
    )


def choose_lots(policy: Policy, mean: Floats, annual_demand: Floats) -> Lots:
    """Choose each product's order quantity: EOQ in whole packs within minimum, maximum and shelf life."""
    costs = (annual_demand, policy.ordering_cost, policy.holding_cost)
    sold_in_time = np.where(
        np.isinf(policy.shelf_life) | (mean <= 0), np.inf, mean * np.minimum(policy.shelf_life, 1e6)
    )
    calculated = quantities.best_lot(*costs, policy.rules.capped(sold_in_time))
    return Lots(
        economic=quantities.economic_quantity(*costs),
        quantity=np.where(np.isnan(policy.fixed_lot), calculated, policy.fixed_lot),
        over_shelf_life=policy.rules.smallest > sold_in_time,
    )


def place_orders(policy: Policy, lots: Lots, position: Floats, reorder_point: Floats, mean: Floats) -> Orders:
    """Say what to order: up to S = s + Q where the position calls for it, in whole packs within the rules."""
    kept = (mean > 0) | (reorder_point > 0)
    order_up_to = reorder_point + np.where(kept, lots.quantity, 0.0)
    below = quantities.triggers(position, reorder_point, policy.review)
    need = np.where(below & policy.active, order_up_to - position, 0.0)
    quantity = quantities.rounded_order(need, policy.rules)
    by_multiples = quantities.multiples_above(position, reorder_point, lots.quantity)
    days = np.divide(position - reorder_point, mean, out=np.full(mean.shape, np.nan), where=mean > 0)
    return Orders(
        order_up_to=order_up_to,
        below=below,
        quantity=quantity,
        capped=quantity < need,
        by_multiples=np.where(need > 0, by_multiples, 0.0),
        days_ahead=np.where(below, 0.0, np.floor(days) + 1),
    )


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value
