"""Demand over the protection interval, and the reorder point that covers it.

The interval is P = L + R, lead time plus review period: an order decided now arrives after L, and the next one can
be decided only R later. With demand per day of mean d and variance v, level variance w, lead time of standard
deviation s_L, its demand has mean d P and variance P v + P^2 w + d^2 s_L^2 (Silver, Pyke & Thomas 2017, ch. 6, and
Chopra & Meindl, ch. 12, with w = 0). Where there is a forecast, its error over P stands for the first two terms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lambdas.inventory_optimizer.maths.distributions import Demand, Family, cdf, choose, smallest_whole

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.maths.arrays import Flags, Floats


@dataclass(frozen=True, slots=True)
class ReorderPoint:
    """Per product: the whole reorder point, what it leaves above mean demand, and the service it reaches."""

    demand: Demand
    reorder_point: Floats
    safety_stock: Floats
    achieved: Floats


def protection_variance(
    mean: Floats,
    variance: Floats,
    days: Floats,
    lead_time_sd: Floats,
    level_variance: Floats | float = 0.0,
) -> Floats:
    """Return the variance of demand over ``days`` days, lead time of standard deviation ``lead_time_sd`` days."""
    return variance * days + level_variance * np.square(days) + np.square(mean * lead_time_sd)


def protection_demand(demand: Demand, per_day: Floats, lead_time_sd: Floats, counted: Flags) -> Demand:
    """Return the distribution of ``demand`` over the protection interval with the spread of the lead time added.

    ``demand`` is that of the mean interval, the error of its forecast included; ``per_day`` is its mean per day.
    """
    own = np.where(demand.family == Family.POISSON, demand.mean, demand.variance)
    return choose(demand.mean, own + np.square(per_day * lead_time_sd), counted)


def reorder_point(demand: Demand, target: Floats | float, fixed: Floats | None = None) -> ReorderPoint:
    """Return the smallest whole s with P(demand <= s) >= target: a cycle service level, 0 < target < 1.

    ``fixed`` holds reorder points that were set by hand, NaN where none was; they win, and their service is
    reported. Safety stock is s less mean demand; at a low target it may be negative.
    """
    level = smallest_whole(demand, target)
    if fixed is not None:
        level = np.where(np.isnan(fixed), level, fixed)
    return ReorderPoint(demand, level, level - demand.mean, cdf(demand, level))
