from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.inventory_optimizer.maths.stockouts import receipts as module
from lambdas.inventory_optimizer.maths.stockouts.receipts import (
    ExpectedReceipt,
    arrival_probabilities,
    arrival_states,
    expected_arrivals,
    latest_receipts,
    sampled_receipts,
)
from tests.unit.inventory.passages import unhurried

orders = st.builds(
    ExpectedReceipt,
    quantity=st.one_of(st.just(0.0), st.floats(0, 60), st.integers(0, 60).map(float)),
    day=st.integers(1, 40),
    sd=st.one_of(st.just(0.0), st.floats(0, 12)),
)


def phi(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))


@pytest.mark.parametrize(("day", "sd"), [(5, 2.0), (1, 4.0), (9, 0.5)])
def test_an_order_arrives_on_whole_days_about_the_promised_one_given_that_it_has_not_yet(day: int, sd: float) -> None:
    weights = [phi((d + 0.5 - day) / sd) - phi((d - 0.5 - day) / sd) for d in range(1, 200)]
    expected = np.array(weights[:12]) / sum(weights)
    assert arrival_probabilities(ExpectedReceipt(10.0, day, sd), 12) == pytest.approx(expected, abs=1e-8)


def test_what_may_arrive_after_the_horizon_is_missing_to_one() -> None:
    receipt = ExpectedReceipt(10.0, 6, 3.0)
    within, later = arrival_probabilities(receipt, 7), arrival_probabilities(receipt, 60)
    assert later.sum() == pytest.approx(1)
    assert within.sum() == pytest.approx(1 - later[7:].sum())


@pytest.mark.parametrize("sd", [0.0, 1e-300, 0.01, 0.05])
def test_an_order_without_delay_arrives_on_its_day(sd: float) -> None:
    assert arrival_probabilities(ExpectedReceipt(10.0, 3, sd), 5).tolist() == [0, 0, 1, 0, 0]
    assert arrival_probabilities(ExpectedReceipt(10.0, 6, sd), 5).tolist() == [0] * 5


def test_the_day_of_difference_that_a_sharp_date_ignores_is_rarer_than_a_billionth() -> None:
    assert 2 * (1 - phi(0.5 / module._SHARP)) < 1e-8


@pytest.mark.parametrize("day", [0, -3, 1.5, math.nan, math.inf])
def test_an_order_that_is_overdue_or_has_no_day_is_refused(day: float) -> None:
    with pytest.raises(ValueError, match="whole day from tomorrow"):
        ExpectedReceipt(1.0, day, 1.0)


@pytest.mark.parametrize("number", [-1.0, math.nan, math.inf, -math.inf])
def test_quantities_and_deviations_must_be_finite_and_not_negative(number: float) -> None:
    with pytest.raises(ValueError, match="finite and not negative"):
        ExpectedReceipt(number, 1, 1.0)
    with pytest.raises(ValueError, match="finite and not negative"):
        ExpectedReceipt(1.0, 1, number)


@unhurried
@given(st.lists(orders, max_size=5), st.integers(1, 30))
def test_states_are_a_distribution_that_the_days_moves_lead_to(receipts: list[ExpectedReceipt], days: int) -> None:
    states = arrival_states(receipts, days)
    assert states is not None
    before = np.ones((1, 1))
    for state in states:
        before = state.moved(before)
        assert before[:, 0] == pytest.approx(state.weight, abs=1e-12)
        assert state.weight.sum() == pytest.approx(1, abs=1e-9)
    means = [state.weight @ state.arrived for state in states]
    assert means == pytest.approx(expected_arrivals(receipts, days), rel=1e-9, abs=1e-9)


@unhurried
@given(st.lists(orders, min_size=1, max_size=3))
def test_a_days_states_have_the_probabilities_of_all_combinations_of_dates(receipts: list[ExpectedReceipt]) -> None:
    days, day = 12, 9
    states = arrival_states(receipts, days)
    assert states is not None
    chances = [arrival_probabilities(receipt, days)[:day].sum() for receipt in receipts]
    expected = 0.0
    for there in itertools.product((0, 1), repeat=len(receipts)):
        chance = math.prod(p if one else 1 - p for p, one in zip(chances, there, strict=True))
        expected += chance * sum(r.quantity * one for r, one in zip(receipts, there, strict=True)) ** 2
    found = states[day - 1]
    assert found.weight @ found.arrived**2 == pytest.approx(expected, rel=1e-9, abs=1e-9)


def most_states(receipts: list[ExpectedReceipt], days: int = 30) -> int:
    states = arrival_states(receipts, days)
    assert states is not None
    return max(state.arrived.size for state in states)


def test_states_double_only_for_orders_that_are_uncertain_at_once() -> None:
    uncertain = [ExpectedReceipt(10.0 + number, 10, 3.0) for number in range(6)]
    assert [most_states(uncertain[:count]) for count in range(7)] == [1, 2, 4, 8, 16, 32, 64]
    assert most_states([ExpectedReceipt(float(day), day) for day in range(1, 30)]) == 1
    assert most_states([ExpectedReceipt(float(day), day, 0.3) for day in range(3, 30, 5)]) == 2
    assert most_states([ExpectedReceipt(5.0, 10, 3.0)] * 20) == 21
    assert most_states([ExpectedReceipt(0.0, 10, 3.0 + sd) for sd in range(20)]) == 1
    assert most_states([ExpectedReceipt(5.0, 1_000 + day, 3.0) for day in range(20)]) == 1


def test_too_many_states_are_none() -> None:
    assert arrival_states([ExpectedReceipt(10.0 + number, 10, 3.0) for number in range(7)], 30) is None
    assert arrival_states([ExpectedReceipt(10.0, 10, 3.0)] * 500, 30) is None
    assert arrival_states([ExpectedReceipt(10.0 + number, 10, 3.0) for number in range(500)], 30) is None


def test_samples_have_the_frequencies_of_the_dates() -> None:
    receipts = [ExpectedReceipt(1.0, 4, 2.0), ExpectedReceipt(1_000.0, 6, 5.0), ExpectedReceipt(50.0, 2)]
    drawn = sampled_receipts(receipts, 8, 200_000, np.random.default_rng(11))
    assert (drawn % 10).mean(axis=1) == pytest.approx(arrival_probabilities(receipts[0], 8), abs=0.005)
    assert (drawn // 1_000).mean(axis=1) == pytest.approx(arrival_probabilities(receipts[1], 8), abs=0.005)
    assert ((drawn % 1_000) // 10).mean(axis=1).tolist() == [0, 5, 0, 0, 0, 0, 0, 0]


@unhurried
@given(orders, st.sampled_from([1e-4, 0.01, 0.1]))
def test_a_latest_receipt_is_missed_as_seldom_as_asked(receipt: ExpectedReceipt, missed: float) -> None:
    latest = latest_receipts([receipt], 30, missed)
    arrived_by = np.cumsum(arrival_probabilities(receipt, 30))
    if latest.any():
        (day,) = np.flatnonzero(latest)
        assert arrived_by[day] >= 1 - missed - 1e-12
        assert day == 0 or arrived_by[day - 1] < 1 - missed + 1e-12
    elif receipt.quantity > 0:
        assert arrived_by[-1] < 1 - missed + 1e-12
