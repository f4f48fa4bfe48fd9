"""Methods for intermittent demand that smooth sums instead of days: ADIDA and IMAPA, and Croston with fitted constants.

- ADIDA: sums over blocks as long as the mean interval between demands are smoothed by SES, the forecast is shared out
  evenly over a block's days                                       (Nikolopoulos et al. 2011)
- IMAPA: the mean of that for blocks of 1 day, 2 days, ... up to the mean interval (Petropoulos & Kourentzes 2015)
- Croston, optimised: sizes and intervals are each smoothed with the constant that fits them best

Blocks end with the last day; what is left over at the start is dropped. Constants lie in 0.1 to 0.3. Unusable days are
left out before anything else, so that a block is of usable days. Agreement with statsforecast is tested.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lambdas.inventory_optimizer.maths.demand.series import DemandSeries, compressed
from lambdas.inventory_optimizer.maths.demand.smoothing import ses_best, ses_optimized

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdas.inventory_optimizer.maths.arrays import Floats, Integers

LOW: Final = 0.1
HIGH: Final = 0.3


def adida(series: DemandSeries) -> Floats:
    """Return the forecast per day; zero without demand."""
    packed = compressed(series)
    blocks = mean_interval(packed)
    mean = np.zeros(blocks.size)
    for block in np.unique(blocks[blocks > 0]):
        rows = blocks == block
        mean[rows] = smoothed_sums(packed.take(rows), int(block))
    return mean


def imapa(series: DemandSeries) -> Floats:
    """Return the forecast per day; zero without demand."""
    packed = compressed(series)
    longest = mean_interval(packed)
    total = np.zeros(longest.size)
    for block in range(1, int(longest.max(initial=0)) + 1):
        rows = longest >= block
        total[rows] += smoothed_sums(packed.take(rows), block)
    return np.divide(total, longest, out=np.zeros(longest.size), where=longest > 0)


def croston_optimized(series: DemandSeries) -> Floats:
    """Return the forecast per day of Croston's method with the best constants; zero without demand."""
    sizes, intervals = demand_sizes(series), demand_intervals(series)
    size = ses_optimized(sizes, LOW, HIGH).level
    interval = ses_optimized(intervals, LOW, HIGH).level
    return np.divide(size, interval, out=np.zeros(size.size), where=interval > 0)


def demand_sizes(series: DemandSeries) -> DemandSeries:
    """Return the sizes of demand alone, one column per demand, the last one last."""
    return _trimmed(compressed(DemandSeries(series.quantities, series.demanded)))


def demand_intervals(series: DemandSeries) -> DemandSeries:
    """Return the usable days from each demand to the next (the first: from the start), the last one last."""
    days = np.cumsum(series.usable, axis=1, dtype=np.float64)
    when = _trimmed(compressed(DemandSeries(np.where(series.demanded, days, 0.0), series.demanded)))
    intervals = np.diff(when.quantities, axis=1, prepend=0.0)
    return DemandSeries(np.where(when.usable, intervals, 0.0), when.usable)


def mean_interval(series: DemandSeries) -> Integers:
    """Return the mean interval between demands in whole usable days (halves to even), zero without demand."""
    counts = series.demanded.sum(axis=1)
    last = np.where(series.demanded, np.cumsum(series.usable, axis=1), 0).max(axis=1, initial=0)
    interval: Integers = np.rint(last / np.maximum(counts, 1)).astype(np.int64)
    return interval


def smoothed_sums(packed: DemandSeries, block: int, constants: Sequence[float] | None = None) -> Floats:
    """Return the forecast per day from sums of ``block`` days, the last one ending with the last day.

    ``packed`` has its unusable days at the start of each row. The constant is the best of ``constants``, if given.
    """
    spare = packed.quantities.shape[1] % block
    shape = (packed.quantities.shape[0], -1, block)
    sums = packed.quantities[:, spare:].reshape(shape).sum(axis=2)
    whole = np.asarray(packed.usable[:, spare:].reshape(shape).all(axis=2), dtype=np.bool_)
    blocks = DemandSeries(np.where(whole, sums, 0.0), whole)
    fitted = ses_optimized(blocks, LOW, HIGH) if constants is None else ses_best(blocks, constants)
    return fitted.level / block


def _trimmed(packed: DemandSeries) -> DemandSeries:
    """Drop the columns that no row uses, all but one."""
    kept = max(int(packed.usable_days.max(initial=0)), 1)
    return DemandSeries(packed.quantities[:, -kept:], packed.usable[:, -kept:])
