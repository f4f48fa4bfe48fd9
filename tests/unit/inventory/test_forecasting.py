from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.inventory_optimizer.maths.demand.candidates import Method
from lambdas.inventory_optimizer.maths.demand.classification import DemandClass, classify
from lambdas.inventory_optimizer.maths.demand.forecasting import Forecast, forecast
from lambdas.inventory_optimizer.maths.demand.series import DemandSeries, aligned_right, compressed
from lambdas.inventory_optimizer.maths.demand.smoothing import croston, ses, tsb
from lambdas.inventory_optimizer.maths.distributions import cdf, quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

histories = st.lists(
    st.lists(st.one_of(st.just(0.0), st.integers(0, 500).map(float), st.floats(0, 1e6)), max_size=90),
    min_size=1,
    max_size=4,
)


def of(*series: Sequence[float], days_ahead: int = 28) -> Forecast:
    return forecast(aligned_right(list(series)), days_ahead)


def drawn(days: np.ndarray, **options: int) -> Forecast:
    return forecast(DemandSeries(days.astype(float), np.ones(days.shape, dtype=bool)), **options)


@given(histories)
def test_every_history_gives_finite_figures_that_are_not_negative(series: list[list[float]]) -> None:
    found = of(*series)
    for figures in (
        found.path,
        found.dispersion,
        found.drift_constant,
        quantile(found.over(14.0), 0.9),
        quantile(found.up_to_each_day(), 0.9),
        quantile(found.each_day(), 0.1),
        *(part.by_day.mean for part in found.scenarios(28)),
    ):
        assert np.isfinite(figures).all()
        assert (figures >= 0).all()


@given(st.floats(0.5, 1e5), st.integers(1, 120))
def test_a_constant_history_is_forecast_to_go_on(value: float, days: int) -> None:
    found = of([value] * days)
    assert found.path[0] == pytest.approx(np.full(28, value), rel=1e-9)
    if days >= 14:
        assert found.dispersion[0] == pytest.approx(0, abs=1e-9 * value)


@given(histories, st.sampled_from([0.25, 2.0, 64.0]))
def test_forecasts_scale_with_the_unit(series: list[list[float]], factor: float) -> None:
    # Powers of two: every product is exact, so that no choice between two methods hangs on a rounding.
    kept = [[0.0 if value < 1e-3 else value for value in row] for row in series]
    plain, scaled = of(*kept), of(*[[value * factor for value in row] for row in kept])
    assert list(plain.pattern.demand_class) == list(scaled.pattern.demand_class)
    assert scaled.path == pytest.approx(plain.path * factor, rel=1e-6, abs=1e-9)


@given(histories)
def test_products_do_not_influence_each_other(series: list[list[float]]) -> None:
    together = of(*series)
    longest = max(map(len, series))
    for row, history in enumerate(series):
        padded = aligned_right(
            [[0.0] * (longest - len(history)) + history], [[False] * (longest - len(history)) + [True] * len(history)]
        )
        alone = forecast(padded)
        assert alone.path[0] == pytest.approx(together.path[row], rel=1e-9, abs=1e-12)
        assert alone.dispersion[0] == pytest.approx(together.dispersion[row], rel=1e-9, abs=1e-12)
        assert alone.method(0) == together.method(row)


@given(histories, st.integers(0, 30))
def test_unusable_days_before_the_first_change_nothing(series: list[list[float]], days: int) -> None:
    plain = aligned_right(series)
    shape = (plain.quantities.shape[0], days)
    longer = DemandSeries(
        np.hstack([np.zeros(shape), plain.quantities]), np.hstack([np.zeros(shape, dtype=bool), plain.usable])
    )
    assert forecast(longer).level == pytest.approx(forecast(plain).level, rel=1e-9, abs=1e-12)


