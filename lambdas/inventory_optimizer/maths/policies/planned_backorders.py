"""Economic quantity where customers wait at a price: part of each order is sold before it arrives.

Q* = sqrt(2 K D (h + p) / (h p)), share of demand that waits x* = h / (h + p), cost per year of any Q and x:
K D / Q + h Q (1 - x)^2 / 2 + p Q x^2 / 2 (Snyder & Shen 2019, sec. 3.5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lambdas.inventory_optimizer.maths.policies.order_quantity import economic_quantity

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.maths.arrays import Floats


@dataclass(frozen=True, slots=True)
class PlannedBackorders:
    """Order quantity in units, share of demand that waits, and ordering, holding and backorder cost per year."""

    quantity: Floats
    waiting_share: Floats
    annual_cost: Floats


def plan_backorders(
    annual_demand: Floats, ordering_cost: Floats, holding_cost: Floats, backorder_cost: Floats
) -> PlannedBackorders:
    """Return the cheapest quantity and share: quantity zero without demand, infinite where holding is free.

    ``annual_demand`` in units a year, ``ordering_cost`` per order, ``holding_cost`` and ``backorder_cost`` per unit
    and year; with an infinite ``backorder_cost`` this is the EOQ. Raises ``ValueError`` unless it is positive.
    """
    if not (np.asarray(backorder_cost) > 0).all():
        raise ValueError("a backorder cost must be positive")
    ratio = holding_cost / backorder_cost
    quantity = economic_quantity(annual_demand, ordering_cost, holding_cost) * np.sqrt(1.0 + ratio)
    # At the best quantity and share this is the cost: sqrt(2 K D h p / (h + p)).
    cost = np.sqrt(2.0 * annual_demand * ordering_cost * holding_cost / (1.0 + ratio))
    return PlannedBackorders(quantity, ratio / (1.0 + ratio), cost)
