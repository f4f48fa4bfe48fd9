"""(r, Q) policies by cost: when the inventory position is down to r, order Q, at once and as often as needed.

With g(y) the newsvendor cost rate of demand over the lead time and D units demanded per unit of time, a policy costs
C(r, Q) = {K D + integral of g from r to r + Q} / Q, for counted demand with the sum over r + 1 ... r + Q instead
(Hadley & Whitin 1963; Zheng 1992). g is convex, so for any Q the best r balances the ends, g(r) = g(r + Q), which is
the condition of a fill rate of p / (h + p); and a Q is enough as soon as the next level it would take in costs more
than the policy does (Federgruen & Zheng 1992), which bisection finds. Exact where demand comes in single units.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from lambdas.inventory_optimizer.maths.bisection import smallest
from lambdas.inventory_optimizer.maths.distributions import Demand, quantile
from lambdas.inventory_optimizer.maths.losses import first_loss, is_counted, second_loss
from lambdas.inventory_optimizer.maths.policies.fill_rate import smallest_point
from lambdas.inventory_optimizer.maths.policies.newsvendor import expected_cost
from lambdas.inventory_optimizer.maths.policies.planned_backorders import plan_backorders

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.maths.arrays import Flags, Floats
    from lambdas.inventory_optimizer.maths.policies.policy_costs import PolicyCosts

    _Solver: TypeAlias = Callable[[Demand, Floats, PolicyCosts], tuple[Floats, Floats]]


@dataclass(frozen=True, slots=True)
class RQPolicy:
    """Reorder point and order quantity in units, whole for counted demand, and expected cost per unit of time."""

    point: Floats
    quantity: Floats
    cost: Floats


def rq_cost(demand: Demand, rate: Floats, costs: PolicyCosts, point: Floats, quantity: Floats) -> Floats:
    """Return C(r, Q) per unit of time.

    ``demand`` is over the lead time, ``rate`` in units per unit of time, the costs' own. ``quantity`` must be
    positive, and both it and ``point`` whole for counted families.
    """
    step = np.where(is_counted(demand), 1.0, 0.0)
    positions = quantity * (point - demand.mean) + quantity * (quantity + step) / 2
    losses = second_loss(demand, point) - second_loss(demand, point + quantity)
    levels = costs.holding * positions + (costs.holding + costs.shortage) * losses
    cost: Floats = (costs.ordering * rate + levels) / quantity
    return cost


def best_point(demand: Demand, costs: PolicyCosts, quantity: Floats) -> Floats:
    """Return the cheapest r for a Q that is given, by a minimum or a pack: whole for counted demand.

    ``demand`` is over the lead time. Raises ``ValueError`` unless ``quantity`` is positive and finite.
    """
    filled = smallest_point(demand, quantity, costs.critical_ratio, whole=False)
    return filled - np.where(is_counted(demand), 1.0, 0.0)


def best_rq(demand: Demand, rate: Floats, costs: PolicyCosts) -> RQPolicy:
    """Return the cheapest policy of each product, exactly; zeros without demand.

    ``demand`` is over the lead time, ``rate`` in units per unit of time. Takes under a millisecond a product where
    demand is counted, some milliseconds where it is measured. Raises ``ValueError`` where there is demand and ``rate``
    is not positive and finite.
    """
    return _with_demand(demand, rate, costs, _federgruen_zheng)


def approximate_rq(demand: Demand, rate: Floats, costs: PolicyCosts) -> RQPolicy:
    """Return the policy of Hadley and Whitin's loss-function approximation, and its exact cost.

    Q = sqrt(2 {K D + (h + p) n2(r)} / h) and n(r) = h Q / (h + p), as if n(r + Q) were zero. The usual iteration
    between the two is replaced by bisection for the one r that solves both and is no higher than the newsvendor's
    level. Raises ``ValueError`` on counted demand, for which ``best_rq`` is exact, and as that does.
    """
    if is_counted(demand).any():
        raise ValueError("the loss-function approximation is for measured demand: gamma, normal or known")
    return _with_demand(demand, rate, costs, _hadley_whitin)


def _with_demand(demand: Demand, rate: Floats, costs: PolicyCosts, solve: _Solver) -> RQPolicy:
    moving, counted = demand.mean > 0, is_counted(demand)
    if not (np.isfinite(rate[moving]).all() and (rate[moving] > 0).all()):
        raise ValueError("where there is demand over the lead time its rate must be positive and finite")
    point, quantity, cost = (np.zeros(demand.mean.shape) for _ in range(3))
    # Apart, for a search in whole numbers ends much sooner.
    for rows in (np.flatnonzero(moving & counted), np.flatnonzero(moving & ~counted)):
        if not rows.size:
            continue
        some, per_time, money = demand.take(rows), rate[rows], costs.take(rows)
        point[rows], quantity[rows] = solve(some, per_time, money)
        cost[rows] = rq_cost(some, per_time, money, point[rows], quantity[rows])
    return RQPolicy(point, quantity, cost)


def _federgruen_zheng(demand: Demand, rate: Floats, costs: PolicyCosts) -> tuple[Floats, Floats]:
    counted = is_counted(demand)

    def enough(quantity: Floats) -> Flags:
        point = best_point(demand, costs, quantity)
        next_above = point + quantity + np.where(counted, 1.0, 0.0)
        next_cost = np.minimum(_rate_at(demand, costs, point), _rate_at(demand, costs, next_above))
        return np.asarray(next_cost >= rq_cost(demand, rate, costs, point, quantity))

    high = 2.0 * _certain_quantity(rate, costs)
    high = np.where(counted, np.ceil(high), high)
    low = np.zeros_like(high)
    while (short := ~enough(high)).any():
        low, high = np.where(short, high, low), np.where(short, 2 * high, high)
    quantity = smallest(low, high, enough, counted)
    return best_point(demand, costs, quantity), quantity


def _hadley_whitin(demand: Demand, rate: Floats, costs: PolicyCosts) -> tuple[Floats, Floats]:
    both = costs.holding + costs.shortage

    def quantity_at(point: Floats) -> Floats:
        return np.asarray(both * first_loss(demand, point) / costs.holding)

    def enough(point: Floats) -> Flags:
        ordering = costs.holding * quantity_at(point) ** 2 / 2 - both * second_loss(demand, point)
        return np.asarray(ordering <= costs.ordering * rate)

    high = quantile(demand, costs.critical_ratio)
    width = _certain_quantity(rate, costs)
    while (above := enough(high - width)).any():
        width = np.where(above, 2 * width, width)
    point = smallest(high - width, high, enough, np.zeros(high.shape, dtype=bool))
    return point, quantity_at(point)


def _rate_at(demand: Demand, costs: PolicyCosts, level: Floats) -> Floats:
    return expected_cost(demand, level, costs.holding, costs.shortage)


def _certain_quantity(rate: Floats, costs: PolicyCosts) -> Floats:
    """Best Q where demand is certain, the scale of the search."""
    return plan_backorders(rate, costs.ordering, costs.holding, costs.shortage).quantity
