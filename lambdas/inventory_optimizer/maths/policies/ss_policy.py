"""(s, S) policies by cost: at each review, when the inventory position is at s or below, order up to S.

With g(y) the newsvendor cost of demand over the protection interval and m(j) the expected number of reviews at which
demand since the last order has been j, renewals of the demand between reviews, M(n) = m(0) + ... + m(n - 1), a policy
costs c(s, S) = {K + sum over j < S - s of m(j) g(S - j)} / M(S - s) per review (Zheng & Federgruen 1991, "Finding
optimal (s, S) policies is about as simple as evaluating a single policy"; Snyder & Shen 2019, sec. 4.4).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lambdas.inventory_optimizer.maths.distributions import Demand, cdf, quantile
from lambdas.inventory_optimizer.maths.losses import is_counted
from lambdas.inventory_optimizer.maths.policies.newsvendor import expected_cost
from lambdas.inventory_optimizer.maths.special import special

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.maths.arrays import Flags, Floats
    from lambdas.inventory_optimizer.maths.policies.policy_costs import PolicyCosts

#: Demand that is rarer than once in so many reviews is none: its renewals have no digits left.
_NEVER: Final = 1e-12
#: More levels than this take minutes and should be counted in a coarser unit.
_MOST_LEVELS: Final = 100_000
#: The power approximation is fitted above this ratio of order size to demand between reviews.
_FITTED_RATIO: Final = 1.5


@dataclass(frozen=True, slots=True)
class SSPolicy:
    """Reorder point s and order-up-to level S in whole units, and expected cost per review."""

    point: Floats
    up_to: Floats
    cost: Floats


@dataclass(frozen=True, slots=True)
class _Levels:
    """One product: g(y) of consecutive levels y from ``lowest`` on, and its renewals m(j) and M(n)."""

    ordering: float
    lowest: int
    costs: Floats
    visits: Floats
    reviews: Floats

    def g(self, level: int) -> float:
        return float(self.costs[level - self.lowest])

    def cost(self, point: int, up_to: int) -> float:
        levels = self.costs[point + 1 - self.lowest : up_to + 1 - self.lowest]
        total = levels @ self.visits[: up_to - point][::-1]
        return float((self.ordering + total) / self.reviews[up_to - point])


def ss_cost(period: Demand, protection: Demand, costs: PolicyCosts, point: Floats, up_to: Floats) -> Floats:
    """Return c(s, S) per review, its holding and shortage costs being those of one review period.

    ``period`` is the demand between reviews, ``protection`` that over lead time and review period; without a lead
    time they are the same. Both must be counted, ``point`` and ``up_to`` whole and S above s; zero without demand.
    Raises ``ValueError`` otherwise, or where S lies more than 100,000 above s.
    """
    moving = _moving(period, protection)
    whole = np.isfinite(up_to - point) & (point == np.floor(point)) & (up_to == np.floor(up_to))
    if not (whole & (up_to > point)).all():
        raise ValueError("s and S must be whole, and S above s")
    result = np.zeros(period.mean.shape)
    for row in np.flatnonzero(moving):
        low, high = int(point[row]), int(up_to[row])
        one = np.array([row])
        result[row] = _levels(period.take(one), protection.take(one), costs.take(one), low + 1, high).cost(low, high)
    return result


def best_ss(period: Demand, protection: Demand, costs: PolicyCosts) -> SSPolicy:
    """Return the cheapest policy of each product, exactly; zeros without demand.

    Arguments are those of ``ss_cost``. Raises ``ValueError`` on demand that is not counted, or where more than 100,000
    levels would have to be compared. Time grows with the square of S - s: some ten ms at a thousand.
    """
    found = np.zeros((3, *period.mean.shape))
    for row in np.flatnonzero(_moving(period, protection)):
        one = np.array([row])
        found[:, row] = _zheng_federgruen(period.take(one), protection.take(one), costs.take(one))
    return SSPolicy(*found)


def power_approximation(
    period_mean: Floats, protection: Demand, costs: PolicyCosts, *, capped: bool = True
) -> tuple[Floats, Floats]:
    """Return s and S of the revised power approximation (Ehrhardt & Mosier 1984), not whole; zeros without demand.

    With mean m of a period, mean M and standard deviation w of the protection interval: D = 1.3 m^0.494 (K/h)^0.506
    (1 + w^2/m^2)^0.116, z = sqrt(D h / (w p)), s = 0.973 M + w (0.183/z + 1.063 - 2.192 z), S = s + D. Unless D exceeds
    1.5 m neither is above the newsvendor's level M + w ndtri(p / (h + p)); ``capped`` false leaves that rule out.
    """
    mean, sd = protection.mean, protection.sd
    some = (period_mean > 0) & (mean > 0)
    safe = np.where(some, period_mean, 1.0)
    lot = 1.3 * safe**0.494 * (costs.ordering / costs.holding) ** 0.506 * (1.0 + (sd / safe) ** 2) ** 0.116
    z_sd = np.sqrt(lot * sd * costs.holding / costs.shortage)
    sd_over_z = sd * np.sqrt(sd * costs.shortage / (lot * costs.holding))
    point = 0.973 * mean + 0.183 * sd_over_z + 1.063 * sd - 2.192 * z_sd
    ceiling = mean + special.ndtri(costs.critical_ratio) * sd
    ceiling = np.where(capped & (lot <= _FITTED_RATIO * safe), ceiling, np.inf)
    up_to = np.minimum(point + lot, ceiling)
    return np.where(some, np.minimum(point, ceiling), 0.0), np.where(some, up_to, 0.0)


def _moving(period: Demand, protection: Demand) -> Flags:
    some = (period.mean > 0) & (protection.mean > 0)
    if not (is_counted(period) & is_counted(protection))[some].all():
        raise ValueError("(s, S) policies by cost need counted demand: Poisson or negative binomial")
    return some & (1.0 - cdf(period, 0.0) > _NEVER)


def _zheng_federgruen(period: Demand, protection: Demand, costs: PolicyCosts) -> tuple[int, int, float]:
    """Walk s down for one S, then S up, and s up with every S that is cheaper."""
    ordering, holding, shortage = costs.ordering.item(), costs.holding.item(), costs.shortage.item()
    mean, middle = protection.mean.item(), int(quantile(protection, costs.critical_ratio).item())
    lot = math.sqrt(2 * ordering * period.mean.item() / holding * costs.critical_ratio.item())
    up_to = middle + math.ceil(lot)
    # No less than the cost of (middle - 1, up_to), for M(n) is at least n / mean; beyond it g alone is dearer.
    dear = ordering * period.mean.item() / (up_to - middle + 1)
    dear += expected_cost(protection, float(up_to), costs.holding, costs.shortage).item()
    lowest, highest = math.floor(mean - dear / shortage) - 1, math.ceil(mean + dear / holding) + 1
    levels = _levels(period, protection, costs, lowest, highest)
    point = middle - 1
    while levels.cost(point, up_to) > levels.g(point):
        point -= 1
    cost = levels.cost(point, up_to)
    for level in range(middle, highest):
        if levels.g(level) > cost:
            break
        if levels.cost(point, level) < cost:
            up_to = level
            while levels.cost(point, level) <= levels.g(point + 1):
                point += 1
            cost = levels.cost(point, level)
    return point, up_to, cost


def _levels(period: Demand, protection: Demand, costs: PolicyCosts, lowest: int, highest: int) -> _Levels:
    count = highest - lowest + 1
    if count > _MOST_LEVELS:
        raise ValueError(f"{count} levels of stock are too many to compare: count in a coarser unit")
    levels = np.arange(lowest, highest + 1, dtype=np.float64)
    visits = _visits(period, count)
    return _Levels(
        ordering=costs.ordering.item(),
        lowest=lowest,
        costs=expected_cost(protection, levels, costs.holding, costs.shortage),
        visits=visits,
        reviews=np.concatenate([[0.0], np.cumsum(visits)]),
    )


def _visits(period: Demand, count: int) -> Floats:
    """Return m(0) ... m(count - 1): m(j) = {[j = 0] + sum over k > 0 of f(k) m(j - k)} / {1 - f(0)}."""
    mass = np.diff(cdf(period, np.arange(count, dtype=np.float64)), prepend=0.0)
    backwards = mass[::-1].copy()
    reach = int(np.flatnonzero(mass)[-1])
    stay = 1.0 / (1.0 - mass[0])
    visits = np.empty(count)
    visits[0] = stay
    for j in range(1, count):
        first = max(j - reach, 0)
        visits[j] = stay * (backwards[count - 1 - j + first : count - 1] @ visits[first:j])
    return visits
