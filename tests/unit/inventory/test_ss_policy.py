from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.inventory_optimizer.maths.distributions import Demand, cdf, choose, quantile
from lambdas.inventory_optimizer.maths.policies.newsvendor import best_base_stock, expected_cost
from lambdas.inventory_optimizer.maths.policies.policy_costs import PolicyCosts
from lambdas.inventory_optimizer.maths.policies.ss_policy import best_ss, power_approximation, ss_cost
from tests.unit.inventory.demands import costs, counted, counted_demands, gamma, normal, one

policy_costs = st.builds(costs, st.floats(0.5, 100), st.floats(0.1, 2), st.floats(0.2, 20))


def cost_by_markov_chain(period: Demand, protection: Demand, money: PolicyCosts, point: int, up_to: int) -> float:
    """Cost from the stationary distribution of the position after ordering, which is in s + 1 ... S."""
    size = up_to - point
    mass = np.diff(cdf(period, np.arange(float(size))), prepend=0.0)
    moves = np.zeros((size, size))  # from and to positions S - i
    for i in range(size):
        moves[i, i:] = mass[: size - i]
    orders = 1.0 - moves.sum(axis=1)
    moves[:, 0] += orders
    equations = np.vstack([moves.T - np.eye(size), np.ones(size)])
    share = np.linalg.lstsq(equations, np.append(np.zeros(size), 1.0), rcond=None)[0]
    levels = expected_cost(protection, up_to - np.arange(float(size)), money.holding, money.shortage)
    return float(share @ levels + money.ordering[0] * (share @ orders))


@settings(max_examples=40)
@given(counted_demands(20.0), st.integers(0, 3), policy_costs, st.integers(-20, 60), st.integers(1, 60))
def test_the_cost_is_that_of_the_chain_of_positions(
    period: Demand, lead_time: int, money: PolicyCosts, point: int, size: int
) -> None:
    protection = period.over(lead_time + 1.0)
    found = ss_cost(period, protection, money, one(point), one(point + size))[0]
    assert found == pytest.approx(cost_by_markov_chain(period, protection, money, point, point + size), rel=1e-7)


@settings(max_examples=40)
@given(counted_demands(20.0), st.integers(0, 3), policy_costs)
def test_no_other_policy_nearby_is_cheaper(period: Demand, lead_time: int, money: PolicyCosts) -> None:
    protection = period.over(lead_time + 1.0)
    best = best_ss(period, protection, money)
    s, up_to = best.point[0], best.up_to[0]
    assert s < best_base_stock(protection, money.holding, money.shortage).level[0] <= up_to
    assert best.cost[0] == pytest.approx(ss_cost(period, protection, money, best.point, best.up_to)[0])
    for low in (-3, -2, -1, 0, 1, 2):
        for high in (-2, -1, 0, 1, 2, 5):
            if s + low < up_to + high:
                other = ss_cost(period, protection, money, one(s + low), one(up_to + high))[0]
                assert best.cost[0] <= other * (1 + 1e-9)


@pytest.mark.parametrize("ratio", [1.0, 2.5])
def test_no_policy_at_all_is_cheaper(ratio: float) -> None:
    period, money = counted(3.0, ratio), costs(12.0, 1.0, 6.0)
    best = best_ss(period, period, money)
    every = [(s, up_to) for s in range(-10, 15) for up_to in range(s + 1, 40)]
    all_costs = [ss_cost(period, period, money, one(s), one(up_to))[0] for s, up_to in every]
    assert (best.point[0], best.up_to[0]) == every[int(np.argmin(all_costs))]


def test_the_cost_is_that_of_a_simulated_policy() -> None:
    period, money, s, up_to, lead_time = counted(4.0, 2.0), costs(20.0, 1.0, 8.0), 9, 25, 2
    days = 200_000
    demanded = np.random.default_rng(4711).negative_binomial(4.0, 0.5, days)
    position, position_after = float(up_to), np.empty(days)
    for day in range(days):
        position = float(up_to) if position <= s else position
        position_after[day] = position
        position -= demanded[day]
    total = np.convolve(demanded, np.ones(lead_time + 1))[lead_time:days]
    net = position_after[: days - lead_time] - total
    orders = (np.diff(position_after) > -demanded[:-1]).mean()
    simulated = np.maximum(net, 0).mean() + 8 * np.maximum(-net, 0).mean() + 20 * orders
    found = ss_cost(period, period.over(lead_time + 1.0), money, one(s), one(up_to))[0]
    assert simulated == pytest.approx(found, rel=0.01)


