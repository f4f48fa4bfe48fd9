"""The candidate methods of the automatic choice, each asked at several origins of the history in one pass.

Demand is without season and without unusable days (:func:`series.compressed`). A recursion that has reached a day has
seen nothing later: its state there is the forecast made on that day. So one pass over the history gives each method's
forecast at every origin, and rolling origins cost no more than one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from lambdas.inventory_optimizer.maths.demand.aggregation import mean_interval, smoothed_sums
from lambdas.inventory_optimizer.maths.demand.series import DemandSeries
from lambdas.inventory_optimizer.maths.demand.theta import theta

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lambdas.inventory_optimizer.maths.arrays import Flags, Floats, Integers

#: Constants of SES; the one with the least squared error so far is used at each origin.
SES_CONSTANTS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3)
#: Those that the methods on sums choose from.
SUM_CONSTANTS: Final = (0.1, 0.2, 0.3)
#: Their longest block of days: blocks of half a year would leave a handful of sums, and cost most of the time.
LONGEST_BLOCK: Final = 28
#: Sums are taken of so many days: thirteen blocks at least, whose first has a weight of 0.9^13 at most.
SUMS_DAYS: Final = 364
CROSTON_CONSTANT: Final = 0.1
TSB_SIZE: Final = 0.1
TSB_RATE: Final = 0.05
#: Of demand that has stopped: forgets within weeks.
TSB_FADING: Final = 0.2

MethodName: TypeAlias = Literal["SES", "Theta", "Croston", "SBA", "TSB", "ADIDA", "IMAPA", "combination", "zero"]


class Method(IntEnum):
    """How demand may be forecast."""

    SES = 0
    THETA = 1
    CROSTON = 2
    SBA = 3
    TSB = 4
    ADIDA = 5
    IMAPA = 6

    @property
    def label(self) -> MethodName:
        """The name that results show."""
        return _NAMES[self]


_NAMES: Final[dict[Method, MethodName]] = {
    Method.SES: "SES",
    Method.THETA: "Theta",
    Method.CROSTON: "Croston",
    Method.SBA: "SBA",
    Method.TSB: "TSB",
    Method.ADIDA: "ADIDA",
    Method.IMAPA: "IMAPA",
}
#: What is tried on regular demand. Croston's methods are for pauses; SBA would run low.
REGULAR: Final = (Method.SES, Method.THETA, Method.TSB, Method.IMAPA)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Forecasts of all methods at all origins: ``level`` + k ``slope`` for the k-th day after the origin.

    ``level`` and ``slope`` are (methods, origins, products), NaN where a method is not tried. The last origin is the
    end of the history. ``alpha`` is the constant of SES there, ``squared_error`` the mean squared error of its
    one-day-ahead forecasts and ``mean_level`` the mean of them, both of the last year mostly; ``fading`` is TSB's
    forecast of demand that has stopped.
    """

    origins: tuple[int, ...]
    level: Floats
    slope: Floats
    alpha: Floats
    squared_error: Floats
    mean_level: Floats
    fading: Floats


def candidates(series: DemandSeries, origins: Sequence[int], start_days: int, regular: Flags) -> Candidates:
    """Forecast with every method at every origin: an origin is the number of columns seen, rising.

    ``start_days`` usable days give the level that the recursions start from.
    """
    ses, paused = _Exponential(series, start_days), _Paused(series, start_days)
    kept: dict[str, list[Floats]] = {}
    for seen, (demand, usable) in enumerate(_days(series), start=1):
        ses.step(demand, usable)
        paused.step(demand, usable)
        if seen in origins:
            for name, value in {**ses.forecasts(), **paused.forecasts()}.items():
                kept.setdefault(name, []).append(value)
    found = {name: np.array(values) for name, values in kept.items()}
    level = np.full((len(Method), len(origins), regular.size), np.nan)
    slope = np.zeros_like(level)
    level[Method.SES] = found["ses"]
    level[Method.CROSTON], level[Method.SBA] = found["croston"], found["croston"] * (1 - CROSTON_CONSTANT / 2)
    level[Method.TSB] = found["tsb"]
    level[Method.ADIDA], level[Method.IMAPA] = _on_sums(series, origins, found["responsive"])
    for index, origin in enumerate(origins):
        past = DemandSeries(series.quantities[:, :origin], series.usable[:, :origin])
        line = theta(past, found["ses"][index], found["alpha"][index])
        level[Method.THETA, index], slope[Method.THETA, index] = line.level, line.slope
    for method in set(Method) - set(REGULAR):
        level[method, :, regular] = np.nan
    return Candidates(
        origins=tuple(origins),
        level=level,
        slope=slope,
        alpha=ses.alpha(),
        squared_error=ses.recent_squared_error(),
        mean_level=ses.recent_level(),
        fading=paused.fading(),
    )


