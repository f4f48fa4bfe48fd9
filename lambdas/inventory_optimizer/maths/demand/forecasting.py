"""The automatic forecast of daily demand: season, level, drift, and how uncertain they are, for all products at once.

1. Season of the week, and of the year where nearly two years carry it, are tested for and taken out.
2. The methods of :mod:`candidates` forecast from several origins of the past; their combination weighs each by how
   well it did (:mod:`rolling_origins`). A combination has no need to be right about which method is best.
3. Demand that has stopped is left to TSB alone, which forgets. "Stopped" is a quiet time that the product's own rhythm
   makes unlikely: (1 - 1/ADI)^quiet_days under 1 % and at least a week, where ADI is taken up to the last demand.
4. Variance of one day is the squared error of one-day-ahead forecasts; it goes with the mean, so that a product's days
   share one ratio of variance to mean and their sums stay in the family. Over more days it grows as :mod:`spread` says.

The same functions serve monthly demand: a day is then a month, and the period 12.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lambdas.inventory_optimizer.maths.demand.candidates import Candidates, Method, candidates
from lambdas.inventory_optimizer.maths.demand.classification import DemandClass, Pattern, classify
from lambdas.inventory_optimizer.maths.demand.rolling_origins import Scores, Trial, origins_of, scores_of, try_out
from lambdas.inventory_optimizer.maths.demand.seasonality import WEEK, Season, season_of
from lambdas.inventory_optimizer.maths.demand.series import DemandSeries, compressed
from lambdas.inventory_optimizer.maths.demand.spread import effective_constant, growth
from lambdas.inventory_optimizer.maths.distributions import Demand, choose

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.maths.arrays import Flags, Floats
    from lambdas.inventory_optimizer.maths.demand.candidates import MethodName

#: Days over which methods are judged, and over which a product's mean per day is told.
HORIZON_DAYS: Final = 28
STOPPED_PROBABILITY: Final = 0.01
STOPPED_MIN_DAYS: Final = 7
#: With fewer usable days a variance is a guess: counted demand is then taken as Poisson at least.
_FEW_DAYS: Final = 14
_START_PERIODS: Final = 2
_START_DAYS: Final = 6


@dataclass(frozen=True, slots=True)
class Scenario:
    """One of several levels that demand may have, with its probability; demand of each day, (products, days)."""

    weight: float
    by_day: Demand


@dataclass(frozen=True, slots=True)
class Forecast:
    """Demand of each product over the days ahead.

    ``path`` (products, days ahead) is the mean of each day, in units. ``level`` is the mean per day without season and
    drift, ``dispersion`` the variance of a day over its mean, ``drift_constant`` the a of :func:`spread.growth`.
    ``weights`` (methods, products) are those of the combination, all zero where there is no demand.
    """

    path: Floats
    level: Floats
    dispersion: Floats
    drift_constant: Floats
    weights: Floats
    stopped: Flags
    counted: Flags
    pattern: Pattern
    season: Season
    tried: Candidates
    trial: Trial
    without_season: DemandSeries

    @property
    def mean(self) -> Floats:
        """Mean demand per day over the first 28 days."""
        mean: Floats = self.path[:, :HORIZON_DAYS].mean(axis=1)
        return mean

    @property
    def sd(self) -> Floats:
        """Standard deviation of a day of mean demand."""
        return np.sqrt(self.dispersion * self.mean)

    def method(self, row: int) -> MethodName:
        """Return the name of one product's method: that of the combination's only member, if it has one."""
        used = np.flatnonzero(self.weights[:, row])
        if used.size == 0:
            return "zero"
        return Method(used[0]).label if used.size == 1 else "combination"

    def scores(self, row: int) -> Scores:
        """Return how one product's methods did at the rolling origins, the combination last."""
        return scores_of(self.without_season, self.tried, self.trial, row)

    def each_day(self) -> Demand:
        """Return the demand of each single day, (products, days ahead), the uncertainty of its level included."""
        days = np.arange(1, self.path.shape[1] + 1, dtype=np.float64)
        moved = 1.0 + np.square(self.drift_constant[:, None]) * (days - 1)
        return choose(self.path, self.dispersion[:, None] * self.path * moved, self.counted[:, None])

    def up_to_each_day(self) -> Demand:
        """Return the demand of all days up to each one, (products, days ahead)."""
        return self._demand(np.cumsum(self.path, axis=1), self.drift_constant[:, None])

    def over(self, days: Floats | float) -> Demand:
        """Return the demand of the first ``days`` days, one number per product or for all; fractions are allowed.

        Days beyond the path are taken as its mean day.
        """
        return self._demand(self.total(days), self.drift_constant)

    def total(self, days: Floats | float) -> Floats:
        """Return mean demand of the first ``days`` days, one number per product or for all."""
        products, ahead = self.path.shape
        days = np.broadcast_to(np.asarray(days, dtype=np.float64), (products,))
        summed = np.concatenate([np.zeros((products, 1)), np.cumsum(self.path, axis=1)], axis=1)
        whole = np.minimum(np.floor(days), ahead).astype(np.int64)
        each = np.arange(products)
        following = np.where(whole < ahead, self.path[each, np.minimum(whole, ahead - 1)], self.path.mean(axis=1))
        total: Floats = summed[each, whole] + (days - whole) * following
        return total

    def scenarios(self, days: int) -> tuple[Scenario, ...]:
        """Return demand by day at three levels, for what needs days that are independent given the level.

        Gauss-Hermite: the mean of the first t days less and plus sqrt(3) of its standard deviations with weight 1/6,
        itself with 2/3, which gives the total up to each day the mean and variance that it has (unless cut at zero).
        """
        path = self.path[:, :days]
        total = np.cumsum(path, axis=1)
        excess = self._growth(total, self.drift_constant[:, None]) - 1.0
        shift = np.diff(np.sqrt(self.dispersion[:, None] * total * excess), axis=1, prepend=0.0)
        found = []
        for offset, weight in ((-np.sqrt(3.0), 1 / 6), (0.0, 2 / 3), (np.sqrt(3.0), 1 / 6)):
            mean = np.maximum(path + offset * shift, 0.0)
            found.append(Scenario(weight, choose(mean, self.dispersion[:, None] * mean, self.counted[:, None])))
        return tuple(found)

    def _demand(self, mean: Floats, constant: Floats) -> Demand:
        dispersion, counted = self.dispersion, self.counted
        if mean.ndim > 1:
            dispersion, counted = dispersion[:, None], counted[:, None]
        return choose(mean, dispersion * mean * self._growth(mean, constant), counted)

    def _growth(self, total: Floats, constant: Floats) -> Floats:
        """Return how many times the variance of independent days that of a ``total`` is, at least 1.

        Days are counted as days of mean demand: a day on which nothing is sold adds no uncertainty.
        """
        level = self.level[:, None] if total.ndim > 1 else self.level
        days = _shares(total, np.broadcast_to(level, total.shape))
        return np.maximum(_shares(growth(days, constant), days), 1.0)


