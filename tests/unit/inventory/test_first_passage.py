from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lambdas.inventory_optimizer.maths.distributions import Demand, Family, choose
from lambdas.inventory_optimizer.maths.stockouts.demand_by_day import by_day
from lambdas.inventory_optimizer.maths.stockouts.first_passage import (
    MAX_CELLS,
    day_lattice,
    stockout_by_day,
    stockout_without_receipts,
    units_short,
)
from lambdas.inventory_optimizer.maths.stockouts.lattice import day_lattices
from tests.unit.inventory.passages import days_of, one_row, unhurried

days_of_receipts = st.lists(st.one_of(st.just(0), st.integers(0, 60)), min_size=1, max_size=12)


def day(mean: float, ratio: float = 1.0, *, counted: bool = True) -> Demand:
    return choose(np.array([mean]), np.array([mean * ratio]), np.array([counted]))


def risk(demand: Demand, net_stock: float, receipts: list[int]) -> np.ndarray:
    arriving = np.array(receipts, dtype=float)
    return stockout_by_day(day_lattice(demand, net_stock + arriving.sum()), net_stock, arriving)


@unhurried
@given(st.floats(0, 30), st.floats(0.5, 8), st.integers(-20, 150), days_of_receipts)
def test_probabilities_never_fall_and_stay_between_none_and_certain(
    mean: float, ratio: float, net_stock: int, receipts: list[int]
) -> None:
    by_day = risk(day(mean, ratio), net_stock, receipts)
    assert np.isfinite(by_day).all()
    assert (by_day >= 0).all()
    assert (by_day <= 1).all()
    assert (np.diff(by_day) >= 0).all()


@unhurried
@given(st.floats(0.1, 20), st.floats(0.5, 8), st.integers(0, 150), st.integers(1, 14))
def test_without_receipts_the_convolution_gives_the_closed_form(
    mean: float, ratio: float, net_stock: int, days: int
) -> None:
    demand = day(mean, ratio)
    closed = stockout_without_receipts(demand, np.array([float(net_stock)]), days)[0]
    assert risk(demand, net_stock, [0] * days) == pytest.approx(closed, abs=1e-9)


@unhurried
@given(st.floats(0.1, 20), st.integers(0, 100), days_of_receipts, st.integers(0, 11), st.integers(1, 40))
def test_more_receipts_never_raise_the_risk(
    mean: float, net_stock: int, receipts: list[int], position: int, more: int
) -> None:
    demand, richer = day(mean, 2.0), list(receipts)
    richer[position % len(richer)] += more
    assert (risk(demand, net_stock, richer) <= risk(demand, net_stock, receipts) + 1e-9).all()


def test_the_last_day_alone_would_miss_the_dip() -> None:
    receipts = [0] * 7 + [60] + [0] * 6
    by_day = risk(day(4.0), 26, receipts)
    short_at_the_end = stockout_without_receipts(day(4.0), np.array([86.0]), 14)[0, -1]
    assert by_day[-1] == pytest.approx(0.60030456, rel=1e-6)
    assert short_at_the_end < 1e-4


def test_simulation_agrees() -> None:
    random = np.random.default_rng(3)
    receipts = np.array([0, 12, 0, 0, 25, 0, 0, 8, 0, 0], dtype=float)
    demand = random.negative_binomial(4.0 / 2.0, 1 / 3.0, (200_000, 10))  # mean 4, variance 12
    net = 14 + np.cumsum(receipts) - np.cumsum(demand, axis=1)
    simulated = (np.minimum.accumulate(net, axis=1) < 0).mean(axis=0)
    assert risk(day(4.0, 3.0), 14, receipts.astype(int).tolist()) == pytest.approx(simulated, abs=0.004)
    newly_short = np.minimum(demand, np.maximum(-net, 0)).sum(axis=1).mean()
    found = units_short(day(4.0, 3.0), np.array([14.0]), receipts[None, :])[0]
    assert found == pytest.approx(newly_short, rel=0.02)


