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
from typing import TYPE_CHECKING, Final

import numpy as np

from lambdas.inventory_optimizer.maths.demand.series import DemandSeries

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lambdas.inventory_optimizer.maths.arrays import Flags, Floats

_GOLDEN: Final = (5.0**0.5 - 1.0) / 2.0


@dataclass(frozen=True, slots=True)
class Level:
    """A smoothed level per product, and the mean squared error of its one-day-ahead forecasts (NaN without any)."""

    level: Floats
    mean_squared_error: Floats


@dataclass(frozen=True, slots=True)
class FittedLevel:
    """A smoothed level per product, and the constant that was chosen for it."""

    level: Floats
    alpha: Floats


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


def ses_optimized(series: DemandSeries, low: float, high: float, *, tolerance: float = 1e-8) -> FittedLevel:
    """Smooth each product with the constant between ``low`` and ``high`` that fits it best.

    Golden-section search for the least mean squared error of one-day-ahead forecasts, the first usable day left out,
    until the constant is known to ``tolerance`` (Kiefer 1953). The search finds a minimum, the only one if there is
    one only.
    """
    products = series.quantities.shape[0]
    left, right = np.full(products, low), np.full(products, high)
    inner, outer = _inner(left, right)
    at_inner, at_outer = _fit(series, inner), _fit(series, outer)
    while (right - left).max(initial=0.0) > tolerance:
        lower, tied = at_inner < at_outer, at_inner == at_outer
        # A tie (two demands only, say) says nothing about the side: both ends move, towards the middle.
        left, right = np.where(lower, left, inner), np.where(lower | tied, outer, right)
        inner, outer = _inner(left, right)
        probed = _fit(series, np.where(lower, inner, outer))
        at_inner, at_outer = np.where(lower, probed, at_outer), np.where(lower, at_inner, probed)
        if tied.any():
            at_inner[tied] = _fit(series.take(tied), inner[tied])
            at_outer[tied] = probed[tied]
    alpha = (left + right) / 2
    return FittedLevel(ses(series, alpha).level, alpha)


def ses_best(series: DemandSeries, constants: Sequence[float]) -> FittedLevel:
    """Smooth each product with that of the ``constants`` which fits it best, the smallest if several do."""
    products, tried = series.quantities.shape[0], np.array(constants)
    tiled = DemandSeries(np.tile(series.quantities, (tried.size, 1)), np.tile(series.usable, (tried.size, 1)))
    smoothed = ses(tiled, np.repeat(tried, products))
    errors = np.nan_to_num(smoothed.mean_squared_error).reshape(tried.size, products)
    best, each = np.argmin(errors, axis=0), np.arange(products)
    return FittedLevel(smoothed.level.reshape(tried.size, products)[best, each], tried[best])


def _inner(left: Floats, right: Floats) -> tuple[Floats, Floats]:
    span = (right - left) * _GOLDEN
    return right - span, left + span


def _fit(series: DemandSeries, alpha: Floats) -> Floats:
    """Return the mean squared error, zero where there is none."""
    return np.nan_to_num(ses(series, alpha).mean_squared_error)


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


def tsb_mean(smoothed: SizeAndRate) -> Floats:
    """Return the forecast of Teunter, Syntetos and Babai per day."""
    return smoothed.size * smoothed.rate


def _days(series: DemandSeries) -> Iterator[tuple[Floats, Flags]]:
    return zip(np.ascontiguousarray(series.quantities.T), np.ascontiguousarray(series.usable.T), strict=True)
