"""The policies by cost against stockpyl, on parameters that are drawn anew from a seed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from stockpyl import eoq, newsvendor, rq, ss

from lambdas.inventory_optimizer.maths.policies.newsvendor import best_base_stock
from lambdas.inventory_optimizer.maths.policies.order_quantity import annual_cost, economic_quantity
from lambdas.inventory_optimizer.maths.policies.planned_backorders import plan_backorders
from lambdas.inventory_optimizer.maths.policies.quantity_discounts import PriceTiers, discounted_quantity
from lambdas.inventory_optimizer.maths.policies.rq_policy import approximate_rq, best_point, best_rq, rq_cost
from lambdas.inventory_optimizer.maths.policies.ss_policy import best_ss, power_approximation, ss_cost
from tests.unit.inventory.demands import costs, counted, normal, one

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.maths.distributions import Demand
    from lambdas.inventory_optimizer.maths.policies.policy_costs import PolicyCosts

SEED = 4711


class Draw:
    """Random parameters; what was drawn is printed, and pytest shows it where a test fails."""

    def __init__(self, test: int) -> None:
        self._random = np.random.default_rng([SEED, test])
        print(f"seed {SEED}, draw {test}")  # noqa: T201 - a failure can be drawn again

    def between(self, low: float, high: float) -> float:
        """Draw evenly by magnitude."""
        value = float(np.exp(self._random.uniform(math.log(low), math.log(high))))
        print(f"  {value!r}")  # noqa: T201 - as above
        return value

    def costs(self) -> tuple[float, float, float, PolicyCosts]:
        """Holding, shortage and ordering cost, in stockpyl's order, and all three in ours."""
        holding = self.between(0.1, 2)
        shortage, ordering = holding * self.between(2, 50), self.between(1, 50)
        return holding, shortage, ordering, costs(ordering, holding, shortage)

    def lead_time_demand(self) -> tuple[float, float, float, Demand]:
        """Mean and standard deviation per unit of time, lead time, and the normal demand over that."""
        mean, lead_time = self.between(5, 2000), self.between(0.1, 3)
        sd = mean * self.between(0.05, 0.4)
        return mean, sd, lead_time, normal(mean * lead_time, sd * math.sqrt(lead_time))


@pytest.mark.parametrize("test", range(20))
def test_economic_quantity(test: int) -> None:
    draw = Draw(test)
    ordering, holding, demand = draw.between(0.1, 1000), draw.between(0.01, 100), draw.between(0.1, 1e6)
    quantity, cost = eoq.economic_order_quantity(ordering, holding, demand)
    found = economic_quantity(one(demand), one(ordering), one(holding))
    assert found[0] == pytest.approx(quantity, rel=1e-12)
    assert annual_cost(found, one(demand), one(ordering), one(holding))[0] == pytest.approx(cost, rel=1e-12)


@pytest.mark.parametrize("test", range(20))
def test_all_units_discounts(test: int) -> None:
    draw = Draw(test)
    ordering, rate, demand = draw.between(1, 500), draw.between(0.05, 0.5), draw.between(10, 1e5)
    breaks = [0.0, *np.cumsum([draw.between(10, 2000) for _ in range(3)]).tolist()]
    unit_costs = [draw.between(0.1, 50)]
    for _ in range(3):
        unit_costs.append(unit_costs[-1] * draw.between(0.8, 0.999))
    expected = eoq.economic_order_quantity_with_all_units_discounts(ordering, rate, demand, breaks, unit_costs)
    lot = discounted_quantity(
        one(demand), one(ordering), one(rate), PriceTiers(np.array([breaks]), np.array([unit_costs]))
    )
    assert (lot.quantity[0], lot.tier[0], lot.annual_cost[0]) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("test", range(20))
def test_planned_backorders(test: int) -> None:
    draw = Draw(test)
    ordering, holding, demand = draw.between(0.1, 1000), draw.between(0.01, 100), draw.between(0.1, 1e6)
    waiting = draw.between(0.01, 1000)
    expected = eoq.economic_order_quantity_with_backorders(ordering, holding, waiting, demand)
    plan = plan_backorders(one(demand), one(ordering), one(holding), one(waiting))
    assert (plan.quantity[0], plan.waiting_share[0], plan.annual_cost[0]) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("test", range(20))
