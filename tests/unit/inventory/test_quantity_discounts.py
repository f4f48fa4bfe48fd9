from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.inventory_optimizer.maths.policies.order_quantity import economic_quantity
from lambdas.inventory_optimizer.maths.policies.planned_backorders import plan_backorders
from lambdas.inventory_optimizer.maths.policies.quantity_discounts import PriceTiers, discounted_quantity
from tests.unit.inventory.demands import one


@st.composite
def price_tiers(draw: st.DrawFn) -> PriceTiers:
    steps = draw(st.lists(st.floats(1, 500), max_size=4))
    cuts = draw(st.lists(st.floats(0, 0.2), min_size=len(steps), max_size=len(steps)))
    breaks = np.concatenate([[0.0], np.cumsum(steps)])
    unit_costs = draw(st.floats(0.1, 50)) * np.concatenate([[1.0], np.cumprod(1 - np.array(cuts))])
    return PriceTiers(breaks[None, :], unit_costs[None, :])


def cost_of(quantity: np.ndarray, demand: float, ordering: float, rate: float, tiers: PriceTiers) -> np.ndarray:
    price = tiers.unit_costs[0, np.searchsorted(tiers.breaks[0], quantity, side="right") - 1]
    return np.asarray(price * demand + ordering * demand / quantity + rate * price * quantity / 2)


@given(st.floats(1, 5000), st.floats(0.5, 200), st.floats(0.05, 0.6), price_tiers())
def test_no_other_quantity_is_cheaper(demand: float, ordering: float, rate: float, tiers: PriceTiers) -> None:
    lot = discounted_quantity(one(demand), one(ordering), one(rate), tiers)
    others = np.concatenate([np.geomspace(0.1, 20_000, 400), tiers.breaks[0, 1:]])
    assert lot.annual_cost[0] <= cost_of(others, demand, ordering, rate, tiers).min() * (1 + 1e-9)
    assert lot.annual_cost[0] == pytest.approx(cost_of(lot.quantity, demand, ordering, rate, tiers)[0])
    assert tiers.breaks[0, lot.tier[0]] <= lot.quantity[0]


def test_products_may_have_tiers_of_their_own_number() -> None:
    tiers = PriceTiers(
        np.array([[0.0, 400.0, 800.0], [0.0, np.inf, np.inf], [0.0, 10.0, np.inf]]),
        np.array([[0.75, 0.72, 0.68], [0.75, np.nan, np.nan], [0.75, 0.70, np.nan]]),
    )
    lot = discounted_quantity(np.full(3, 1300.0), np.full(3, 8.0), np.full(3, 0.3), tiers)
    assert lot.tier.tolist() == [2, 0, 1]
    holding = 0.3 * np.array([0.75, 0.70])
    assert lot.quantity[0] == 800
    assert lot.quantity[1:] == pytest.approx(economic_quantity(np.full(2, 1300.0), np.full(2, 8.0), holding))


def test_discounts_at_the_edges() -> None:
    tiers = PriceTiers(np.array([[0.0, 100.0]] * 4), np.array([[2.0, 1.0]] * 3 + [[2.0, 2.0]]))
    demand, ordering, rate = np.array([0.0, 50.0, 50.0, 50.0]), np.array([9.0, 9.0, 0.0, 0.0]), np.array([1.0, 0, 1, 1])
    lot = discounted_quantity(demand, ordering, rate, tiers)
    assert lot.quantity.tolist() == [0.0, np.inf, 0.0, 0.0]
    assert lot.tier.tolist() == [0, 1, 0, 0]
    assert lot.annual_cost.tolist() == [0.0, 50.0, 100.0, 100.0]


@pytest.mark.parametrize(
    ("breaks", "unit_costs", "complaint"),
    [
        ([[0.0, 10.0]], [[1.0]], "one shape"),
        ([0.0, 10.0], [2.0, 1.0], "one shape"),
        ([[1.0, 10.0]], [[2.0, 1.0]], "rise from zero"),
        ([[0.0, 10.0, 10.0]], [[3.0, 2.0, 1.0]], "rise from zero"),
        ([[0.0, np.inf, 10.0]], [[3.0, 2.0, 1.0]], "rise from zero"),
        ([[0.0, np.nan]], [[3.0, 2.0]], "rise from zero"),
        ([[0.0, 10.0]], [[1.0, 0.0]], "positive and finite"),
        ([[0.0, 10.0]], [[1.0, np.nan]], "positive and finite"),
        ([[0.0, 10.0]], [[1.0, 1.5]], "must not rise"),
    ],
)
def test_tiers_that_are_no_discount_are_refused(breaks: list[Any], unit_costs: list[Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        PriceTiers(np.array(breaks), np.array(unit_costs))


@given(st.floats(0.1, 1e5), st.floats(0.5, 500), st.floats(0.01, 100), st.floats(0.01, 1000))
def test_no_other_plan_of_backorders_is_cheaper(demand: float, ordering: float, holding: float, waiting: float) -> None:
    plan = plan_backorders(one(demand), one(ordering), one(holding), one(waiting))
    quantity, share = np.meshgrid(
        plan.quantity * np.array([0.5, 0.99, 1.0, 1.01, 2.0]), plan.waiting_share + np.array([-0.01, 0.0, 0.01, 0.1])
    )
    costs = ordering * demand / quantity + holding * quantity * (1 - share) ** 2 / 2 + waiting * quantity * share**2 / 2
    assert plan.annual_cost[0] <= costs.min() * (1 + 1e-9)
    assert plan.annual_cost[0] == pytest.approx(costs[1, 2])


def test_backorders_that_nobody_accepts_leave_the_economic_quantity() -> None:
    found = plan_backorders(np.full(3, 1300.0), np.full(3, 8.0), np.array([0.225, 0.0, 0.225]), one(np.inf))
    assert found.quantity == pytest.approx([304.04678003, np.inf, 304.04678003])
    assert found.waiting_share.tolist() == [0.0, 0.0, 0.0]
    assert found.annual_cost == pytest.approx([68.41052551, 0.0, 68.41052551])


def test_backorders_that_cost_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="must be positive"):
        plan_backorders(one(1300), one(8), one(0.2), one(0))
