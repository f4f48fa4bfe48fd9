"""A flat forecast of daily demand per product: method by class, mean, variance, and how sure the level is.

- smooth and erratic: SES, its constant by least squared error of one-day-ahead forecasts over a small grid;
- intermittent and lumpy: SBA;
- demand that has stopped: TSB, which forgets. "Stopped" is a quiet time that the product's own rhythm makes unlikely:
  (1 - 1/ADI)^quiet_days under 1 % and at least a week, where ADI is taken up to the last demand;
- none at all: zero.

Variance of a day. SES: its squared error, less the part that is the level's own error. SBA and TSB: that of a
demand of size (mean z, variance s^2) which occurs with probability b, b s^2 + b (1 - b) z^2 (a mixture).

Variance of the level, if demand is stationary: SES a/(2-a) s^2; SBA and TSB by first order (delta method) from the
smoothed size, variance a/(2-a) s^2, and the smoothed interval (relative variance a/(2-a) (1-b), intervals being
geometric) or probability (variance a/(2-a) b (1-b)). Over t days it enters with t^2, for the level errs the same
way each day: that is the error of the cumulative forecast.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from lambdas.inventory_optimizer.maths.classification import DemandClass, Pattern, classify
from lambdas.inventory_optimizer.maths.distributions import Demand, choose
from lambdas.inventory_optimizer.maths.series import DemandSeries
from lambdas.inventory_optimizer.maths.smoothing import croston, sba_mean, ses, tsb

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.maths.arrays import Flags, Floats, Integers

SES_ALPHAS: Final = (0.02, 0.05, 0.1, 0.2, 0.3)
SBA_ALPHA: Final = 0.1
TSB_ALPHA: Final = 0.2
TSB_BETA: Final = 0.2
#: Two whole weeks, so that the day of the week does not colour the level that SES starts from.
START_DAYS: Final = 14
STOPPED_PROBABILITY: Final = 0.01
STOPPED_MIN_DAYS: Final = 7


MethodName: TypeAlias = Literal["zero", "SES", "SBA", "TSB"]


class Method(IntEnum):
    """How a product's demand was forecast."""

    ZERO = 0
    SES = 1
    SBA = 2
    TSB = 3

    @property
    def label(self) -> MethodName:
        """The name that results show."""
        return _NAMES[self]