def test_days_out_of_stock_are_skipped_not_counted_as_zero() -> None:
    sold, out = [10.0] * 20 + [0.0] * 20, [True] * 20 + [False] * 20
    masked, naive = forecast(aligned_right([sold], [out])), forecast(aligned_right([sold]))
    assert masked.mean[0] == pytest.approx(10)
    assert not masked.stopped[0]
    assert naive.mean[0] < 1


@pytest.mark.parametrize(
    ("series", "demand_class", "tried"),
    [
        ([5.0, 6.0, 4.0, 5.0] * 10, DemandClass.SMOOTH, {"SES", "Theta", "TSB", "IMAPA"}),
        ([1.0, 30.0, 2.0, 1.0] * 10, DemandClass.ERRATIC, {"SES", "Theta", "TSB", "IMAPA"}),
        ([0.0, 0.0, 3.0] * 12, DemandClass.INTERMITTENT, {method.label for method in Method}),
        ([0.0, 0.0, 1.0, 0.0, 0.0, 40.0] * 8, DemandClass.LUMPY, {method.label for method in Method}),
    ],
)
def test_the_class_says_which_methods_are_tried(
    series: list[float], demand_class: DemandClass, tried: set[str]
) -> None:
    found = of(series)
    assert found.pattern.demand_class[0] == demand_class
    level = found.tried.level[:, -1, 0]
    assert {Method(int(index)).label for index in np.flatnonzero(np.isfinite(level))} == tried
    assert found.weights[:, 0].sum() == pytest.approx(1)


@pytest.mark.parametrize("series", [[0.0] * 30, []])
def test_without_demand_the_forecast_is_zero(series: list[float]) -> None:
    found = of(series)
    assert found.pattern.demand_class[0] == DemandClass.NO_DEMAND
    assert (found.method(0), found.path.sum()) == ("zero", 0)


def test_a_single_day_is_forecast_to_go_on() -> None:
    assert of([4.0]).mean[0] == pytest.approx(4)


def test_regular_demand_is_not_forecast_low_by_methods_for_pauses() -> None:
    assert of([5.0] * 200).mean[0] == pytest.approx(5)


def test_a_dead_item_is_forgotten() -> None:
    found = of([4.0, 6.0, 5.0, 3.0, 4.0] * 6 + [0.0] * 60)
    assert found.stopped[0]
    assert found.method(0) == "TSB"
    assert found.mean[0] < 0.001


def test_a_quiet_week_in_slow_demand_is_no_end_of_demand() -> None:
    found = of(([0.0] * 9 + [2.0]) * 12 + [0.0] * 12)
    assert not found.stopped[0]
    assert found.mean[0] == pytest.approx(0.2, rel=0.2)


def test_the_better_method_weighs_more() -> None:
    # A level that has moved: what forgets quickly did better at every origin since.
    found = drawn(np.random.default_rng(3).poisson(np.repeat([4.0, 40.0, 8.0, 30.0], 60), (1, 240)))
    squares = np.array([found.scores(0).rmsse[index] for index in (Method.SES, Method.TSB)])
    weights = found.weights[[Method.SES, Method.TSB], 0]
    assert (squares[0] < squares[1]) == (weights[0] > weights[1])


def test_a_week_shows_in_the_path() -> None:
    week = np.array([20.0, 18, 16, 18, 22, 6, 2])
    found = drawn(np.random.default_rng(4).poisson(np.tile(week, 30), (1, 210)))
    assert found.season.by_phase[0]
    assert found.path[0, :7] == pytest.approx(week, rel=0.25)
    assert found.path[0, :7] == pytest.approx(found.path[0, 7:14], rel=0.01)


def test_pure_chance_is_not_taken_for_a_week() -> None:
    found = drawn(np.random.default_rng(5).poisson(10, (400, 180)))
    assert found.season.by_phase.mean() < 0.12


def test_closed_days_are_forecast_as_closed_and_do_not_lower_the_level() -> None:
    found = drawn(np.random.default_rng(6).poisson(np.tile([12.0] * 6 + [0.0], 30), (1, 210)))
    assert found.path[0, 6] == 0
    assert found.path[0, :6].mean() == pytest.approx(12, rel=0.15)


