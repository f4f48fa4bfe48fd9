from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.inventory_optimizer.maths.distributions import Demand, choose
from lambdas.inventory_optimizer.maths.policies.newsvendor import expected_cost
from lambdas.inventory_optimizer.maths.policies.planned_backorders import plan_backorders
from lambdas.inventory_optimizer.maths.policies.policy_costs import PolicyCosts
from lambdas.inventory_optimizer.maths.policies.rq_policy import approximate_rq, best_point, best_rq, rq_cost
from tests.unit.inventory.demands import (
    costs,
    counted,
    counted_demands,
    demands,
    gamma,
    known,
    measured_demands,
    normal,
    one,
)

policy_costs = st.builds(costs, st.floats(0.1, 500), st.floats(0.01, 5), st.floats(0.05, 50))
lead_times = st.floats(0.1, 20)


@given(counted_demands(), lead_times, policy_costs, st.integers(-50, 300), st.integers(1, 200))
def test_the_cost_for_counted_demand_is_the_mean_over_the_positions(
    demand: Demand, lead_time: float, money: PolicyCosts, point: int, quantity: int
) -> None:
    rate = demand.mean / lead_time
    positions = np.arange(point + 1.0, point + quantity + 1.0)
    levels = expected_cost(demand, positions, money.holding, money.shortage).mean()
    expected = money.ordering[0] * rate[0] / quantity + levels
    assert rq_cost(demand, rate, money, one(point), one(quantity))[0] == pytest.approx(expected, rel=1e-8)


@settings(max_examples=30)
@given(measured_demands(), lead_times, policy_costs, st.floats(-1, 3), st.floats(0.1, 3))
def test_the_cost_for_measured_demand_is_the_integral_over_the_positions(
    demand: Demand, lead_time: float, money: PolicyCosts, start: float, width: float
) -> None:
    rate, point, quantity = demand.mean / lead_time, start * demand.mean, width * demand.mean
    nodes, weights = np.polynomial.legendre.leggauss(200)
    positions = point + quantity * (nodes + 1) / 2
    levels = weights @ expected_cost(demand, positions, money.holding, money.shortage) / 2
    expected = money.ordering[0] * rate[0] / quantity[0] + levels
    assert rq_cost(demand, rate, money, point, quantity)[0] == pytest.approx(expected, rel=1e-4)


@given(counted_demands(), lead_times, policy_costs)
def test_no_other_whole_policy_nearby_is_cheaper(demand: Demand, lead_time: float, money: PolicyCosts) -> None:
    rate = demand.mean / lead_time
    best = best_rq(demand, rate, money)
    assert best.point[0] == np.floor(best.point[0])
    assert best.quantity[0] == np.floor(best.quantity[0]) >= 1
    points, quantities = np.meshgrid(best.point + np.arange(-8.0, 9.0), best.quantity + np.arange(-8.0, 9.0))
    others = rq_cost(demand, rate, money, points, np.maximum(quantities, 1.0))
    assert best.cost[0] <= others.min() * (1 + 1e-9)


@settings(max_examples=10)
@given(measured_demands(), lead_times, policy_costs)
def test_no_other_measured_policy_nearby_is_cheaper(demand: Demand, lead_time: float, money: PolicyCosts) -> None:
    rate = demand.mean / lead_time
    best = best_rq(demand, rate, money)
    for point, quantity in ((0.01, 1.0), (-0.01, 1.0), (0.0, 1.01), (0.0, 0.99), (-0.01, 1.01), (0.3, 0.5), (-0.3, 2)):
        other = rq_cost(demand, rate, money, best.point + point * best.quantity, quantity * best.quantity)
        assert best.cost[0] <= other[0] * (1 + 1e-9)


@given(demands(), policy_costs, st.integers(1, 500))
def test_the_point_for_a_given_quantity_is_not_beaten_by_its_neighbours(
    demand: Demand, money: PolicyCosts, quantity: int
) -> None:
    rate, lot = demand.mean, one(quantity)
    point = best_point(demand, money, lot)
    cost = rq_cost(demand, rate, money, point, lot)[0]
    for step in (-1.0, 1.0):
        assert cost <= rq_cost(demand, rate, money, point + step, lot)[0] * (1 + 1e-9)


