from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.inventory_optimizer.maths.demand.candidates import Method, candidates
from lambdas.inventory_optimizer.maths.demand.rolling_origins import origins_of, scores_of, try_out
from lambdas.inventory_optimizer.maths.demand.series import DemandSeries
from lambdas.inventory_optimizer.maths.demand.spread import constant_of, growth


@given(st.integers(1, 900), st.integers(1, 60))
def test_origins_rise_and_leave_a_horizon_but_for_the_end(days: int, horizon: int) -> None:
    origins = origins_of(days, horizon)
    assert origins[-1] == days
    assert list(origins) == sorted(set(origins))
    assert all(0 < origin <= days - horizon for origin in origins[:-1])
    assert len(origins) <= 9


def noisy(rows: int, days: int, seed: int) -> DemandSeries:
    random = np.random.default_rng(seed)
    quantities = np.where(random.random((rows, days)) < 0.4, random.poisson(4, (rows, days)), 0).astype(float)
    return DemandSeries(quantities, np.ones(quantities.shape, dtype=bool))


def test_a_forecast_at_an_origin_has_seen_nothing_later() -> None:
    """What one pass says at an origin is what a history that ends there says."""
    series = noisy(5, 200, 1)
    regular = np.array([True, False, False, False, True])
    together = candidates(series, (60, 120, 200), 14, regular)
    for index, origin in enumerate((60, 120)):
        seen = DemandSeries(series.quantities[:, :origin], series.usable[:, :origin])
        alone = candidates(seen, (origin,), 14, regular)
        assert together.level[:, index] == pytest.approx(alone.level[:, 0], nan_ok=True)
        assert together.slope[:, index] == pytest.approx(alone.slope[:, 0], nan_ok=True)


def test_weights_add_up_to_one_and_shun_what_was_not_tried() -> None:
    series = noisy(6, 200, 2)
    regular = np.array([True, False] * 3)
    trial = try_out(series, candidates(series, origins_of(200, 14), 14, regular), 14)
    assert trial.weights.sum(axis=0) == pytest.approx(np.ones(6))
    assert (trial.weights[Method.SBA, regular] == 0).all()
    assert (trial.origins == 8).all()


def test_a_history_too_short_to_judge_by_is_weighed_evenly() -> None:
    series = noisy(1, 20, 3)
    trial = try_out(series, candidates(series, origins_of(20, 28), 14, np.array([True])), 28)
    assert trial.origins[0] == 0
    assert trial.weights[:, 0].max() == pytest.approx(0.25)


def test_a_forecast_of_zero_does_not_win_on_pauses() -> None:
    """It has the least daily error on rare demand, and yet the total over the horizon is all wrong."""
    random = np.random.default_rng(4)
    quantities = np.where(random.random((60, 400)) < 0.05, 3.0, 0.0)
    series = DemandSeries(quantities, np.ones(quantities.shape, dtype=bool))
    tried = candidates(series, origins_of(400, 28), 14, np.zeros(60, dtype=bool))
    trial = try_out(series, tried, 28)
    level = np.nansum(trial.weights * tried.level[:, -1], axis=0)
    assert level.mean() == pytest.approx(0.15, rel=0.3)


def test_scores_are_the_errors_at_the_origins_by_their_definition() -> None:
    quantities = np.array([[4.0, 0, 4, 0, 4, 0, 4, 0, 4, 0, 4, 0]])
    series = DemandSeries(quantities, np.ones(quantities.shape, dtype=bool))
    tried = candidates(series, (8, 12), 6, np.array([False]))
    scores = scores_of(series, tried, try_out(series, tried, 4), 0)
    level = tried.level[Method.SES, 0, 0]
    error = level - np.array([4.0, 0, 4, 0])
    assert scores.rmsse[Method.SES] == pytest.approx(np.sqrt(np.mean(error**2) / 16))
    assert scores.mase[Method.SES] == pytest.approx(np.mean(np.abs(error)) / 4)
    assert scores.bias[Method.SES] == pytest.approx(np.mean(error) / 2)


@given(st.floats(0, 1), st.integers(2, 400))
def test_the_constant_is_found_from_the_growth_that_it_makes(constant: float, days: int) -> None:
    assert constant_of(np.array([growth(days, constant)]), float(days))[0] == pytest.approx(constant, abs=1e-6)


@given(st.floats(0, 1), st.integers(1, 60))
def test_growth_is_the_sum_of_what_each_days_error_does_to_the_total(constant: float, days: int) -> None:
    assert growth(days, constant) == pytest.approx(sum((1 + constant * before) ** 2 for before in range(days)))