class _Exponential:
    """SES with every constant of the grid, (constants, products)."""

    #: About half of the weight is on the last half year.
    _FORGET: Final = 0.5 ** (1 / 180)

    def __init__(self, series: DemandSeries, start_days: int) -> None:
        self._constants = np.array(SES_CONSTANTS)[:, None]
        self._level = np.tile(start_level(series, start_days), (len(SES_CONSTANTS), 1))
        self._squares = np.zeros_like(self._level)
        self._recent_squares = np.zeros_like(self._level)
        self._recent_level = np.zeros_like(self._level)
        self._recent_days = np.zeros(self._level.shape[1])

    def step(self, demand: Floats, usable: Flags) -> None:
        error = (demand - self._level) * usable
        squares = error * error
        forget = np.where(usable, self._FORGET, 1.0)
        self._squares += squares
        self._recent_squares = self._recent_squares * forget + squares
        self._recent_level = self._recent_level * forget + self._level * usable
        self._recent_days = self._recent_days * forget + usable
        self._level += self._constants * error

    def forecasts(self) -> dict[str, Floats]:
        responsive = slice(SES_CONSTANTS.index(SUM_CONSTANTS[0]), None)
        best = np.argmin(self._squares[responsive], axis=0)
        return {
            "ses": self._best(self._level),
            "alpha": self.alpha(),
            "responsive": _picked(self._level[responsive], best),
        }

    def alpha(self) -> Floats:
        chosen: Floats = np.array(SES_CONSTANTS)[np.argmin(self._squares, axis=0)]
        return chosen

    def recent_squared_error(self) -> Floats:
        return self._best(self._recent_squares) / np.maximum(self._recent_days, 1e-9)

    def recent_level(self) -> Floats:
        return self._best(self._recent_level) / np.maximum(self._recent_days, 1e-9)

    def _best(self, values: Floats) -> Floats:
        return _picked(values, np.argmin(self._squares, axis=0))


class _Paused:
    """Croston's size and interval, and TSB's size and rate."""

    def __init__(self, series: DemandSeries, start_days: int) -> None:
        products = series.quantities.shape[0]
        self._size, self._interval, self._since = np.zeros(products), np.zeros(products), np.zeros(products)
        started = DemandSeries(series.demanded.astype(np.float64), series.usable)
        self._rate = start_level(started, start_days)
        self._fading_size, self._fading_rate = np.zeros(products), self._rate.copy()

    def step(self, demand: Floats, usable: Flags) -> None:
        self._since += usable
        hit = usable & (demand > 0)
        first = hit & (self._interval == 0)
        constant = np.where(first, 1.0, CROSTON_CONSTANT) * hit
        self._size += constant * (demand - self._size)
        self._interval += constant * (self._since - self._interval)
        self._fading_size += np.where(first, 1.0, TSB_FADING) * hit * (demand - self._fading_size)
        self._since[hit] = 0.0
        self._rate += TSB_RATE * usable * (hit - self._rate)
        self._fading_rate += TSB_FADING * usable * (hit - self._fading_rate)

    def forecasts(self) -> dict[str, Floats]:
        croston = np.divide(self._size, self._interval, out=np.zeros_like(self._size), where=self._interval > 0)
        return {"croston": croston, "tsb": self._size * self._rate}

    def fading(self) -> Floats:
        return self._fading_size * self._fading_rate


def start_level(series: DemandSeries, start_days: int) -> Floats:
    """Return the mean of the first usable days: whole weeks, so that no day of the week colours it."""
    early = series.usable & (np.cumsum(series.usable, axis=1) <= start_days)
    level: Floats = series.quantities.sum(axis=1, where=early) / np.maximum(early.sum(axis=1), 1)
    return level


def _on_sums(series: DemandSeries, origins: Sequence[int], responsive: Floats) -> tuple[Floats, Floats]:
    """Return ADIDA's and IMAPA's forecasts, (origins, products).

    Blocks end at the origin, so each origin is a series of its own; for blocks of a single day that makes no
    difference, and they have been calculated already: SES with a constant of the sums' range.
    """
    by_adida, by_imapa = responsive.copy(), responsive.copy()
    for index, origin in enumerate(origins):
        seen = DemandSeries(series.quantities[:, :origin], series.usable[:, :origin])
        longest = np.minimum(mean_interval(seen), LONGEST_BLOCK)
        recent = DemandSeries(seen.quantities[:, -SUMS_DAYS:], seen.usable[:, -SUMS_DAYS:])
        for block in range(2, int(longest.max(initial=0)) + 1):
            rows = np.flatnonzero(longest >= block)
            level = smoothed_sums(recent.take(rows), block, SUM_CONSTANTS)
            by_imapa[index, rows] += level
            by_adida[index, rows] = level
        by_imapa[index] /= np.maximum(longest, 1)
    return by_adida, by_imapa


def _picked(values: Floats, best: Integers) -> Floats:
    picked: Floats = values[best, np.arange(values.shape[1])]
    return picked


def _days(series: DemandSeries) -> Iterator[tuple[Floats, Flags]]:
    return zip(np.ascontiguousarray(series.quantities.T), np.ascontiguousarray(series.usable.T), strict=True)
