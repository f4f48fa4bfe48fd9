from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.inventory_optimizer.maths.classification import DemandClass, classify
from lambdas.inventory_optimizer.maths.distributions import quantile
from lambdas.inventory_optimizer.maths.forecasting import Forecast, Method, forecast
from lambdas.inventory_optimizer.maths.series import DemandSeries, aligned_right
from lambdas.inventory_optimizer.maths.smoothing import croston, ses, tsb

histories = st.lists(
    st.lists(st.one_of(st.just(0.0), st.integers(0, 500).map(float), st.floats(0, 1e6)), max_size=60),
    min_size=1,
    max_size=4,
)


def of(*series: list[float]) -> Forecast:
    return forecast(aligned_right(list(series)))


def numbers(found: Forecast) -> list[np.ndarray]:
    return [found.mean, found.variance, found.level_variance]


@given(histories)
def test_every_history_gives_finite_figures_that_are_not_negative(series: list[list[float]]) -> None:
    found = of(*series)
    for figures in (
        *numbers(found),
        quantile(found.over(14.0), 0.9),
        *(part.per_day.mean for part in found.scenarios()),
    ):
        assert np.isfinite(figures).all()
        assert (figures >= 0).all()


@given(st.floats(0.5, 1e5), st.integers(1, 80))
def test_a_constant_history_is_forecast_to_go_on(value: float, days: int) -> None:
    found = of([value] * days)
    assert found.mean[0] == pytest.approx(value, rel=1e-12)
    assert found.variance[0] == pytest.approx(0, abs=1e-9 * value**2)


@given(
    st.lists(st.lists(st.one_of(st.just(0.0), st.floats(1e-3, 1e6)), max_size=60), min_size=1, max_size=4),
    st.floats(0.01, 100),
)
def test_forecasts_scale_with_the_unit(series: list[list[float]], factor: float) -> None:
    plain, scaled = of(*series), of(*[[value * factor for value in row] for row in series])
    if list(plain.alpha[plain.method == Method.SES]) != list(scaled.alpha[scaled.method == Method.SES]):
        return  # two constants with the same error but for rounding
    assert list(plain.pattern.demand_class) == list(scaled.pattern.demand_class)
    assert scaled.mean == pytest.approx(plain.mean * factor, rel=1e-6, abs=1e-9)


@given(histories)
def test_products_do_not_influence_each_other(series: list[list[float]]) -> None:
    together = of(*series)
    for row, history in enumerate(series):
        alone = of(history)
        assert alone.mean[0] == pytest.approx(together.mean[row], rel=1e-12)
        assert alone.variance[0] == pytest.approx(together.variance[row], rel=1e-9, abs=1e-12)
        assert alone.method[0] == together.method[row]


@given(histories, st.integers(0, 30))
def test_unusable_days_before_the_first_change_nothing(series: list[list[float]], days: int) -> None:
    plain = aligned_right(series)
    shape = (plain.quantities.shape[0], days)
    longer = DemandSeries(
        np.hstack([np.zeros(shape), plain.quantities]), np.hstack([np.zeros(shape, dtype=bool), plain.usable])
    )
    assert forecast(longer).mean == pytest.approx(forecast(plain).mean, rel=1e-12)


def test_days_out_of_stock_are_skipped_not_counted_as_zero() -> None:
    sold, out = [10.0] * 20 + [0.0] * 20, [True] * 20 + [False] * 20
    masked, naive = forecast(aligned_right([sold], [out])), forecast(aligned_right([sold]))
    assert masked.mean[0] == pytest.approx(10)
    assert not masked.stopped[0]
    assert naive.mean[0] < 1


@pytest.mark.parametrize(
    ("series", "demand_class", "method"),
    [
        ([5.0, 6.0, 4.0, 5.0] * 10, DemandClass.SMOOTH, Method.SES),
        ([1.0, 30.0, 2.0, 1.0] * 10, DemandClass.ERRATIC, Method.SES),
        ([0.0, 0.0, 3.0] * 12, DemandClass.INTERMITTENT, Method.SBA),
        ([0.0, 0.0, 1.0, 0.0, 0.0, 40.0] * 8, DemandClass.LUMPY, Method.SBA),
        ([5.0] * 30 + [0.0] * 30, DemandClass.INTERMITTENT, Method.TSB),
        ([0.0] * 30, DemandClass.NO_DEMAND, Method.ZERO),
        ([], DemandClass.NO_DEMAND, Method.ZERO),
        ([4.0], DemandClass.SMOOTH, Method.SES),
    ],
)
def test_the_class_chooses_the_method(series: list[float], demand_class: DemandClass, method: Method) -> None:
    found = of(series)
    assert (found.pattern.demand_class[0], found.method[0]) == (demand_class, method)


