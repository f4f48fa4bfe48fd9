from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.inventory_optimizer.maths.distributions import Demand, cdf, choose, loss, quantile
from lambdas.inventory_optimizer.maths.losses import is_counted
from lambdas.inventory_optimizer.maths.policies.fill_rate import fill_rate, reorder_point, smallest_point, units_short
from tests.unit.inventory.demands import counted, demands, gamma, known, normal, one

targets = st.floats(0.5, 0.9999)
lots = st.one_of(st.integers(1, 500).map(float), st.floats(1e-6, 1e7))


@given(demands(5000.0), lots, targets)
def test_the_whole_point_reaches_the_target_and_the_one_below_does_not(
    demand: Demand, lot: float, target: float
) -> None:
    s = smallest_point(demand, one(lot), target)
    assert s[0] == np.floor(s[0])
    allowed = (1 - target) * lot
    assert units_short(demand, s, one(lot))[0] <= allowed * (1 + 1e-8)
    assert units_short(demand, s - 1, one(lot))[0] > allowed


@given(demands(5000.0), lots, targets)
def test_the_real_point_meets_the_target_of_measured_demand_exactly(demand: Demand, lot: float, target: float) -> None:
    s = smallest_point(demand, one(lot), target, whole=False)
    if is_counted(demand)[0]:
        assert s[0] == smallest_point(demand, one(lot), target)[0]
    elif demand.sd[0] > 0:
        assert fill_rate(demand, s, one(lot))[0] == pytest.approx(target, abs=1e-7)
    else:
        assert s[0] == pytest.approx(demand.mean[0] - (1 - target) * lot, rel=1e-9, abs=1e-9 * lot)


@given(demands(5000.0), lots, targets)
def test_the_point_lies_within_one_lot_below_the_quantile(demand: Demand, lot: float, target: float) -> None:
    s, covered = smallest_point(demand, one(lot), target)[0], quantile(demand, target)[0]
    assert covered - lot - 1e-6 * (1 + lot) <= s <= np.ceil(covered)


@given(demands(5000.0), st.tuples(lots, lots), st.tuples(targets, targets))
def test_points_rise_with_the_target_and_fall_with_the_lot(
    demand: Demand, pair: tuple[float, float], levels: tuple[float, float]
) -> None:
    (small, large), (low, high) = sorted(pair), sorted(levels)
    assert smallest_point(demand, one(small), low)[0] <= smallest_point(demand, one(small), high)[0]
    assert smallest_point(demand, one(large), high)[0] <= smallest_point(demand, one(small), high)[0]


@given(st.floats(0.1, 300), st.floats(1.0, 8.0), st.integers(-30, 400), st.integers(1, 200))
def test_the_fill_rate_of_counted_demand_is_the_chance_that_a_unit_finds_stock(
    mean: float, ratio: float, point: int, lot: int
) -> None:
    demand = counted(mean, ratio)
    positions = np.arange(point + 1.0, point + lot + 1.0)
    found = cdf(demand, positions - 1).mean()
    assert fill_rate(demand, one(point), one(lot))[0] == pytest.approx(found, abs=1e-9)


def test_the_fill_rate_is_that_of_a_simulated_policy() -> None:
    rate, lead_time, point, lot, units = 3.0, 2.0, 5, 7, 2_000_000
    arrivals = np.cumsum(np.random.default_rng(4711).exponential(1 / rate, units))
    before = np.searchsorted(arrivals, arrivals - lead_time, side="right")
    position = point + lot - before % lot  # one lead time ago, when what has arrived by now was on order
    net_stock = position - (np.arange(units) - before)
    expected = fill_rate(counted(rate * lead_time), one(point), one(lot))[0]
    assert (net_stock[1000:] > 0).mean() == pytest.approx(expected, abs=0.003)


def test_leaving_out_the_upper_end_holds_more_than_is_needed_at_a_small_lot() -> None:
    demand, lot, target = normal(100.0, 40.0), 10.0, 0.95
    exact = smallest_point(demand, one(lot), target, whole=False)[0]
    levels = np.linspace(exact, exact + 200, 20_001)
    one_ended = levels[np.argmax(loss(demand, levels) <= (1 - target) * lot)]
    assert fill_rate(demand, exact, one(lot))[0] == pytest.approx(target)
    assert fill_rate(demand, one_ended, one(lot))[0] == pytest.approx(0.976, abs=0.001)
    assert one_ended - exact == pytest.approx(13.13, abs=0.01)


@pytest.mark.parametrize(
    ("demand", "lot", "target", "point"),
    [
        (known(0.0), 50.0, 0.9, 0.0),
        (known(10.0), 10.0, 0.9, 9.0),  # rounding of 1 - 0.9 does not cost a unit
        (known(10.0), 1000.0, 0.9, -90.0),
        (normal(10.0, 0.0), 10.0, 0.9, 9.0),
        (counted(2.4), 1.0, 0.95, 5.0),  # a lot of one: the cycle service level's point
        (counted(2.4), 1e10, 0.9, -999_999_997.0),
        (counted(2.4), 1e-9, 0.95, 5.0),
        (gamma(1e-8, 1e4), 10.0, 0.9999, 0.0),
    ],
)
def test_points_at_the_edges(demand: Demand, lot: float, target: float, point: float) -> None:
    assert smallest_point(demand, one(lot), target)[0] == point


@given(st.floats(0, 1e-3), st.floats(0, 1e7), st.booleans(), lots, targets)
def test_hardly_any_demand_with_any_variance_gives_numbers(
    mean: float,
    variance: float,
    counted: bool,  # noqa: FBT001
    lot: float,
    target: float,
) -> None:
    demand = choose(one(mean), one(variance), np.array([counted]))
    point = reorder_point(demand, one(lot), target)
    assert np.isfinite(point.reorder_point[0])
    assert target - 1e-8 <= point.achieved[0] <= 1


def test_products_are_independent_of_each_other() -> None:
    mean = np.array([0.0, 2.4, 6.0, 900.0, 3.3])
    demand = choose(mean, np.array([0.0, 2.4, 18.0, 4e4, 2.0]), np.array([True, True, True, True, False]))
    lot, target = np.array([1.0, 5.0, 40.0, 1e5, 0.5]), np.array([0.5, 0.9, 0.95, 0.99, 0.9999])
    together = smallest_point(demand, lot, target)
    alone = [smallest_point(demand.take(np.array([row])), lot[[row]], target[row])[0] for row in range(5)]
    assert together.tolist() == alone


def test_a_point_set_by_hand_wins_and_its_fill_rate_is_reported() -> None:
    demand = choose(np.full(2, 28.0), np.full(2, 28.0), np.array([True, True]))
    point = reorder_point(demand, np.full(2, 100.0), 0.95, np.array([np.nan, 20.0]))
    assert point.reorder_point.tolist() == [24.0, 20.0]
    assert point.safety_stock.tolist() == [-4.0, -8.0]
    assert point.achieved[0] >= 0.95 > point.achieved[1]


@pytest.mark.parametrize("lot", [0.0, -1.0, np.inf, np.nan])
def test_a_lot_that_is_no_quantity_is_refused(lot: float) -> None:
    with pytest.raises(ValueError, match="positive and finite"):
        smallest_point(counted(3.0), one(lot), 0.9)


@pytest.mark.parametrize("target", [0.0, 1.0])
def test_a_target_that_no_stock_reaches_is_refused(target: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        smallest_point(counted(3.0), one(5), target)