def test_backorders_that_stand_at_the_start_are_out_of_stock_but_no_new_shortage() -> None:
    assert risk(day(2.0), -3, [0, 0]).tolist() == [1.0, 1.0]
    no_demand = day(0.0)
    assert risk(no_demand, -3, [0]).tolist() == [1.0]
    assert units_short(no_demand, np.array([-3.0]), np.zeros((1, 1)))[0] == 0
    assert units_short(day(2.0), np.array([-3.0]), np.zeros((1, 5)))[0] == pytest.approx(10)


def test_a_receipt_on_the_first_day_saves_it() -> None:
    assert risk(day(2.0), -3, [50, 0])[-1] == pytest.approx(0, abs=1e-9)


def test_no_demand_is_no_risk() -> None:
    assert risk(day(0.0), 0, [0, 5, 0]).tolist() == [0, 0, 0]


def test_large_stocks_use_a_coarser_lattice_and_agree_with_the_closed_form() -> None:
    demand, net_stock = day(3_000.0, 40.0), 21_500.0
    lattice = day_lattice(demand, net_stock)
    assert lattice.step > 1
    assert net_stock / lattice.step <= MAX_CELLS
    closed = stockout_without_receipts(demand, np.array([net_stock]), 7)[0]
    assert stockout_by_day(lattice, net_stock, np.zeros(7)) == pytest.approx(closed, abs=0.003)


def test_measured_demand_agrees_with_the_closed_form() -> None:
    demand = day(2.5, 0.8, counted=False)
    closed = stockout_without_receipts(demand, np.array([18.75]), 7)[0]
    found = stockout_by_day(day_lattice(demand, 18.75), 18.75, np.zeros(7))
    assert found == pytest.approx(closed, abs=0.005)


@unhurried
@given(st.floats(0.1, 20), st.floats(0.5, 8), st.integers(0, 150), st.integers(1, 14), st.floats(0, 0.1))
def test_days_of_their_own_give_the_closed_form_too(
    mean: float, ratio: float, net_stock: int, days: int, trend: float
) -> None:
    demand = days_of(mean, ratio, days, trend=trend)
    closed = stockout_without_receipts(one_row(demand), np.array([float(net_stock)]), days)[0]
    convolved = stockout_by_day(day_lattices(demand, net_stock), net_stock, np.zeros(days))
    assert convolved == pytest.approx(closed, abs=1e-9)


def test_days_of_their_own_by_hand() -> None:
    means, net_stock, receipts = (2.0, 5.0, 0.5), 6, (0, 4, 0)
    lasting, by_hand = np.ones(1), []
    for mean, limit in zip(means, np.cumsum(receipts) + net_stock, strict=True):
        mass = stats.nbinom(mean / 2.0, 1 / 3.0).pmf(np.arange(200))
        lasting = np.convolve(lasting, mass)[: limit + 1]
        by_hand.append(1 - lasting.sum())
    demand = choose(np.array(means), 3 * np.array(means), np.ones(3, dtype=bool))
    lattices = day_lattices(demand, net_stock + sum(receipts))
    assert stockout_by_day(lattices, net_stock, np.array(receipts, float)) == pytest.approx(by_hand, abs=1e-12)


def test_a_peak_before_the_receipt_is_worse_than_one_after_it() -> None:
    early, late = np.array([9.0, 1.0, 1.0, 1.0]), np.array([1.0, 1.0, 1.0, 9.0])
    receipts = np.array([0.0, 0.0, 10.0, 0.0])
    risks = [
        stockout_by_day(day_lattices(choose(mean, 2 * mean, np.ones(4, dtype=bool)), 18.0), 8.0, receipts)[-1]
        for mean in (early, late)
    ]
    assert risks[0] > 2 * risks[1]