def test_newsvendor_under_normal_demand(test: int) -> None:
    draw = Draw(test)
    holding, shortage, mean = draw.between(0.01, 10), draw.between(0.01, 100), draw.between(1, 1e4)
    sd = mean * draw.between(0.01, 0.5)
    best = best_base_stock(normal(mean, sd), one(holding), one(shortage))
    expected = newsvendor.newsvendor_normal(holding, shortage, mean, sd)
    assert (best.level[0], best.cost[0]) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("test", range(20))
def test_newsvendor_under_poisson_demand(test: int) -> None:
    draw = Draw(test)
    holding, shortage, mean = draw.between(0.01, 10), draw.between(0.01, 100), draw.between(0.1, 500)
    best = best_base_stock(counted(mean), one(holding), one(shortage))
    expected = newsvendor.newsvendor_poisson(holding, shortage, mean)
    assert (best.level[0], best.cost[0]) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("test", range(10))
def test_cost_and_best_point_of_an_rq_policy_under_normal_demand(test: int) -> None:
    draw = Draw(test)
    holding, shortage, ordering, money = draw.costs()
    mean, sd, lead_time, demand = draw.lead_time_demand()
    quantity = mean * draw.between(0.05, 3)
    point = rq.r_q_optimal_r_for_q(quantity, holding, shortage, mean, sd, lead_time, tol=1e-9)
    found = best_point(demand, money, one(quantity))
    assert found[0] == pytest.approx(point, abs=1e-5 * quantity)
    expected = rq.r_q_cost(point, quantity, holding, shortage, ordering, mean, sd, lead_time)
    assert rq_cost(demand, one(mean), money, one(point), one(quantity))[0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("test", range(10))
def test_loss_function_approximation_of_an_rq_policy(test: int) -> None:
    draw = Draw(test)
    holding, shortage, ordering, money = draw.costs()
    mean, sd, lead_time, demand = draw.lead_time_demand()
    expected = rq.r_q_loss_function_approximation(holding, shortage, ordering, mean, sd, lead_time)
    found = approximate_rq(demand, one(mean), money)
    assert (found.point[0], found.quantity[0]) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("test", range(10))
def test_best_rq_policy_under_poisson_demand(test: int) -> None:
    draw = Draw(test)
    holding, shortage, ordering, money = draw.costs()
    mean, lead_time = draw.between(0.2, 10), draw.between(0.2, 4)
    point, quantity, cost = rq.r_q_poisson_exact(holding, shortage, ordering, mean, lead_time)
    best = best_rq(counted(mean * lead_time), one(mean), money)
    assert (best.point[0], best.quantity[0]) == (point, quantity)
    assert best.cost[0] == pytest.approx(cost, rel=1e-8)


@pytest.mark.parametrize("test", range(10))
def test_best_ss_policy_under_poisson_demand(test: int) -> None:
    draw = Draw(test)
    holding, shortage, ordering, money = draw.costs()
    demand = counted(draw.between(0.3, 10))
    s, up_to, cost = ss.s_s_discrete_exact(holding, shortage, ordering, use_poisson=True, demand_mean=demand.mean[0])
    best = best_ss(demand, demand, money)
    assert (best.point[0], best.up_to[0]) == (s, up_to)
    assert best.cost[0] == pytest.approx(cost, rel=1e-8)


@pytest.mark.parametrize("test", range(10))
def test_cost_of_an_ss_policy_under_poisson_demand(test: int) -> None:
    draw = Draw(test)
    holding, shortage, ordering, money = draw.costs()
    demand = counted(draw.between(0.3, 20))
    s = math.floor(draw.between(1, 60)) - 10
    up_to = s + math.ceil(draw.between(1, 40))
    expected = ss.s_s_cost_discrete(s, up_to, holding, shortage, ordering, use_poisson=True, demand_mean=demand.mean[0])
    assert ss_cost(demand, demand, money, one(s), one(up_to))[0] == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("test", range(20))
def test_power_approximation_of_an_ss_policy(test: int) -> None:
    draw = Draw(test)
    holding, shortage, ordering, money = draw.costs()
    mean = draw.between(1, 1000)
    sd = mean * draw.between(0.05, 1)
    expected = ss.s_s_power_approximation(holding, shortage, ordering, mean, sd)
    s, up_to = power_approximation(one(mean), normal(mean, sd), money, capped=False)
    assert (s[0], up_to[0]) == pytest.approx(expected, rel=1e-12)
