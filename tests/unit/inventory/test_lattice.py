from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lambdas.inventory_optimizer.maths.distributions import Demand, Family, choose
from lambdas.inventory_optimizer.maths.stockouts import lattice
from lambdas.inventory_optimizer.maths.stockouts.demand_by_day import by_day, cumulated
from lambdas.inventory_optimizer.maths.stockouts.lattice import MAX_CELLS, Lasting, Lattice, day_lattice, day_lattices
from tests.unit.inventory.passages import unhurried

FAR = 1e13


def days_of(means: list[float], ratio: float = 1.0, *, counted: bool = True) -> Demand:
    mean = np.array(means)
    return choose(mean, mean * ratio, np.full(mean.shape, counted))


def moments(day: Lattice) -> tuple[float, float]:
    points = day.start + day.step * np.arange(day.mass.size)
    mean = float(day.mass @ points)
    return mean, float(day.mass @ (points - mean) ** 2)


@unhurried
@given(st.floats(0, 1e9), st.floats(0.5, 1e4), st.booleans(), st.integers(1, 60))
def test_any_day_keeps_its_mean_and_nearly_its_variance(mean: float, ratio: float, counted: bool, days: int) -> None:  # noqa: FBT001 - drawn
    demand = days_of([mean] * days, ratio, counted=counted)
    day = day_lattices(demand, FAR)[0]
    found_mean, found_variance = moments(day)
    variance = float(demand.sd[0]) ** 2 if demand.family[0] != Family.NONE else 0.0
    assert day.mass.sum() == pytest.approx(1, abs=1e-9)
    assert (day.mass >= 0).all()
    assert found_mean == pytest.approx(mean, rel=1e-6, abs=1e-8)
    split = day.step**2 / 4 if day.step != 1 else 0.0
    assert variance * 0.999 - 1e-6 <= found_variance <= variance * 1.001 + split + 1e-6


@unhurried
@given(st.floats(0.01, 1e5), st.floats(1.001, 1e3))
def test_hardly_anything_lies_beyond_the_span(mean: float, ratio: float) -> None:
    demand = days_of([mean], ratio)
    lowest, highest = (float(end[0]) for end in lattice._span(demand))
    poisson = demand.family[0] == Family.POISSON
    frozen = stats.poisson(mean) if poisson else stats.nbinom(mean / (ratio - 1), 1 / ratio)
    assert frozen.sf(highest) < 1e-12
    assert frozen.cdf(np.ceil(lowest) - 1) < 1e-12


def test_days_of_equal_moments_share_a_mass() -> None:
    week = [4.0, 3.0, 3.0, 5.0, 6.0, 1.0, 0.0]
    lattices = day_lattices(days_of(week * 3, 2.0), 100.0)
    assert len({id(day) for day in lattices}) == 6
    assert lattices[0] is lattices[7]


def test_counted_days_stand_on_whole_units_even_if_stock_is_huge() -> None:
    day = day_lattices(days_of([3.0] * 14), 1e9)[0]
    assert (day.step, day.mass.size < 100) == (1.0, True)
    assert day.mass == pytest.approx(stats.poisson(3).pmf(np.arange(day.mass.size)), abs=1e-12)


def test_a_narrow_window_about_a_large_demand_stays_exact() -> None:
    lattices = day_lattices(days_of([1_000.0] * 30), FAR)
    assert lattices[0].step == 1.0
    assert lattices[0].start > 700


def test_what_does_not_fit_is_coarser() -> None:
    demand = days_of([3_000.0] * 7, 400.0)
    day = day_lattices(demand, FAR)[0]
    assert day.step > 1
    assert day.mass.size <= MAX_CELLS + 2
    assert day_lattice(demand.take(np.array([0])), 21_500.0).step > 1


def test_one_large_day_after_small_ones_does_not_need_more_points_than_allowed() -> None:
    mean, variance = np.array([9e4, 7.4e5]), np.array([9e4, 1e10])
    lattices = day_lattices(choose(mean, variance, np.array([True, True])), 9e4)
    assert max(day.mass.size for day in lattices) <= MAX_CELLS + 2