def test_days_alike_may_be_given_once_or_each() -> None:
    alike, receipts = day(3.0, 2.5), np.array([[0.0, 0.0, 7.0, 0.0]])
    each, net_stock = by_day(alike, 4), np.array([9.0])
    assert (
        stockout_without_receipts(each, net_stock, 4).tolist()
        == stockout_without_receipts(alike, net_stock, 4).tolist()
    )
    assert units_short(each, net_stock, receipts).tolist() == units_short(alike, net_stock, receipts).tolist()


def test_simulation_agrees_on_days_of_their_own() -> None:
    random = np.random.default_rng(8)
    demand = days_of(6.0, 3.0, 12)
    receipts = np.array([0, 0, 12, 0, 0, 0, 30, 0, 0, 0, 0, 0], dtype=float)
    open_days = demand.mean > 0
    drawn = np.zeros((200_000, 12))
    drawn[:, open_days] = random.negative_binomial(demand.mean[open_days] / 2.0, 1 / 3.0, (200_000, open_days.sum()))
    net = 20 + np.cumsum(receipts) - np.cumsum(drawn, axis=1)
    simulated = (np.minimum.accumulate(net, axis=1) < 0).mean(axis=0)
    found = stockout_by_day(day_lattices(demand, 62.0), 20.0, receipts)
    assert found == pytest.approx(simulated, abs=0.004)
    newly_short = np.minimum(drawn, np.maximum(-net, 0)).sum(axis=1).mean()
    assert units_short(one_row(demand), np.array([20.0]), receipts[None, :])[0] == pytest.approx(newly_short, rel=0.02)


@pytest.mark.parametrize("net_stock", [10.0, 10.3, 10.75])
def test_a_fraction_of_a_unit_in_stock_shortens_what_is_short_by_it(net_stock: float) -> None:
    limit, counts = np.array([net_stock]), np.arange(400)
    expected = stats.poisson(12.0).pmf(counts) @ np.maximum(counts - net_stock, 0)
    assert units_short(day(4.0), limit, np.zeros((1, 3)))[0] == pytest.approx(expected, rel=1e-9)
    assert stockout_without_receipts(day(4.0), limit, 3)[0, -1] == pytest.approx(stats.poisson(12.0).sf(10))


def test_known_demand_is_not_short_by_a_rounding_error() -> None:
    tenths = choose(np.full((1, 3), 0.1), np.zeros((1, 3)), np.zeros((1, 3), dtype=bool))
    assert tenths.family.tolist() == [[Family.NONE] * 3]
    assert stockout_without_receipts(tenths, np.array([0.3]), 3).tolist() == [[0, 0, 0]]
    one_day = Demand(tenths.mean[0], tenths.variance[0], tenths.family[0])
    assert stockout_by_day(day_lattices(one_day, 0.3), 0.1, np.array([0.0, 0.1, 0.1])).tolist() == [0, 0, 0]
    assert stockout_by_day(day_lattices(one_day, 0.3), 0.1, np.array([0.0, 0.05, 0.1])).tolist() == [0, 1, 1]


def test_unequal_ratios_are_matched_by_moments() -> None:
    mean, ratio = np.array([4.0, 6.0, 2.0, 8.0]), np.array([1.5, 2.5, 4.0, 2.0])
    demand = choose(mean, mean * ratio, np.ones(4, dtype=bool))
    closed = stockout_without_receipts(one_row(demand), np.array([25.0]), 4)[0]
    assert closed == pytest.approx(stockout_by_day(day_lattices(demand, 25.0), 25.0, np.zeros(4)), abs=0.005)


def test_a_huge_receipt_later_does_not_blur_the_days_before_it() -> None:
    demand = choose(np.full(14, 4.0), np.full(14, 4.0), np.ones(14, dtype=bool))
    receipts = np.array([0.0] * 7 + [1e9] + [0.0] * 6)
    found = stockout_by_day(day_lattices(demand, 26 + 1e9), 26.0, receipts)
    assert found[-1] == pytest.approx(0.60030455, rel=1e-6)