def forecast(
    series: DemandSeries, days_ahead: int = HORIZON_DAYS, *, period: int = WEEK, horizon: int = HORIZON_DAYS
) -> Forecast:
    """Forecast each product's demand of the ``days_ahead`` days after its history.

    Methods are judged over ``horizon`` days; ``period`` is that of the season to look for, 1 for none.
    """
    if not series.quantities.shape[1]:
        empty = (series.quantities.shape[0], 1)
        series = DemandSeries(np.zeros(empty), np.zeros(empty, dtype=bool))
    season = season_of(series, period, days_ahead)
    pattern = classify(series)
    regular = np.isin(pattern.demand_class, (DemandClass.SMOOTH, DemandClass.ERRATIC))
    level_days = compressed(season.take_out(series))
    start_days = _START_PERIODS * period if period > 1 else _START_DAYS
    tried = candidates(level_days, origins_of(level_days.quantities.shape[1], horizon), start_days, regular)
    trial = try_out(level_days, tried, horizon)
    stopped = _stopped(pattern)
    weights = _weights(trial, pattern, stopped)
    path = _path(tried, weights, stopped, season.future)
    level = np.where(stopped, tried.fading, np.nansum(weights * tried.level[:, -1], axis=0))
    usable_days = level_days.usable_days.astype(np.float64)
    return Forecast(
        path=path,
        level=level,
        dispersion=_dispersion(tried, usable_days, series.counted),
        drift_constant=effective_constant(tried, trial, tried.squared_error, usable_days),
        weights=weights,
        stopped=stopped,
        counted=series.counted,
        pattern=pattern,
        season=season,
        tried=tried,
        trial=trial,
        without_season=level_days,
    )


def _stopped(pattern: Pattern) -> Flags:
    quiet = pattern.quiet_days
    rate = np.divide(1.0, pattern.adi_before, out=np.zeros(quiet.shape), where=pattern.demand_class > 0)
    chance = (1.0 - np.minimum(rate, 1.0)) ** quiet
    return (pattern.demand_class > 0) & (quiet >= STOPPED_MIN_DAYS) & (chance < STOPPED_PROBABILITY)


def _weights(trial: Trial, pattern: Pattern, stopped: Flags) -> Floats:
    only_tsb = np.zeros_like(trial.weights)
    only_tsb[Method.TSB] = 1.0
    weights: Floats = np.where(stopped, only_tsb, trial.weights) * (pattern.demand_class != DemandClass.NO_DEMAND)
    return weights


def _path(tried: Candidates, weights: Floats, stopped: Flags, factors: Floats) -> Floats:
    ahead = np.arange(1, factors.shape[1] + 1, dtype=np.float64)
    level = np.nansum(weights * tried.level[:, -1], axis=0)
    slope = np.nansum(weights * tried.slope[:, -1], axis=0)
    drifting = np.maximum(level[:, None] + slope[:, None] * ahead, 0.0)
    path: Floats = np.where(stopped[:, None], tried.fading[:, None], drifting) * factors
    return path


def _dispersion(tried: Candidates, usable_days: Floats, counted: Flags) -> Floats:
    found = _shares(tried.squared_error, tried.mean_level)
    return np.where((usable_days < _FEW_DAYS) & counted, np.maximum(found, 1.0), found)


def _shares(part: Floats, whole: Floats) -> Floats:
    shares: Floats = np.divide(part, whole, out=np.zeros(np.shape(part)), where=whole > 0)
    return shares
