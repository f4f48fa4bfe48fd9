"""Stock-out risk by simulation, for more uncertain orders than the exact method carries.

Paths of daily demand and of arrivals are drawn together; the probability is the share of paths that ran out, with
standard error sqrt(p (1 - p) / n). Quantities are means over the drawn arrivals alone, demand entering in closed form
(conditional Monte Carlo: Asmussen & Glynn 2007, sect. V.4), which finds rare shortages too. One seed gives one answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lambdas.inventory_optimizer.maths.distributions import Demand, Family
from lambdas.inventory_optimizer.maths.stockouts.demand_by_day import cumulated, rounding, short_of
from lambdas.inventory_optimizer.maths.stockouts.receipts import sampled_receipts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdas.inventory_optimizer.maths.arrays import Floats
    from lambdas.inventory_optimizer.maths.stockouts.receipts import ExpectedReceipt

PATHS: Final = 20_000
#: Amounts arrived between which the closed form of a day's shortage is interpolated.
_LEVELS: Final = 256


@dataclass(frozen=True, slots=True)
class Simulated:
    """Means over the paths, by day: ``probability`` of having run out, ``available`` units; ``units_short`` in all.

    ``standard_error`` is the largest of any day's probability, ``units_short_error`` that of ``units_short``.
    """

    probability: Floats
    available: Floats
    units_short: float
    standard_error: float
    units_short_error: float


def simulate(
    per_day: Demand, net_stock: float, receipts: Sequence[ExpectedReceipt], *, seed: int, paths: int = PATHS
) -> Simulated:
    """Simulate one product, whose demand by day is ``per_day``, (days,), from ``net_stock`` units on."""
    random = np.random.default_rng(seed)
    days = per_day.mean.size
    arrived = np.cumsum(sampled_receipts(receipts, days, paths, random), axis=0)
    short, available = _quantities(per_day, net_stock, arrived)
    net, out, hits = np.full(paths, float(net_stock)), np.zeros(paths, dtype=bool), np.zeros(days)
    for day, amount in enumerate(np.diff(arrived, axis=0, prepend=0.0)):
        net += amount - _draws(per_day, day, paths, random)
        out |= net < -rounding(net)
        hits[day] = out.sum()
    # One path more on either side, so that a probability of zero or one is not claimed to be free of error.
    chance = (hits + 1) / (paths + 2)
    return Simulated(
        probability=hits / paths,
        available=available,
        units_short=float(short.mean()),
        standard_error=float(np.sqrt(chance * (1 - chance) / paths).max()),
        units_short_error=float(short.std() / np.sqrt(paths)),
    )


def _quantities(per_day: Demand, net_stock: float, arrived: Floats) -> tuple[Floats, Floats]:
    """Return means given the arrivals: units short of the horizon on each path, and units available by day."""
    total = cumulated(per_day)
    column = Demand(total.mean[:, None], total.variance[:, None], total.family[:, None])
    levels = np.linspace(arrived.min(axis=1), arrived.max(axis=1), _LEVELS, axis=1)
    day = np.arange(1, levels.shape[0] + 1)
    backorders = short_of(column.take(day), net_stock + levels)
    newly = np.maximum(backorders - short_of(column.take(day - 1), net_stock + levels), 0.0)
    left = np.maximum(net_stock + levels - column.mean[1:] + backorders, 0.0)
    short, available = np.zeros(arrived.shape[1]), np.zeros(levels.shape[0])
    for row, amount in enumerate(arrived):
        short += np.interp(amount, levels[row], newly[row])
        available[row] = np.interp(amount, levels[row], left[row]).mean()
    return short, available


def _draws(per_day: Demand, day: int, paths: int, random: np.random.Generator) -> Floats:
    mean, variance = float(per_day.mean[day]), float(per_day.variance[day])
    match Family(per_day.family[day]):
        case Family.POISSON:
            return random.poisson(mean, paths).astype(np.float64)
        case Family.NEGATIVE_BINOMIAL:
            return random.negative_binomial(mean**2 / (variance - mean), mean / variance, paths).astype(np.float64)
        case Family.GAMMA:
            return random.gamma(mean**2 / variance, variance / mean, paths)
        case Family.NORMAL:
            return random.normal(mean, np.sqrt(variance), paths)
        case Family.NONE:
            return np.full(paths, mean)