_NAMES: Final[dict[Method, MethodName]] = {
    Method.ZERO: "zero",
    Method.SES: "SES",
    Method.SBA: "SBA",
    Method.TSB: "TSB",
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One of several levels that demand may have, with its probability."""

    weight: float
    per_day: Demand


@dataclass(frozen=True, slots=True)
class Forecast:
    """Demand per day of each product: all arrays one element per product.

    ``mean`` is in units a day, ``variance`` in units squared of a single day, ``level_variance`` that of the mean.
    ``alpha`` is the smoothing constant used, NaN where none was. ``stopped``: demand seems to have ended.
    """

    mean: Floats
    variance: Floats
    level_variance: Floats
    method: Integers
    alpha: Floats
    stopped: Flags
    counted: Flags
    pattern: Pattern

    def scenarios(self) -> tuple[Scenario, ...]:
        """Return the demand of a single day at three levels, for what needs days that are independent given the level.

        Gauss-Hermite: the level less and plus sqrt(3) of its standard deviations with weight 1/6, itself with 2/3,
        which keeps its mean and variance (unless cut at zero). A day's variance goes with its mean.
        """
        found = []
        for offset, weight in ((-np.sqrt(3.0), 1 / 6), (0.0, 2 / 3), (np.sqrt(3.0), 1 / 6)):
            mean = np.maximum(self.mean + offset * np.sqrt(self.level_variance), 0.0)
            share = np.divide(mean, self.mean, out=np.ones_like(mean), where=self.mean > 0)
            found.append(Scenario(weight, choose(mean, self.variance * share, self.counted)))
        return tuple(found)

    def over(self, days: Floats | float) -> Demand:
        """Return the demand of ``days`` days together, the level's uncertainty included (``days`` broadcasts)."""
        variance = self.variance * days + self.level_variance * np.square(days)
        return choose(self.mean * days, variance, self.counted)


def forecast(series: DemandSeries) -> Forecast:
    """Forecast each product's demand per day from its history."""
    pattern = classify(series)
    stopped = _stopped(pattern)
    regular = np.isin(pattern.demand_class, (DemandClass.SMOOTH, DemandClass.ERRATIC))
    conditions = [pattern.demand_class == DemandClass.NO_DEMAND, stopped, regular]
    method = np.select(conditions, [int(Method.ZERO), int(Method.TSB), int(Method.SES)], int(Method.SBA))
    products = method.shape[0]
    mean, variance, level = np.zeros(products), np.zeros(products), np.zeros(products)
    alpha = np.full(products, np.nan)
    for kind, evaluate in ((Method.SES, _by_ses), (Method.SBA, _by_sba), (Method.TSB, _by_tsb)):
        rows = method == kind
        if rows.any():
            part = DemandSeries(series.quantities[rows], series.usable[rows])
            mean[rows], variance[rows], level[rows], alpha[rows] = evaluate(part, pattern.size_variance[rows])
    return Forecast(mean, variance, level, method.astype(np.int64), alpha, stopped, series.counted, pattern)


def _stopped(pattern: Pattern) -> Flags:
    quiet = pattern.quiet_days
    rate = np.divide(1.0, pattern.adi_before, out=np.zeros(quiet.shape), where=pattern.demand_class > 0)
    chance = (1.0 - np.minimum(rate, 1.0)) ** quiet
    return (pattern.demand_class > 0) & (quiet >= STOPPED_MIN_DAYS) & (chance < STOPPED_PROBABILITY)


def _by_ses(series: DemandSeries, _size_variance: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return mean, variance, level variance and constant, the last chosen from the grid for each product."""
    products, constants = series.quantities.shape[0], np.array(SES_ALPHAS)
    tiled = DemandSeries(
        np.tile(series.quantities, (constants.size, 1)),
        np.tile(series.usable, (constants.size, 1)),
    )
    smoothed = ses(tiled, np.repeat(constants, products), start=_start_level(tiled), warm_up=START_DAYS)
    errors = smoothed.mean_squared_error.reshape(constants.size, products)
    best = np.argmin(np.where(np.isnan(errors), np.inf, errors), axis=0)
    chosen = np.arange(products)
    alpha, squared = constants[best], errors[best, chosen]
    # E[error^2] = s^2 + level variance = s^2 * 2 / (2 - alpha) when demand is stationary.
    variance = np.where(np.isnan(squared), _sample_variance(series), squared * (2 - alpha) / 2)
    mean = smoothed.level.reshape(constants.size, products)[best, chosen]
    return mean, variance, _kept(alpha) * variance, alpha


def _by_sba(series: DemandSeries, size_variance: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    smoothed = croston(series, SBA_ALPHA)
    mean = sba_mean(smoothed, SBA_ALPHA)
    relative = np.square(np.sqrt(size_variance) / smoothed.size) + 1 - smoothed.rate
    level_variance = mean**2 * _kept(SBA_ALPHA) * relative
    variance = _mixture_variance(smoothed.rate, smoothed.size, size_variance)
    return mean, variance, level_variance, np.full(mean.shape, SBA_ALPHA)


def _by_tsb(series: DemandSeries, size_variance: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    smoothed = tsb(series, TSB_ALPHA, TSB_BETA)
    rate, size = smoothed.rate, smoothed.size
    level_variance = size**2 * _kept(TSB_BETA) * rate * (1 - rate) + rate**2 * _kept(TSB_ALPHA) * size_variance
    variance = _mixture_variance(rate, size, size_variance)
    return rate * size, variance, level_variance, np.full(rate.shape, TSB_ALPHA)


def _mixture_variance(rate: Floats, size: Floats, size_variance: Floats) -> Floats:
    return rate * size_variance + rate * (1 - rate) * size**2


def _kept(alpha: Floats | float) -> Floats:
    """Return the share of a day's variance that stays in a smoothed level: a / (2 - a) (Brown 1959)."""
    return np.asarray(alpha / (2 - alpha), float)


def _start_level(series: DemandSeries) -> Floats:
    early = series.usable & (np.cumsum(series.usable, axis=1) <= START_DAYS)
    level: Floats = series.quantities.sum(axis=1, where=early) / np.maximum(early.sum(axis=1), 1)
    return level


def _sample_variance(series: DemandSeries) -> Floats:
    days = series.usable_days
    mean = series.quantities.sum(axis=1) / np.maximum(days, 1)
    squares = np.where(series.usable, series.quantities - mean[:, None], 0.0) ** 2
    variance: Floats = squares.sum(axis=1) / np.maximum(days - 1, 1)
    return variance