@settings(max_examples=10)
@given(measured_demands(), lead_times, policy_costs)
def test_the_approximation_solves_its_equations_and_is_no_cheaper_than_the_best(
    demand: Demand, lead_time: float, money: PolicyCosts
) -> None:
    rate = demand.mean / lead_time
    found = approximate_rq(demand, rate, money)
    assert found.cost[0] >= best_rq(demand, rate, money).cost[0] * (1 - 1e-9)
    assert found.quantity[0] >= np.sqrt(2 * money.ordering * rate / money.holding)[0] * (1 - 1e-9)


def test_known_demand_gives_the_quantity_of_planned_backorders() -> None:
    demand, rate, money = known(100.0), one(1200.0), costs(8.0, 0.225, 5.0)
    plan = plan_backorders(rate, money.ordering, money.holding, money.shortage)
    for policy in (best_rq(demand, rate, money), approximate_rq(demand, rate, money)):
        assert policy.quantity == pytest.approx(plan.quantity, rel=1e-6)
        assert policy.point == pytest.approx(100 - plan.waiting_share * plan.quantity, rel=1e-6)
        assert policy.cost == pytest.approx(plan.annual_cost, rel=1e-9)


def test_quantities_rise_with_the_cost_of_an_order_and_points_with_that_of_a_shortage() -> None:
    demand, rate = counted(12.0, 3.0), one(4.0)
    quantities = [best_rq(demand, rate, costs(k, 0.1, 2.0)).quantity[0] for k in (1, 5, 25, 125)]
    points = [best_rq(demand, rate, costs(25, 0.1, p)).point[0] for p in (0.2, 1, 5, 25)]
    assert quantities == sorted(set(quantities))
    assert points == sorted(set(points))


def test_the_best_policy_of_a_fast_mover_is_found() -> None:
    demand, rate, money = counted(20_000.0, 50.0), one(2000.0), costs(100.0, 0.0005, 0.05)
    best = best_rq(demand, rate, money)
    assert best.quantity[0] > np.sqrt(2 * 100 * 2000 / 0.0005)
    step = np.array([-1.0, 0.0, 1.0])
    assert rq_cost(demand, rate, money, best.point, best.quantity + step).argmin() == 1


def test_products_are_independent_of_each_other_and_those_without_demand_get_nothing() -> None:
    mean, mixed = np.array([0.0, 3.0, 30.0, 3.3, 0.1]), np.array([True, True, True, False, True])
    demand = choose(mean, np.array([0.0, 3.0, 90.0, 2.0, 0.1]), mixed)
    rate = mean / 2
    money = PolicyCosts(np.array([1, 100.0, 50, 8, 1e-3]), np.array([1.0, 20, 0.2, 1, 5]), np.full(5, 150.0))
    together = best_rq(demand, rate, money)
    assert (together.point[0], together.quantity[0], together.cost[0]) == (0.0, 0.0, 0.0)
    assert (together.point[1], together.quantity[1]) == (3.0, 5.0)
    assert together.quantity[4] == 1.0
    for row in range(1, 5):
        only = np.array([row])
        alone = best_rq(demand.take(only), rate[only], money.take(only))
        assert (alone.point[0], alone.quantity[0]) == pytest.approx((together.point[row], together.quantity[row]))


def test_what_the_policies_are_not_for_is_refused() -> None:
    with pytest.raises(ValueError, match="measured demand"):
        approximate_rq(counted(3.0), one(1), costs(1, 1, 1))
    with pytest.raises(ValueError, match="rate must be positive"):
        best_rq(gamma(3.0, 2.0), one(0), costs(1, 1, 1))
    with pytest.raises(ValueError, match="holding cost must be positive"):
        costs(1, 0, 1)
    with pytest.raises(ValueError, match="positive and finite"):
        best_point(normal(10.0, 2.0), costs(1, 1, 1), one(0))
