"""Economic quantity under all-units discounts: from each break on, every unit of the order is cheaper.

With unit cost c_j from b_j units on and holding rate i, the cost per year within tier j is
c_j D + K D / Q + i c_j Q / 2, least at Q_j = sqrt(2 K D / (i c_j)), or at b_j where Q_j lies below it. The best tier is
found by comparing these (Silver, Pyke & Thomas 2017, ch. 4; Snyder & Shen 2019, sec. 3.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lambdas.inventory_optimizer.maths.policies.order_quantity import economic_quantity

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.maths.arrays import Floats, Integers


@dataclass(frozen=True, slots=True)
class PriceTiers:
    """``breaks`` in units and ``unit_costs``, both (products, tiers): cost j is for orders from break j on.

    The first break is zero. A product with fewer tiers than others fills its row with infinite breaks, whose cost is
    not used.
    """

    breaks: Floats
    unit_costs: Floats

    def __post_init__(self) -> None:
        """Raise ``ValueError`` unless breaks rise from zero and the costs are positive and never rise."""
        if self.breaks.ndim != 2 or self.breaks.shape != self.unit_costs.shape or not self.breaks.size:  # noqa: PLR2004 - a matrix
            raise ValueError("breaks and unit costs must be matrices of one shape with at least one tier")
        used = np.isfinite(self.breaks)
        with np.errstate(invalid="ignore"):
            rising = (np.diff(self.breaks, axis=1) > 0) | ~used[:, 1:]
        if not ((self.breaks[:, 0] == 0).all() and rising.all()) or np.isnan(self.breaks).any():
            raise ValueError("breaks must rise from zero")
        if not (np.isfinite(self.unit_costs[used]).all() and (self.unit_costs[used] > 0).all()):
            raise ValueError("unit costs must be positive and finite")
        if (used[:, 1:] & (np.diff(self.unit_costs, axis=1) > 0)).any():
            raise ValueError("unit costs must not rise with the quantity: a discount is meant")


@dataclass(frozen=True, slots=True)
class DiscountedLot:
    """Best quantity in units, its tier counted from zero, and cost per year: purchase, ordering and holding."""

    quantity: Floats
    tier: Integers
    annual_cost: Floats


def discounted_quantity(
    annual_demand: Floats, ordering_cost: Floats, holding_rate: Floats, tiers: PriceTiers
) -> DiscountedLot:
    """Return each product's cheapest order quantity; of equals the lower tier.

    ``annual_demand`` in units a year, ``ordering_cost`` per order, ``holding_rate`` per year as a share of unit cost.
    Zero without demand, and in the first tier without ordering cost; infinite where holding is free, as the EOQ is.
    """
    columns = (np.asarray(value, float)[:, None] for value in (annual_demand, ordering_cost, holding_rate))
    demand, ordering, rate, _ = np.broadcast_arrays(*columns, tiers.breaks)
    holding = rate * tiers.unit_costs
    quantity = np.maximum(economic_quantity(demand, ordering, holding), tiers.breaks)
    ends = np.concatenate([tiers.breaks[:, 1:], np.full((len(tiers.breaks), 1), np.inf)], axis=1)
    last = np.isinf(ends) & np.isfinite(tiers.breaks)
    with np.errstate(invalid="ignore"):
        carried = np.where(holding > 0, holding * quantity / 2, 0.0)
    orders = np.divide(demand, quantity, out=np.zeros_like(quantity), where=quantity > 0)
    cost = tiers.unit_costs * demand + ordering * orders + carried
    cost = np.where((quantity < ends) | last, cost, np.inf)
    tier = np.argmin(cost, axis=1)
    chosen = (np.arange(len(tier)), tier)
    some = np.asarray(annual_demand) > 0
    return DiscountedLot(
        quantity=np.where(some, quantity[chosen], 0.0),
        tier=np.where(some, tier, 0),
        annual_cost=np.where(some, cost[chosen], 0.0),
    )
