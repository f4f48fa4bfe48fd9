"""Season as factors of the mean: of the week on daily demand (of the year on monthly), and of the year on daily demand.

Demand of a day is level times the factor of its weekday times the factor of its day of the year.

- Week (any short period m): ratio of each phase's demand to the level around it, recent weeks weighing more; the level
  is a smoothed mean of whole periods (classical decomposition by ratio to moving average; Silver, Pyke & Thomas 2017,
  ch. 3). An F-test asks whether the phases differ; what passes is shrunk towards 1 by 1 - 1/F (James-Stein).
- Year: three harmonics and a line are fitted to the means of weeks, against a line alone. The F-test counts
  autocorrelated residuals as fewer weeks than there are. It needs nearly two years (Hyndman & Athanasopoulos 2021,
  ch. 7: harmonic regression).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lambdas.inventory_optimizer.maths.demand.series import DemandSeries

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.maths.arrays import Flags, Floats

WEEK: Final = 7
YEAR: Final = 365.25
#: A phase that sells less than this share of the average is closed: its days say nothing about the level.
CLOSED: Final = 0.05

_LEAST_PERIODS: Final = 4
_HALF_LIFE_PERIODS: Final = 26.0
_LEAST_F: Final = 2.0
_LEAST_YEARS: Final = 1.9
#: Share of all weeks in which something must be known of the product.
_LEAST_WEEKS: Final = 0.95
_HARMONICS: Final = 3
_LEAST_F_OF_YEAR: Final = 4.0
_YEAR_FACTORS: Final = (0.2, 5.0)


@dataclass(frozen=True, slots=True)
class Season:
    """Factors of the mean on each day: ``past`` (products, days), ``future`` (products, days ahead).

    ``by_phase`` and ``by_year`` say where a season was found; ``by_day_of_period`` (products, period) are the factors
    of the phases, the first that of the day after the last one.
    """

    past: Floats
    future: Floats
    by_day_of_period: Floats
    by_phase: Flags
    by_year: Flags

    def take_out(self, series: DemandSeries) -> DemandSeries:
        """Return the demand without its season; days on which nothing is sold by rule become unusable."""
        usable = series.usable & (self.past >= CLOSED)
        return DemandSeries(np.where(usable, series.quantities / np.where(usable, self.past, 1.0), 0.0), usable)


def season_of(series: DemandSeries, period: int, days_ahead: int) -> Season:
    """Find the season of each product. ``period`` 1 means that there is none to look for.

    Only daily demand (``period`` 7) is asked for a season of the year as well.
    """
    products, days = series.quantities.shape
    indices, by_phase = phase_indices(series, period)
    phase = (np.arange(days + days_ahead) - days) % period
    factors = indices[:, phase]
    by_year = np.zeros(products, dtype=bool)
    if period == WEEK and days >= _LEAST_YEARS * YEAR:
        weekly = Season(factors[:, :days], factors[:, days:], indices, by_phase, by_year)
        of_year, by_year = year_factors(weekly.take_out(series), days_ahead)
        factors = factors * of_year
    factors[factors < CLOSED] = 0.0
    return Season(factors[:, :days], factors[:, days:], indices, by_phase, by_year)


def phase_indices(series: DemandSeries, period: int) -> tuple[Floats, Flags]:
    """Return each phase's share of average demand, (products, period), and where phases differ.

    Phase 0 is that of the day after the last one.
    """
    products, days = series.quantities.shape
    periods = days // period
    if period == 1 or periods < _LEAST_PERIODS:
        return np.ones((products, period)), np.zeros(products, dtype=bool)
    shape = (products, periods, period)
    demand = series.quantities[:, days - periods * period :].reshape(shape)
    usable = series.usable[:, days - periods * period :].reshape(shape)
    level = _level_of_periods(demand, usable)
    weight = 0.5 ** (np.arange(periods)[::-1] / _HALF_LIFE_PERIODS)[None, :, None] * usable
    expected = (weight * level).sum(axis=1)
    indices = _ratio((weight * demand).sum(axis=1), expected, 1.0)
    indices = _ratio(indices, indices.mean(axis=1, keepdims=True), 1.0)
    found = _f_of_phases(demand, level, indices, weight)
    enough = (found >= _LEAST_F) & (series.usable_days >= _LEAST_PERIODS * period)
    kept = np.where(enough, 1.0 - 1.0 / np.maximum(found, 1.0), 0.0)
    return 1.0 + kept[:, None] * (indices - 1.0), kept > 0


def year_factors(series: DemandSeries, days_ahead: int) -> tuple[Floats, Flags]:
    """Return factors of past and future days, (products, days + days ahead), and where there is a season of the year.

    ``series`` is daily and has no season of the week.
    """
    products, days = series.quantities.shape
    weeks = days // WEEK
    shape = (products, weeks, WEEK)
    known = series.usable[:, days - weeks * WEEK :].reshape(shape).sum(axis=2)
    sold = series.quantities[:, days - weeks * WEEK :].reshape(shape).sum(axis=2)
    weight = known / WEEK
    mean = _ratio(sold.sum(axis=1), known.sum(axis=1).astype(np.float64), 0.0)
    scaled = _ratio(_ratio(sold, known, 0.0), mean[:, None], 0.0)
    middle = days - weeks * WEEK + WEEK * np.arange(weeks) + WEEK // 2
    waves = _waves(middle, days)
    full, line = _fitted(waves, scaled, weight), _fitted(waves[:, :2], scaled, weight)
    f = _f_of_year(scaled, weight, full @ waves.T, line @ waves[:, :2].T)
    found = (f >= _LEAST_F_OF_YEAR) & (mean > 0) & ((known > 0).mean(axis=1) >= _LEAST_WEEKS)
    kept = np.where(found, 1.0 - 1.0 / np.maximum(f, 1.0), 0.0)
    every_day = _waves(np.arange(days + days_ahead), days)
    factors = 1.0 + kept[:, None] * (full[:, 2:] @ every_day[:, 2:].T)
    return np.clip(factors, *_YEAR_FACTORS), found


def _level_of_periods(demand: Floats, usable: Flags) -> Floats:
    """Return the level around each period, (products, periods, 1): its mean and its neighbours' by 1/4, 1/2, 1/4."""
    mean = _ratio(demand.sum(axis=2, where=usable), usable.sum(axis=2).astype(np.float64), 0.0)
    padded = np.pad(mean, ((0, 0), (1, 1)), mode="edge")
    smoothed: Floats = padded[:, :-2] / 4 + padded[:, 1:-1] / 2 + padded[:, 2:] / 4
    return smoothed[:, :, None]


