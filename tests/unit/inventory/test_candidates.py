"""The one pass that forecasts at every origin gives what the methods give that are held to statsforecast."""

from __future__ import annotations

import numpy as np
import pytest

from lambdas.inventory_optimizer.maths.demand import aggregation, smoothing
from lambdas.inventory_optimizer.maths.demand.candidates import (
    CROSTON_CONSTANT,
    TSB_FADING,
    TSB_RATE,
    TSB_SIZE,
    Candidates,
    Method,
    candidates,
    start_level,
)
from lambdas.inventory_optimizer.maths.demand.series import DemandSeries

START_DAYS = 14
DAYS = 400


@pytest.fixture(scope="module")
def series() -> DemandSeries:
    random = np.random.default_rng(11)
    chance = random.uniform(0.1, 0.9, (40, 1))
    quantities = np.where(random.random((40, DAYS)) < chance, random.poisson(4, (40, DAYS)) + 1.0, 0.0)
    usable = np.arange(DAYS)[None, :] >= random.integers(0, 60, (40, 1))
    return DemandSeries(np.where(usable, quantities, 0.0), usable)


@pytest.fixture(scope="module")
def tried(series: DemandSeries) -> Candidates:
    return candidates(series, (DAYS,), START_DAYS, np.zeros(40, dtype=bool))


def test_ses(series: DemandSeries, tried: Candidates) -> None:
    smoothed = smoothing.ses(series, tried.alpha, start=start_level(series, START_DAYS))
    assert tried.level[Method.SES, 0] == pytest.approx(smoothed.level)


def test_croston_and_sba(series: DemandSeries, tried: Candidates) -> None:
    smoothed = smoothing.croston(series, CROSTON_CONSTANT)
    assert tried.level[Method.CROSTON, 0] == pytest.approx(smoothing.croston_mean(smoothed))
    assert tried.level[Method.SBA, 0] == pytest.approx(smoothing.sba_mean(smoothed, CROSTON_CONSTANT))


def test_tsb_but_for_the_rate_that_it_starts_from(series: DemandSeries, tried: Candidates) -> None:
    smoothed = smoothing.tsb(series, TSB_SIZE, TSB_RATE)
    assert tried.level[Method.TSB, 0] == pytest.approx(smoothing.tsb_mean(smoothed), rel=1e-5)
    fading = smoothing.tsb(series, TSB_FADING, TSB_FADING)
    assert tried.fading == pytest.approx(smoothing.tsb_mean(fading))


def test_adida_and_imapa_but_for_their_three_constants(series: DemandSeries, tried: Candidates) -> None:
    assert tried.level[Method.ADIDA, 0] == pytest.approx(aggregation.adida(series), rel=0.12)
    assert tried.level[Method.IMAPA, 0] == pytest.approx(aggregation.imapa(series), rel=0.12)
    ratio = tried.level[Method.IMAPA, 0] / aggregation.imapa(series)
    assert np.median(ratio) == pytest.approx(1, abs=0.01)