def test_small_measured_units_have_as_many_points_as_large_ones() -> None:
    tonnes, grams = (day_lattices(days_of([mean] * 7, mean / 2, counted=False), 9 * mean)[0] for mean in (1e-3, 1e3))
    assert tonnes.mass.size == grams.mass.size > 100
    assert grams.mass == pytest.approx(tonnes.mass, abs=1e-9)


def test_counted_and_measured_days_of_one_product_are_refused() -> None:
    demand = choose(np.array([3.0, 3.0]), np.array([5.0, 5.0]), np.array([True, False]))
    with pytest.raises(ValueError, match="all be counted or all be measured"):
        day_lattices(demand, 10.0)


@pytest.mark.parametrize("rows", [1, 5])
def test_transform_and_sum_give_the_same_convolution(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(5)
    left, right = random.random((rows, 70)), random.random(23)
    by_sum = lattice._convolved(left, right, 80)
    monkeypatch.setattr(lattice, "_DIRECT_LIMIT", 0)
    assert by_sum.shape == (rows, 80)
    assert lattice._convolved(left, right, 80) == pytest.approx(by_sum, abs=1e-12)


@pytest.mark.parametrize(
    ("limit", "lasts"), [(-0.5, 0.0), (-1e-12, 0.5), (0.0, 0.5), (1.9, 0.8), (2.0, 1.0), (99.0, 1.0)]
)
def test_whole_demand_passes_up_to_the_whole_part_of_the_limit(limit: float, lasts: float) -> None:
    day = Lattice(np.array([0.5, 0.3, 0.2]), 1.0)
    assert Lasting(np.ones((1, 1))).through(day, np.array([limit])).mass.sum() == pytest.approx(lasts)


def test_each_row_has_its_own_limit() -> None:
    day = Lattice(np.array([0.5, 0.3, 0.2]), 1.0)
    after = Lasting(np.array([[0.4], [0.6]])).through(day, np.array([0.0, 1.0]))
    assert after.mass.sum(axis=1) == pytest.approx([0.2, 0.48])


def test_measured_demand_above_an_empty_shelf_is_always_short() -> None:
    day = day_lattice(days_of([2.0], 1.0, counted=False), 0.0)
    assert Lasting(np.ones((1, 1))).through(day, np.array([0.0])).mass.sum() == pytest.approx(0, abs=1e-8)


def test_sums_of_days_add_moments_and_keep_the_family() -> None:
    total = cumulated(days_of([0.0, 2.0, 0.0, 3.0], 4.0))
    assert total.mean.tolist() == [0, 0, 2, 2, 5]
    assert total.variance.tolist() == [0, 0, 8, 8, 20]
    assert [Family(kind).name for kind in total.family] == ["NONE", "NONE", *["NEGATIVE_BINOMIAL"] * 3]


def test_a_poisson_counts_with_its_own_variance_and_known_days_shift_a_sum() -> None:
    demand = Demand(np.array([[4.0, 1.0]]), np.array([[1.0, 0.0]]), np.array([[int(Family.POISSON), int(Family.NONE)]]))
    assert cumulated(demand).variance.tolist() == [[0, 4, 4]]
    known = Demand(np.array([9.0, 2.0]), np.zeros(2), np.zeros(2, dtype=np.int64))
    mixed = Demand(np.array([9.0, 2.0]), np.array([0.0, 4.0]), np.array([0, int(Family.NEGATIVE_BINOMIAL)]))
    assert cumulated(known).family.tolist() == [0, 0, 0]
    assert cumulated(mixed).family[2] == Family.POISSON


def test_days_that_are_alike_are_the_same_on_each_day() -> None:
    demand = by_day(days_of([2.0, 5.0], 3.0), 4)
    assert demand.mean.tolist() == [[2.0] * 4, [5.0] * 4]
    assert cumulated(demand).variance[:, -1].tolist() == [24, 60]
