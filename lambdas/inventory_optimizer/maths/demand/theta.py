"""The Theta method: half of a line through the whole history, half of what smoothing says.

Theta lines 0 (the least-squares line A + B t) and 2 (twice the demand less that line), the second smoothed by SES, are
averaged (Assimakopoulos & Nikolopoulos 2000). With l the level that SES gives the demand itself after n days, that is
l + B (1 - (1 - a)^n) / (2 a) for the next day, where both begin at the same level, and B / 2 more each day: SES with
half of the drift, and with what SES lags behind it (Hyndman & Billah 2003; Fioruci et al. 2016, the model STM).
Agreement with statsforecast is tested, constant and first level given; there both are fitted by likelihood, here they
are those of SES.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.maths.arrays import Floats
    from lambdas.inventory_optimizer.maths.demand.series import DemandSeries


@dataclass(frozen=True, slots=True)
class Line:
    """A forecast of ``level`` + k ``slope`` for the k-th day ahead, per product; it may fall below zero."""

    level: Floats
    slope: Floats


def theta(series: DemandSeries, level: Floats, alpha: Floats) -> Line:
    """Return each product's forecast from the ``level`` that SES with ``alpha`` (above 0) reached on ``series``."""
    _, slope = least_squares(series)
    lag = (1.0 - (1.0 - alpha) ** series.usable_days) / alpha
    return Line(level + slope * (lag - 1.0) / 2, slope / 2)


def least_squares(series: DemandSeries) -> tuple[Floats, Floats]:
    """Return intercept and slope of each product's line; usable days are counted from 1. Flat with fewer than two."""
    days = np.maximum(series.usable_days, 1)
    day = np.cumsum(series.usable, axis=1) * series.usable
    mean, middle = series.quantities.sum(axis=1) / days, (series.usable_days + 1) / 2
    # The sum of (t - middle)^2 over t = 1 to n.
    spread = series.usable_days * (np.square(series.usable_days, dtype=np.float64) - 1.0) / 12
    together = (day * series.quantities).sum(axis=1) - days * middle * mean
    slope = np.divide(together, spread, out=np.zeros(mean.size), where=spread > 0)
    return mean - slope * middle, slope
