from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.inventory_optimizer.maths.distributions import choose
from lambdas.inventory_optimizer.maths.policies.order_quantity import (
    LotRules,
    annual_cost,
    best_lot,
    economic_quantity,
    rounded_order,
    triggers,
)
from lambdas.inventory_optimizer.maths.policies.reorder import protection_demand, reorder_point


def one(value: float) -> np.ndarray:
    return np.array([float(value)])


def rules(pack: float = 1, moq: float = 0, maximum: float = np.inf) -> LotRules:
    return LotRules(one(pack), one(moq), one(maximum))


@given(
    st.floats(0.1, 1e5),
    st.floats(0.5, 500),
    st.floats(0.01, 100),
    st.integers(1, 48),
    st.integers(0, 300),
    st.integers(0, 40),
)
def test_no_other_whole_number_of_packs_within_the_rules_is_cheaper(
    demand: float, ordering: float, holding: float, pack: int, moq: int, room: int
) -> None:
    given = rules(pack, moq, moq + pack * (room + 1))
    lot = best_lot(one(demand), one(ordering), one(holding), given)
    assert lot[0] % pack == 0
    assert max(moq, 1) <= lot[0] <= moq + pack * (room + 1)
    choices = np.arange(given.smallest[0], given.largest[0] + 1, pack)
    cheapest = annual_cost(choices, one(demand), one(ordering), one(holding)).min()
    assert annual_cost(lot, one(demand), one(ordering), one(holding))[0] == pytest.approx(cheapest, rel=1e-9)


@pytest.mark.parametrize(
    ("demand", "holding", "given", "lot"),
    [
        (0.0, 1.0, rules(6, 10), 12.0),  # no demand: the smallest order
        (500.0, 0.0, rules(6, 10), 12.0),  # holding is free, no cap: the smallest order
        (500.0, 0.0, rules(6, 10, 100), 96.0),  # holding is free: the cap
        (1e6, 0.1, rules(6, 10, 100), 96.0),
        (1e-9, 10.0, rules(6, 100), 102.0),
    ],
)
def test_lots_at_the_edges(demand: float, holding: float, given: LotRules, lot: float) -> None:
    assert best_lot(one(demand), one(50), one(holding), given)[0] == lot


def test_economic_quantity_without_holding_cost_is_unbounded_and_without_demand_nothing() -> None:
    found = economic_quantity(np.array([100.0, 0.0, 0.0]), np.full(3, 10.0), np.array([0.0, 0.0, 2.0]))
    assert found.tolist() == [np.inf, 0.0, 0.0]


@given(st.floats(-50, 5000), st.integers(1, 48), st.integers(0, 300))
def test_an_order_covers_the_need_with_the_fewest_packs(need: float, pack: int, moq: int) -> None:
    order = rounded_order(one(need), rules(pack, moq))[0]
    if need <= 0:
        assert order == 0
    else:
        assert order % pack == 0
        assert order >= max(need - 1e-6, moq)
        assert order < max(need, moq, 1) + pack


def test_a_cap_leaves_part_of_the_need() -> None:
    assert rounded_order(one(500), rules(12, 0, 100))[0] == 96


@pytest.mark.parametrize(
    ("position", "point", "review", "due"),
    [(9, 10, 1, True), (10, 10, 1, False), (10, 10, 0, True), (11, 10, 0, False), (0, 0, 0, False), (-1, 0, 7, True)],
)
def test_an_order_is_due_below_the_point_and_under_continuous_review_at_it(
    position: float,
    point: float,
    review: float,
    due: bool,  # noqa: FBT001
) -> None:
    assert triggers(one(position), one(point), one(review))[0] == due


@given(
    st.floats(0, 500),
    st.floats(0, 30),
    st.floats(0, 0.3),
    st.floats(0, 60),
    st.floats(0, 20),
    st.booleans(),
    st.tuples(st.floats(0.5, 0.9999), st.floats(0.5, 0.9999)),
)
def test_reorder_points_rise_with_the_service_level_and_reach_it(
    mean: float,
    ratio: float,
    level_share: float,
    days: float,
    lead_time_sd: float,
    counted: bool,  # noqa: FBT001
    services: tuple[float, float],
) -> None:
    flag = np.array([counted])
    own = choose(one(mean * days), one(mean * ratio * days + (mean * level_share * days) ** 2), flag)
    demand = protection_demand(own, one(mean), one(lead_time_sd), flag)
    low, high = (reorder_point(demand, service) for service in sorted(services))
    assert low.reorder_point[0] <= high.reorder_point[0]
    for point, service in zip((low, high), sorted(services), strict=True):
        assert point.achieved[0] >= service
        assert np.isfinite([point.reorder_point[0], point.safety_stock[0]]).all()


@pytest.mark.parametrize(("own", "expected"), [(115.0, 115.0), (10.0, 40.0)], ids=["its own", "that of a Poisson"])
def test_protection_demand_adds_the_spread_of_the_lead_time_to_the_variance(own: float, expected: float) -> None:
    counted = np.array([True])
    demand = protection_demand(choose(one(40.0), one(own), counted), one(4.0), one(2.0), counted)
    assert demand.mean[0] == 40
    assert demand.variance[0] == pytest.approx(expected + 16 * 4)


def test_a_low_service_level_gives_a_negative_safety_stock() -> None:
    demand = choose(one(1.5), one(15.0), np.array([True]))
    assert reorder_point(demand, 0.5).safety_stock[0] < 0


def test_a_point_set_by_hand_wins_and_its_service_is_reported() -> None:
    demand = choose(np.full(2, 28.0), np.full(2, 28.0), np.array([True, True]))
    point = reorder_point(demand, 0.95, np.array([np.nan, 30.0]))
    assert point.reorder_point.tolist() == [37.0, 30.0]
    assert point.achieved[1] == pytest.approx(1 - 0.30965123, rel=1e-6)