def test_a_dead_item_is_forgotten() -> None:
    found = of([4.0, 6.0, 5.0, 3.0, 4.0] * 6 + [0.0] * 60)
    assert found.stopped[0]
    assert found.mean[0] < 0.001


def test_a_quiet_week_in_slow_demand_is_no_end_of_demand() -> None:
    found = of(([0.0] * 9 + [2.0]) * 12 + [0.0] * 12)
    assert not found.stopped[0]
    assert found.method[0] == Method.SBA
    assert found.mean[0] == pytest.approx(0.2 * 0.95)


def test_the_mixture_variance_is_that_of_the_history() -> None:
    random = np.random.default_rng(1)
    days = np.where(random.random((1, 20_000)) < 0.2, random.poisson(5, (1, 20_000)) + 1, 0).astype(float)
    found = forecast(DemandSeries(days, np.ones(days.shape, dtype=bool)))
    assert found.method[0] == Method.SBA
    # The level is one of the last days' only: the ratio of variance to mean is what the mixture must get right.
    ratio = found.variance[0] / found.mean[0]
    assert ratio == pytest.approx(days.var() / days.mean(), rel=0.15)


def test_level_variance_is_what_the_level_varies_by_between_histories() -> None:
    random = np.random.default_rng(2)
    regular = random.poisson(20, (600, 400)).astype(float)
    paused = np.where(random.random((600, 400)) < 0.2, random.poisson(5, (600, 400)) + 1.0, 0.0)
    for days in (regular, paused):
        found = forecast(DemandSeries(days, np.ones(days.shape, dtype=bool)))
        usual = found.method == np.bincount(found.method).argmax()
        assert found.mean[usual].var() == pytest.approx(found.level_variance[usual].mean(), rel=0.35)


def test_the_levels_error_grows_with_the_square_of_the_days() -> None:
    found = of([5.0, 9.0, 2.0, 7.0, 11.0] * 20)
    total = found.over(np.array([1.0, 10.0]))
    days = np.array([1.0, 10.0])
    assert found.level_variance[0] > 0
    assert total.mean == pytest.approx(found.mean * days)
    assert total.variance == pytest.approx(found.variance * days + found.level_variance * days**2)


def test_scenarios_keep_the_levels_mean_and_variance() -> None:
    found = of([5.0, 9.0, 2.0, 7.0] * 20)
    parts = found.scenarios()
    mean = sum(part.weight * part.per_day.mean for part in parts)
    variance = sum(part.weight * (part.per_day.mean - found.mean) ** 2 for part in parts)
    assert sum(part.weight for part in parts) == pytest.approx(1)
    assert mean == pytest.approx(found.mean)
    assert variance == pytest.approx(found.level_variance)


def test_series_of_unequal_length_end_on_the_same_day() -> None:
    series = aligned_right([[1, 2, 3], [9], []])
    assert series.quantities.tolist() == [[1, 2, 3], [0, 0, 9], [0, 0, 0]]
    assert series.usable.tolist() == [[True] * 3, [False, False, True], [False] * 3]


def test_flags_of_another_length_than_the_series_are_refused() -> None:
    with pytest.raises(ValueError, match="as many flags as days"):
        aligned_right([[1.0, 2.0]], [[True]])


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
def test_impossible_demand_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="finite and not negative"):
        aligned_right([[1.0, value]])


def test_quantities_and_flags_must_be_matrices_of_one_shape() -> None:
    with pytest.raises(ValueError, match="one shape"):
        DemandSeries(np.zeros((2, 3)), np.ones((3, 2), dtype=bool))


def test_smoothing_without_a_usable_day_gives_zero() -> None:
    nothing = DemandSeries(np.zeros((1, 3)), np.zeros((1, 3), dtype=bool))
    assert ses(nothing, 0.1).level[0] == 0
    assert np.isnan(ses(nothing, 0.1).mean_squared_error[0])
    assert (croston(nothing, 0.1).rate[0], tsb(nothing, 0.1, 0.1).rate[0]) == (0, 0)


def test_quiet_days_count_usable_days_only() -> None:
    pattern = classify(aligned_right([[3, 0, 0, 0, 0]], [[True, True, False, False, True]]))
    assert pattern.quiet_days[0] == 2
    assert pattern.adi_before[0] == 1
