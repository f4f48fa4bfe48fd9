"""One decision, one period of demand: too much costs the overage, too little the underage.

Cost of a level S: g(S) = c_o E[(S - D)^+] + c_u E[(D - S)^+]. It is convex, and least at the smallest S with
F(S) >= c_u / (c_o + c_u), the critical ratio (Arrow, Harris & Marschak 1951; Silver, Pyke & Thomas 2017, ch. 9).
With D the demand over a protection interval, g(y) is the expected cost rate at its end from an inventory position y.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lambdas.inventory_optimizer.maths.distributions import Demand, quantile
from lambdas.inventory_optimizer.maths.losses import first_loss

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.maths.arrays import Floats


@dataclass(frozen=True, slots=True)
class BaseStock:
    """Best level in units, the probability it is set at, and its expected cost."""

    level: Floats
    critical_ratio: Floats
    cost: Floats


def best_base_stock(demand: Demand, overage: Floats, underage: Floats) -> BaseStock:
    """Return the cheapest level of each product, a whole number for counted demand.

    ``overage`` per unit left over, ``underage`` per unit short. Raises ``ValueError`` unless both are positive and
    finite.
    """
    if not all(np.isfinite(cost).all() and (cost > 0).all() for cost in (overage, underage)):
        raise ValueError("overage and underage must be positive and finite")
    ratio = underage / (overage + underage)
    level = quantile(demand, ratio)
    return BaseStock(level, ratio, expected_cost(demand, level, overage, underage))


def expected_cost(demand: Demand, level: Floats | float, overage: Floats, underage: Floats) -> Floats:
    """Return g(level), element by element, at any level."""
    short = first_loss(demand, level)
    return overage * (level - demand.mean + short) + underage * short
