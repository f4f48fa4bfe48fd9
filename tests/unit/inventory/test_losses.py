from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.inventory_optimizer.maths.distributions import Demand, cdf, loss
from lambdas.inventory_optimizer.maths.losses import first_loss, second_loss
from tests.unit.inventory.demands import counted, counted_demands, demands, gamma, known, measured_demands


@settings(max_examples=50)
@given(counted_demands(), st.integers(-20, 300))
def test_second_loss_of_counted_demand_is_the_sum_of_losses_above(demand: Demand, x: int) -> None:
    above = loss(demand, np.arange(x + 1.0, x + 6000.0)).sum()
    assert second_loss(demand, float(x))[0] == pytest.approx(above, rel=1e-7, abs=1e-7)


@settings(max_examples=20)
@given(measured_demands(), st.floats(-1.0, 4.0), st.floats(0.01, 2.0))
def test_second_loss_of_measured_demand_is_the_integral_of_losses(demand: Demand, start: float, width: float) -> None:
    x, y = start * demand.mean[0], (start + width) * demand.mean[0]
    nodes, weights = np.polynomial.legendre.leggauss(200)
    integral = (y - x) / 2 * (weights @ loss(demand, (x + y) / 2 + (y - x) / 2 * nodes))
    found = second_loss(demand, x)[0] - second_loss(demand, y)[0]
    assert found == pytest.approx(integral, rel=1e-4, abs=1e-6 * demand.mean[0] ** 2)


@given(demands(), st.floats(-50, 500), st.floats(0.01, 100))
def test_losses_are_positive_and_fall_as_the_level_rises(demand: Demand, x: float, step: float) -> None:
    low, high = first_loss(demand, x)[0], first_loss(demand, x + step)[0]
    assert low >= high - 1e-9 * demand.mean[0]
    assert high >= 0
    assert low - high <= step * (1 + 1e-9) + 1e-9


def test_between_whole_numbers_the_loss_of_counted_demand_is_linear() -> None:
    demand = counted(3.7, 2.0)
    ends = loss(demand, np.array([4.0, 5.0]))
    assert first_loss(demand, 4.25)[0] == pytest.approx(0.75 * ends[0] + 0.25 * ends[1])
    assert first_loss(demand, -0.5)[0] == pytest.approx(4.2)


def test_losses_of_measured_demand_scale_with_its_unit() -> None:
    kilograms, grams = gamma(2.0, 0.7), gamma(2000.0, 700.0)
    assert second_loss(grams, 2500.0) == pytest.approx(1e6 * second_loss(kilograms, 2.5))


def test_second_loss_of_known_demand_and_far_above_any_demand() -> None:
    assert second_loss(known(10.0), np.array([4.0, 10.0, 12.0])).tolist() == [18.0, 0.0, 0.0]
    assert second_loss(counted(10.0), 1e6)[0] == 0.0
    assert cdf(counted(10.0), 1e6)[0] == 1.0