def _f_of_phases(demand: Floats, level: Floats, indices: Floats, weight: Floats) -> Floats:
    """Return the variance between phases over that within them, both of demand around its level."""
    period = indices.shape[1]
    total = weight.sum(axis=(1, 2))
    within = (weight * np.square(demand - indices[:, None, :] * level)).sum(axis=(1, 2))
    effective = _ratio(np.square(weight.sum(axis=1)), np.square(weight).sum(axis=1), 0.0)
    mean_level = _ratio((weight * level).sum(axis=(1, 2)), total, 0.0)
    between = (effective * np.square(indices - 1.0)).sum(axis=1) * np.square(mean_level) / (period - 1)
    return np.where(between > 0, _ratio(between, within / np.maximum(total - period, 1.0), np.inf), 0.0)


def _f_of_year(scaled: Floats, weight: Floats, full: Floats, line: Floats) -> Floats:
    error = scaled - full
    unexplained = (weight * np.square(error)).sum(axis=1)
    explained = (weight * np.square(scaled - line)).sum(axis=1) - unexplained
    neighbours = (error[:, 1:] * error[:, :-1]).sum(axis=1)
    correlation = np.clip(_ratio(neighbours, np.square(error).sum(axis=1), 0.0), 0.0, 0.9)
    weeks = (weight > 0).sum(axis=1)
    freedom = np.maximum(weeks * (1 - correlation) / (1 + correlation) - (2 + 2 * _HARMONICS), 1.0)
    share = freedom / np.maximum(weeks, 1)
    f = _ratio(explained / (2 * _HARMONICS), unexplained / freedom, np.inf)
    return np.where(explained > 0, f * share, 0.0)


def _waves(day: Floats | np.ndarray, days: int) -> Floats:
    """Return the columns of the regression: one, a line, and cosine and sine of each harmonic."""
    angle = 2 * np.pi * np.asarray(day, dtype=np.float64) / YEAR
    columns = [np.ones(angle.size), day / days - 0.5]
    for harmonic in range(1, _HARMONICS + 1):
        columns += [np.cos(harmonic * angle), np.sin(harmonic * angle)]
    return np.stack(columns, axis=1)


def _fitted(columns: Floats, values: Floats, weight: Floats) -> Floats:
    """Return the weighted least-squares coefficients of each product, (products, columns)."""
    moments = np.einsum("pw,wi,wj->pij", weight, columns, columns, optimize=True)
    # A product with fewer usable weeks than columns would be singular: the ridge makes it flat instead.
    moments += 1e-9 * np.eye(columns.shape[1])
    target = np.einsum("pw,wi->pi", weight * values, columns)
    coefficients: Floats = np.linalg.solve(moments, target[:, :, None])[:, :, 0]
    return coefficients


def _ratio(numerator: Floats, denominator: np.ndarray, otherwise: float) -> Floats:
    shape = np.broadcast_shapes(np.shape(numerator), np.shape(denominator))
    found: Floats = np.divide(numerator, denominator, out=np.full(shape, otherwise), where=denominator > 0)
    return found