def test_a_season_of_the_year_is_found_where_two_years_carry_it() -> None:
    days = np.arange(730)
    wave = 30 * (1 + 0.5 * np.cos(2 * np.pi * days / 365.25))
    found = drawn(np.random.default_rng(7).poisson(wave, (1, 730)), days_ahead=180)
    assert found.season.by_year[0]
    assert found.path[0, :20].mean() > 1.5 * found.path[0, 150:180].mean()
    short = drawn(np.random.default_rng(7).poisson(wave[:500], (1, 500)), days_ahead=180)
    assert not short.season.by_year[0]


def test_a_trend_goes_on_by_half() -> None:
    found = drawn(np.random.default_rng(8).poisson(20 + 0.1 * np.arange(300), (1, 300)), days_ahead=60)
    rise = (found.path[0, -1] - found.path[0, 0]) / 59
    assert 0.02 < rise < 0.08


def test_variance_of_a_day_is_that_of_the_history() -> None:
    random = np.random.default_rng(1)
    days = np.where(random.random((40, 700)) < 0.2, random.poisson(5, (40, 700)) + 1, 0)
    found = drawn(days)
    assert found.dispersion.mean() == pytest.approx(days.var() / days.mean(), rel=0.1)


def test_uncertainty_grows_faster_than_the_days() -> None:
    found = of([5.0, 9.0, 2.0, 7.0, 11.0] * 20)
    one, ten = found.over(1.0), found.over(10.0)
    assert ten.mean == pytest.approx(one.mean * 10, rel=0.01)
    assert ten.variance[0] > 10 * one.variance[0]


def test_quantiles_of_sums_are_calibrated_on_stationary_demand() -> None:
    random = np.random.default_rng(9)
    days = random.poisson(random.gamma(4.0, 1.5, (400, 1)), (400, 228))
    total = drawn(days[:, :200]).over(28.0)
    below = [(cdf(total, days[:, 200:].sum(axis=1)) <= level).mean() for level in (0.1, 0.5, 0.9)]
    assert below == pytest.approx([0.1, 0.5, 0.9], abs=0.07)


def test_scenarios_keep_mean_and_variance_of_the_total() -> None:
    found = of([5.0, 9.0, 2.0, 7.0] * 20)
    parts = found.scenarios(14)
    total = found.over(14.0)
    means = [part.by_day.mean.sum(axis=1)[0] for part in parts]
    mean = sum(part.weight * value for part, value in zip(parts, means, strict=True))
    between = sum(part.weight * (value - mean) ** 2 for part, value in zip(parts, means, strict=True))
    within = sum(part.weight * part.by_day.variance.sum(axis=1)[0] for part in parts)
    assert sum(part.weight for part in parts) == pytest.approx(1)
    assert mean == pytest.approx(total.mean[0])
    assert between + within == pytest.approx(total.variance[0])


def test_days_beyond_the_path_go_on_as_its_mean_day() -> None:
    found = of([5.0, 9.0, 2.0, 7.0] * 20)
    assert found.total(56.0)[0] == pytest.approx(2 * found.total(28.0)[0])
    assert found.total(0.5)[0] == pytest.approx(found.path[0, 0] / 2)


def test_series_of_unequal_length_end_on_the_same_day() -> None:
    series = aligned_right([[1, 2, 3], [9], []])
    assert series.quantities.tolist() == [[1, 2, 3], [0, 0, 9], [0, 0, 0]]
    assert series.usable.tolist() == [[True] * 3, [False, False, True], [False] * 3]


def test_usable_days_are_moved_together_to_the_end() -> None:
    series = compressed(aligned_right([[1, 2, 3, 4]], [[True, False, True, False]]))
    assert series.quantities.tolist() == [[0, 0, 1, 3]]
    assert series.usable.tolist() == [[False, False, True, True]]


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
