from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.inventory_optimizer.maths.distributions import Demand, cdf
from lambdas.inventory_optimizer.maths.policies.newsvendor import best_base_stock, expected_cost
from tests.unit.inventory.demands import counted, counted_demands, demands, gamma, known, one

unit_costs = st.floats(0.01, 100)


@given(demands(), unit_costs, unit_costs, st.floats(-2, 4))
def test_no_other_level_is_cheaper(demand: Demand, overage: float, underage: float, other: float) -> None:
    best = best_base_stock(demand, one(overage), one(underage))
    another = expected_cost(demand, one(other * demand.mean[0]), one(overage), one(underage))
    assert best.cost[0] <= another[0] + 1e-9 * (overage + underage) * demand.mean[0]


@given(counted_demands(50.0), unit_costs, unit_costs, st.integers(0, 80))
def test_the_cost_is_the_sum_over_what_may_be_demanded(
    demand: Demand, overage: float, underage: float, level: int
) -> None:
    quantities = np.arange(3000.0)
    mass = np.diff(cdf(demand, quantities), prepend=0.0)
    costs = overage * np.maximum(level - quantities, 0) + underage * np.maximum(quantities - level, 0)
    found = expected_cost(demand, one(level), one(overage), one(underage))[0]
    assert found == pytest.approx(mass @ costs, rel=1e-7, abs=1e-7)


def test_known_demand_is_stocked_exactly_and_costs_nothing() -> None:
    best = best_base_stock(known(7.5), one(2), one(3))
    assert (best.level[0], best.cost[0]) == (7.5, 0.0)
    assert best.critical_ratio[0] == pytest.approx(0.6)


def test_a_dearer_shortage_is_stocked_for() -> None:
    for demand in (counted(20.0), counted(20.0, 3.0), gamma(20.0, 3.0)):
        levels = [best_base_stock(demand, one(1), one(underage)).level[0] for underage in (0.5, 2.0, 10.0, 100.0)]
        assert levels == sorted(set(levels))


@pytest.mark.parametrize(("overage", "underage"), [(0.0, 1.0), (1.0, -1.0), (np.inf, 1.0), (1.0, np.nan)])
def test_costs_without_a_trade_off_are_refused(overage: float, underage: float) -> None:
    with pytest.raises(ValueError, match="positive and finite"):
        best_base_stock(counted(3.0), one(overage), one(underage))
