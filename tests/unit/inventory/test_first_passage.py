from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.inventory_optimizer.maths import first_passage
from lambdas.inventory_optimizer.maths.distributions import Demand, choose
from lambdas.inventory_optimizer.maths.first_passage import (
    MAX_CELLS,
    day_lattice,
    stockout_by_day,
    stockout_without_receipts,
    units_short,
)

days_of_receipts = st.lists(st.one_of(st.just(0), st.integers(0, 60)), min_size=1, max_size=12)


def day(mean: float, ratio: float = 1.0, *, counted: bool = True) -> Demand:
    return choose(np.array([mean]), np.array([mean * ratio]), np.array([counted]))


def risk(demand: Demand, net_stock: float, receipts: list[int]) -> np.ndarray:
    arriving = np.array(receipts, dtype=float)
    return stockout_by_day(day_lattice(demand, net_stock + arriving.sum()), net_stock, arriving)


@given(st.floats(0, 30), st.floats(0.5, 8), st.integers(-20, 150), days_of_receipts)
def test_probabilities_never_fall_and_stay_between_none_and_certain(
    mean: float, ratio: float, net_stock: int, receipts: list[int]
) -> None:
    by_day = risk(day(mean, ratio), net_stock, receipts)
    assert np.isfinite(by_day).all()
    assert (by_day >= 0).all()
    assert (by_day <= 1).all()
    assert (np.diff(by_day) >= 0).all()


@given(st.floats(0.1, 20), st.floats(0.5, 8), st.integers(0, 150), st.integers(1, 14))
def test_without_receipts_the_convolution_gives_the_closed_form(
    mean: float, ratio: float, net_stock: int, days: int
) -> None:
    demand = day(mean, ratio)
    closed = stockout_without_receipts(demand, np.array([float(net_stock)]), days)[0]
    assert risk(demand, net_stock, [0] * days) == pytest.approx(closed, abs=1e-9)


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


def test_transform_and_sum_give_the_same_convolution(monkeypatch: pytest.MonkeyPatch) -> None:
    receipts = [0] * 5 + [300] + [0] * 4
    by_sum = risk(day(100.0, 5.0), 700, receipts)
    monkeypatch.setattr(first_passage, "_DIRECT_LIMIT", 0)
    assert risk(day(100.0, 5.0), 700, receipts) == pytest.approx(by_sum, abs=1e-12)
