"""Fill rate (type 2, P2): the share of demand that is met from the shelf at once.

Where orders of Q are placed as the inventory position falls to s, the units short in a cycle are n(s) - n(s + Q) with
n the loss function of the demand over the protection interval, and the fill rate is 1 - {n(s) - n(s + Q)} / Q (Silver,
Pyke & Thomas 2017, ch. 6, with both ends; Axsaeter 2015, ch. 5). Textbooks drop n(s + Q), which counts shortages twice
where Q is small against the spread of demand. It is exact where demand comes in single units or continuously and is
watched continuously; demand in batches takes the position below s before an order goes out, and fills less. Under
periodic review the whole interval is taken for the exposure of every unit, which errs on the safe side.

A reorder point below mean demand, or below zero, is legal: at a large Q few cycles a year put anything at risk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lambdas.inventory_optimizer.maths.bisection import smallest
from lambdas.inventory_optimizer.maths.distributions import Demand, quantile
from lambdas.inventory_optimizer.maths.losses import first_loss, is_counted
from lambdas.inventory_optimizer.maths.policies.reorder import ReorderPoint

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.maths.arrays import Floats

#: Guards whole reorder points that meet the target exactly against rounding.
_SLACK: Final = 1e-12


def units_short(demand: Demand, point: Floats, quantity: Floats) -> Floats:
    """Return the units backordered per cycle, n(s) - n(s + Q). ``point`` must be whole for counted families."""
    short = first_loss(demand, point) - first_loss(demand, point + quantity)
    return np.clip(short, 0.0, quantity)


def fill_rate(demand: Demand, point: Floats, quantity: Floats) -> Floats:
    """Return the fill rate of reorder point s and order quantity Q, 0 to 1. ``quantity`` must be positive."""
    rate: Floats = 1.0 - units_short(demand, point, quantity) / quantity
    return rate


def smallest_point(demand: Demand, quantity: Floats, target: Floats | float, *, whole: bool = True) -> Floats:
    """Return the smallest s, in units, whose fill rate is at least ``target``; zero without demand.

    s is whole: for all products, or with ``whole`` false for those of counted demand only. It lies between x - Q and
    x, the quantile of demand at the target. Raises ``ValueError`` unless 0 < target < 1 and Q is positive and finite.
    """
    if not (np.isfinite(quantity).all() and (quantity > 0).all()):
        raise ValueError("an order quantity must be positive and finite")
    covered = quantile(demand, target)
    steps = is_counted(demand) | whole
    allowed = (1.0 - np.asarray(target, float) + np.where(steps, _SLACK, 0.0)) * quantity
    low = np.where(steps, np.floor(covered - quantity) - 1.0, covered - quantity)
    high = np.where(steps, np.ceil(covered), covered)
    point = smallest(low, high, lambda s: units_short(demand, s, quantity) <= allowed, steps)
    return np.where(demand.mean > 0, point, 0.0)


def reorder_point(
    demand: Demand, quantity: Floats, target: Floats | float, fixed: Floats | None = None
) -> ReorderPoint:
    """Return the smallest whole s that reaches the fill rate ``target``, its safety stock and its fill rate.

    ``fixed`` holds reorder points that were set by hand, NaN where none was; they win, and their fill rate is
    reported. Errors are those of ``smallest_point``.
    """
    level = smallest_point(demand, quantity, target)
    if fixed is not None:
        level = np.where(np.isnan(fixed), level, fixed)
    return ReorderPoint(demand, level, level - demand.mean, fill_rate(demand, level, quantity))
