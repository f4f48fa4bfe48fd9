from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.inventory_optimizer.maths.distributions import (
    Demand,
    Family,
    cdf,
    choose,
    loss,
    normal,
    quantile,
    smallest_whole,
)

means = st.one_of(st.just(0.0), st.floats(1e-8, 5e4))
ratios = st.floats(0.0, 200.0)  # variance over mean
levels = st.floats(0.01, 0.9999)


def demand_of(mean: float, ratio: float, *, counted: bool) -> Demand:
    return choose(np.array([mean]), np.array([mean * ratio]), np.array([counted]))


@pytest.mark.parametrize(
    ("mean", "variance", "counted", "family"),
    [
        (0.0, 0.0, True, Family.NONE),
        (0.0, 5.0, True, Family.NONE),
        (4.0, 0.0, True, Family.POISSON),
        (4.0, 4.0, True, Family.POISSON),
        (4.0, 4.1, True, Family.NEGATIVE_BINOMIAL),
        (4.0, 4.1, False, Family.GAMMA),
        (4.0, 0.5, False, Family.GAMMA),
        (4.0, 0.0, False, Family.NONE),
    ],
)
def test_family_follows_from_the_moments(mean: float, variance: float, counted: bool, family: Family) -> None:  # noqa: FBT001
    found = choose(np.array([mean]), np.array([variance]), np.array([counted]))
    assert found.family[0] == family


@given(means, ratios, levels, st.booleans())
def test_the_whole_quantile_is_the_smallest_that_reaches_the_level(
    mean: float,
    ratio: float,
    level: float,
    counted: bool,  # noqa: FBT001
) -> None:
    demand = demand_of(mean, ratio, counted=counted)
    s = smallest_whole(demand, level)
    assert s[0] == np.floor(s[0]) >= 0
    assert cdf(demand, s)[0] >= level
    assert s[0] == 0 or cdf(demand, s - 1)[0] < level


@given(st.floats(0, 1e-3), st.floats(0, 1e7), levels, st.booleans())
def test_hardly_any_demand_with_any_variance_gives_numbers(
    mean: float,
    variance: float,
    level: float,
    counted: bool,  # noqa: FBT001
) -> None:
    demand = choose(np.array([mean]), np.array([variance]), np.array([counted]))
    s = smallest_whole(demand, level)
    assert np.isfinite(s[0])
    assert cdf(demand, s)[0] >= level
    assert 0 <= loss(demand, s)[0] <= mean * (1 + 1e-9)


@given(means, ratios, levels, levels, st.booleans())
def test_quantiles_rise_with_the_level(mean: float, ratio: float, one: float, other: float, counted: bool) -> None:  # noqa: FBT001
    demand = demand_of(mean, ratio, counted=counted)
    low, high = sorted((one, other))
    # Inverting a gamma is exact to rounding only: levels that differ in the last digit may come out swapped.
    assert quantile(demand, low)[0] <= quantile(demand, high)[0] * (1 + 1e-9)


@given(means, ratios, st.floats(0, 1e5), st.booleans())
def test_probabilities_and_losses_stay_in_their_bounds(mean: float, ratio: float, at: float, counted: bool) -> None:  # noqa: FBT001
    demand, x = demand_of(mean, ratio, counted=counted), np.floor(at)
    assert 0 <= cdf(demand, x)[0] <= 1
    short = loss(demand, x)[0]
    assert np.isfinite(short)
    # Jensen: expected shortage is at least that of mean demand, and at most mean demand itself.
    assert max(mean - x, 0) - 1e-6 * mean <= short <= mean * (1 + 1e-6)


@given(st.floats(0.01, 200.0), st.floats(0.0, 20.0))
def test_mean_variance_and_loss_agree_with_the_sum_over_the_mass(mean: float, ratio: float) -> None:
    demand = demand_of(mean, ratio, counted=True)
    k = np.arange(float(quantile(demand, 1 - 1e-13)[0]) + 50)
    mass = np.diff(cdf(demand, k), prepend=0.0)
    expected_variance = mean if demand.family[0] == Family.POISSON else mean * ratio
    assert (mass * k).sum() == pytest.approx(mean, rel=1e-6)
    assert (mass * k**2).sum() - mean**2 == pytest.approx(expected_variance, rel=1e-5, abs=1e-6 * mean**2)
    x = np.floor(mean)
    assert loss(demand, x)[0] == pytest.approx((mass * np.maximum(k - x, 0)).sum(), rel=1e-6, abs=1e-9)


def test_days_add_up_to_the_convolution_of_days() -> None:
    for ratio in (0.5, 3.0):
        day = demand_of(1.7, ratio, counted=True)
        k = np.arange(60.0)
        mass = np.diff(cdf(day, k), prepend=0.0)
        three = np.convolve(np.convolve(mass, mass), mass)[:40]
        assert np.cumsum(three) == pytest.approx(cdf(day.over(3.0), np.arange(40.0)), abs=1e-10)


def test_gamma_demand_scales_with_its_unit() -> None:
    in_kilograms, in_grams = demand_of(2.0, 0.7, counted=False), demand_of(2000.0, 700.0, counted=False)
    assert quantile(in_grams, 0.9) == pytest.approx(1000 * quantile(in_kilograms, 0.9))
    assert loss(in_grams, 2500.0) == pytest.approx(1000 * loss(in_kilograms, 2.5))


def test_order_of_products_does_not_matter() -> None:
    mean, variance = np.array([0.0, 2.4, 6.0, 900.0, 3.3]), np.array([0.0, 2.4, 18.0, 4e4, 2.0])
    counted = np.array([True, True, True, True, False])
    forwards = smallest_whole(choose(mean, variance, counted), 0.95)
    backwards = smallest_whole(choose(mean[::-1], variance[::-1], counted[::-1]), 0.95)
    assert list(forwards) == list(backwards[::-1])


@pytest.mark.parametrize(("mean", "variance"), [(-1.0, 1.0), (1.0, -1.0), (np.nan, 1.0), (1.0, np.inf)])
def test_impossible_moments_are_refused(mean: float, variance: float) -> None:
    with pytest.raises(ValueError, match="finite and not negative"):
        choose(np.array([mean]), np.array([variance]), np.array([True]))


def test_the_normal_is_refused_where_it_would_put_demand_below_zero() -> None:
    with pytest.raises(ValueError, match="under half the mean"):
        normal(np.array([10.0]), np.array([5.0]))


@pytest.mark.parametrize("level", [0.0, 1.0, 1.5])
def test_a_level_that_is_no_probability_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        quantile(demand_of(3.0, 1.0, counted=True), level)
