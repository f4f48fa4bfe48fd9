"""Methods of the same name give what statsforecast gives, on random intermittent series of a printed seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from statsforecast import models
from statsforecast import theta as theirs

from lambdas.inventory_optimizer.maths.demand import aggregation, smoothing
from lambdas.inventory_optimizer.maths.demand.series import aligned_right
from lambdas.inventory_optimizer.maths.demand.theta import least_squares, theta

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.inventory_optimizer.maths.demand.series import DemandSeries

SEED = 20261128
SERIES = 200


def random_series() -> list[list[float]]:
    """Series of 10 to 120 days with demand on 5 to 95 % of them, some measured, some that end or begin late."""
    random = np.random.default_rng(SEED)
    found = []
    for _ in range(SERIES):
        days = int(random.integers(10, 121))
        sizes = random.gamma(2.0, 3.0, days) if random.random() < 0.3 else random.poisson(3.0, days) + 1.0
        row = np.where(random.random(days) < random.uniform(0.05, 0.95), sizes, 0.0)
        if random.random() < 0.2:
            row[-int(random.integers(1, days)) :] = 0.0
        found.append(row.tolist())
    return found


METHODS: dict[str, tuple[Callable[[DemandSeries], np.ndarray], object]] = {
    "SimpleExponentialSmoothing": (
        lambda series: smoothing.ses(series, 0.1).level,
        models.SimpleExponentialSmoothing(alpha=0.1),
    ),
    "SimpleExponentialSmoothingOptimized": (
        lambda series: smoothing.ses_optimized(series, 0.01, 0.99).level,
        models.SimpleExponentialSmoothingOptimized(),
    ),
    "CrostonClassic": (
        lambda series: smoothing.croston_mean(smoothing.croston(series, 0.1)),
        models.CrostonClassic(),
    ),
    "CrostonSBA": (lambda series: smoothing.sba_mean(smoothing.croston(series, 0.1), 0.1), models.CrostonSBA()),
    "CrostonOptimized": (aggregation.croston_optimized, models.CrostonOptimized()),
    "TSB": (lambda series: smoothing.tsb_mean(smoothing.tsb(series, 0.2, 0.2)), models.TSB(0.2, 0.2)),
    "ADIDA": (aggregation.adida, models.ADIDA()),
    "IMAPA": (aggregation.imapa, models.IMAPA()),
}


@pytest.mark.parametrize("name", METHODS)
def test_a_method_of_the_same_name_gives_the_same_forecast(name: str) -> None:
    ours, model = METHODS[name]
    rows = random_series()
    found = ours(aligned_right(rows))
    expected = [model.forecast(np.array(row), 1)["mean"][0] for row in rows]
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-6), f"seed {SEED}"


@pytest.mark.parametrize("alpha", [0.1, 0.3, 0.9])
def test_theta_gives_the_same_forecast_from_the_same_constant_and_first_level(alpha: float) -> None:
    """Fitted, they differ: statsforecast fits both by likelihood, and its simplex stops at three digits or so."""
    rows = random_series()
    series = aligned_right(rows)
    first = np.array([np.mean(row[:6]) for row in rows])
    start, slope = least_squares(series)
    line = theta(series, smoothing.ses(series, alpha, start=first).level, np.full(SERIES, alpha))
    for index, row in enumerate(rows):
        halved = first[index] - (start[index] + slope[index]) / 2  # theirs begins with the half that SES smooths
        fitted = theirs.thetamodel(np.array(row), 1, "STM", halved, alpha, 2.0, 3)
        expected = theirs.forecast_theta(fitted, 12)["mean"]
        found = line.level[index] + line.slope[index] * np.arange(1, 13)
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-6), f"seed {SEED}, series {index}"
