"""Exponential smoothing of daily demand: SES, Croston, SBA and TSB, for all products of a matrix at once.

Unusable days are skipped: neither a level nor an interval moves on them. All methods give a flat forecast.

- SES: l += a (y - l)                                                          (Brown 1959)
- Croston: size z and interval p are smoothed at each demand; forecast z / p    (Croston 1972)
- SBA: Croston times (1 - a/2), which takes off most of Croston's bias          (Syntetos & Boylan 2005)
- TSB: probability b is smoothed each day, size at each demand; forecast b z    (Teunter, Syntetos & Babai 2011)

Start values are those of statsforecast: the first value, the first demand, the days up to the first demand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambdas.inventory_optimizer.maths.arrays import Flags, Floats
    from lambdas.inventory_optimizer.maths.series import DemandSeries


@dataclass(frozen=True, slots=True)
class Level:
    """A smoothed level per product, and the mean squared error of its one-day-ahead forecasts (NaN without any)."""

    level: Floats
    mean_squared_error: Floats


@dataclass(frozen=True, slots=True)
class SizeAndRate:
    """Smoothed size of a demand, and smoothed rate: the probability that a day has demand."""

    size: Floats
    rate: Floats


def ses(series: DemandSeries, alpha: Floats | float, *, start: Floats | None = None, warm_up: int = 1) -> Level:
    """Smooth each product with its ``alpha`` (0 to 1). Without a usable day the level is ``start``, or zero.

    ``start`` is the level before the first usable day; left out, that day's demand. Errors count from usable day
    ``warm_up`` on (the first is day 0).
    """
    products = series.quantities.shape[0]
    level = np.zeros(products) if start is None else start.copy()
    seen, squares, errors = np.zeros(products), np.zeros(products), np.zeros(products)
    for demand, usable in _days(series):
        if start is None:
            level = np.where(usable & (seen == 0), demand, level)
        error = np.where(usable, demand - level, 0.0)
        counts = usable & (seen >= warm_up)
        squares += np.where(counts, error**2, 0.0)
        errors += counts
        level = level + alpha * error
        seen += usable
    mean = np.divide(squares, errors, out=np.full(products, np.nan), where=errors > 0)
    return Level(level, mean)


def croston(series: DemandSeries, alpha: float) -> SizeAndRate:
    """Smooth size and interval at each demand; the rate is one over the interval. Zero without demand."""
    products = series.quantities.shape[0]
    size, interval, since = np.zeros(products), np.zeros(products), np.zeros(products)
    for demand, usable in _days(series):
        since += usable
        hit = usable & (demand > 0)
        first = hit & (interval == 0)
        size = np.where(first, demand, np.where(hit, size + alpha * (demand - size), size))
        interval = np.where(first, since, np.where(hit, interval + alpha * (since - interval), interval))
        since = np.where(hit, 0.0, since)
    return SizeAndRate(size, np.divide(1.0, interval, out=np.zeros(products), where=interval > 0))


def croston_mean(smoothed: SizeAndRate) -> Floats:
    """Return Croston's forecast per day."""
    return smoothed.size * smoothed.rate


def sba_mean(smoothed: SizeAndRate, alpha: float) -> Floats:
    """Return the forecast of Syntetos and Boylan per day. Not for regular demand: a constant 5 gives 4.75."""
    return (1 - alpha / 2) * croston_mean(smoothed)


def tsb(series: DemandSeries, alpha: float, beta: float) -> SizeAndRate:
    """Smooth the size by ``alpha`` at each demand and the probability of demand by ``beta`` each day."""
    products = series.quantities.shape[0]
    size, rate, seen = np.zeros(products), np.zeros(products), np.zeros(products, dtype=bool)
    for demand, usable in _days(series):
        hit = usable & (demand > 0)
        size = np.where(hit & (size == 0), demand, np.where(hit, size + alpha * (demand - size), size))
        rate = np.where(usable & ~seen, hit, np.where(usable, rate + beta * (hit - rate), rate))
        seen |= usable
    return SizeAndRate(size, rate)


def _days(series: DemandSeries) -> Iterator[tuple[Floats, Flags]]:
    return zip(np.ascontiguousarray(series.quantities.T), np.ascontiguousarray(series.usable.T), strict=True)