def test_ordering_at_next_to_no_cost_is_a_base_stock_policy() -> None:
    period = counted(6.0)
    best = best_ss(period, period, costs(1e-9, 1.0, 4.0))
    assert (best.point[0], best.up_to[0]) == (7.0, 8.0)


def test_products_are_independent_of_each_other_and_those_without_demand_get_nothing() -> None:
    mean = np.array([10.0, 0.0, 20.0])
    demand = choose(mean, mean, np.array([True, True, True]))
    money = PolicyCosts(np.full(3, 64.0), np.ones(3), np.full(3, 9.0))
    best = best_ss(demand, demand, money)
    assert best.point.tolist() == [6.0, 0.0, 14.0]
    assert best.up_to.tolist() == [40.0, 0.0, 62.0]
    assert best.cost[1] == 0.0


def test_hardly_any_demand_is_still_kept_in_stock_if_shortages_are_dear() -> None:
    best = best_ss(counted(1e-6), counted(1e-5), costs(50.0, 0.001, 1000.0))
    assert (best.point[0], best.up_to[0]) == (0.0, 1.0)


@settings(max_examples=40)
@given(st.floats(5, 40), st.floats(1.0, 3.0), st.integers(0, 3), st.floats(8, 64), st.floats(2, 20))
def test_the_power_approximation_costs_little_more_than_the_best(
    mean: float, ratio: float, lead_time: int, ordering: float, shortage: float
) -> None:
    period, money = counted(mean, ratio), costs(ordering, 1.0, shortage)
    protection = period.over(lead_time + 1.0)
    s, up_to = power_approximation(period.mean, protection, money)
    best = best_ss(period, protection, money)
    found = ss_cost(period, protection, money, np.round(s), np.maximum(np.round(up_to), np.round(s) + 1))
    assert best.cost[0] <= found[0] <= 1.15 * best.cost[0]


def test_the_power_approximation_stays_below_the_base_stock_where_orders_are_cheap() -> None:
    protection, money = normal(50.0, 8.0), costs(0.5, 0.18, 0.7)
    level = quantile(protection, money.critical_ratio)[0]
    s, up_to = power_approximation(one(50.0), protection, money)
    _, uncapped = power_approximation(one(50.0), protection, money, capped=False)
    assert s[0] < up_to[0] == pytest.approx(level)
    assert uncapped[0] > level


def test_the_power_approximation_without_variance_and_without_demand_gives_numbers() -> None:
    s, up_to = power_approximation(
        np.array([50.0, 0.0]),
        choose(np.array([50.0, 0.0]), np.zeros(2), np.zeros(2, bool)),
        PolicyCosts(np.full(2, 64.0), np.ones(2), np.full(2, 9.0)),
    )
    assert s.tolist() == [pytest.approx(48.65), 0.0]
    assert up_to[0] > s[0]
    assert up_to[1] == 0.0


@pytest.mark.parametrize(("point", "up_to"), [(4.0, 4.0), (5.0, 4.0), (3.5, 9.0), (3.0, np.inf)])
def test_levels_that_are_no_policy_are_refused(point: float, up_to: float) -> None:
    demand = counted(3.0)
    with pytest.raises(ValueError, match="whole"):
        ss_cost(demand, demand, costs(1, 1, 1), one(point), one(up_to))


def test_measured_demand_and_too_many_levels_are_refused() -> None:
    measured, fast = gamma(3.0, 2.0), counted(1e6)
    with pytest.raises(ValueError, match="counted demand"):
        best_ss(measured, measured, costs(1, 1, 1))
    with pytest.raises(ValueError, match="coarser unit"):
        best_ss(fast, fast, costs(1e6, 0.01, 1.0))
