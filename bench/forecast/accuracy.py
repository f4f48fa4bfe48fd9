"""Scores of forecasts against what came, averaged over series and origins; ratios that cannot be formed are left out.

RMSSE = root of the mean squared error over the mean squared change before the origin, from the first demand on (M5).
Total = |sum of errors| over horizon times the mean absolute change: what a reorder point needs. Bias = mean error over
mean demand before the origin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.forecast.rivals import cuts, ours
from lambdas.inventory_optimizer.maths.distributions import Demand, cdf, smallest_whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.forecast.panels import Panel

_LEVELS = (0.1, 0.5, 0.9)
_TARGET = 0.95


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Mean scores of one method on one panel."""

    rmsse: float
    total: float
    bias: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Shares of what came at or below the 10, 50 and 90 % quantile: of single periods, and of the horizon's total.

    A distribution of whole units jumps over the levels: the share is that of the middle of the jump (mid-PIT).
    ``reorder_95`` is the share of totals that the smallest whole quantity for 95 % covered, ``stock`` that quantity in
    units of what came.
    """

    period: tuple[float, ...]
    total: tuple[float, ...]
    reorder_95: float
    stock: float


def accuracy(panel: Panel, demand: NDArray[np.float64], paths: list[NDArray[np.float64]]) -> Accuracy:
    """Score one method's forecasts at all origins of a panel."""
    scores: list[NDArray[np.float64]] = []
    for cut, path in zip(cuts(panel), paths, strict=True):
        came = demand[:, cut : cut + panel.horizon]
        for row, seen in enumerate(demand[:, :cut]):
            changes = np.diff(seen[np.argmax(seen > 0) :])
            if not changes.any():
                continue
            error = path[row] - came[row]
            scores.append(
                np.array(
                    [
                        np.sqrt(np.mean(error**2) / np.mean(changes**2)),
                        abs(error.sum()) / (panel.horizon * np.mean(np.abs(changes))),
                        error.mean() / seen.mean(),
                    ]
                )
            )
    return Accuracy(*(round(float(value), 4) for value in np.mean(scores, axis=0)))


def calibration(panel: Panel) -> Calibration:
    """Hold our distributions against what came, for all series of a panel."""
    single, total, covered, held, sold = [], [], [], 0.0, 0.0
    for cut in cuts(panel):
        expected = ours(panel, panel.demand, cut)
        came = panel.demand[:, cut : cut + panel.horizon]
        single.append(_mid(expected.each_day(), came, expected.counted[:, None]).ravel())
        over = expected.over(float(panel.horizon))
        total.append(_mid(over, came.sum(axis=1), expected.counted))
        moving = over.mean > 0
        point = smallest_whole(over, _TARGET)[moving]
        covered.append(came.sum(axis=1)[moving] <= point)
        held, sold = held + point.sum(), sold + came.sum(axis=1)[moving].sum()
    return Calibration(
        period=_shares(single),
        total=_shares(total),
        reorder_95=round(float(np.concatenate(covered).mean()), 3),
        stock=round(float(held / sold), 2),
    )


def _mid(demand: Demand, came: NDArray[np.float64], counted: NDArray[np.bool_]) -> NDArray[np.float64]:
    reached = cdf(demand, came)
    below = np.where(counted, cdf(demand, came - 1), reached)
    middle: NDArray[np.float64] = (reached + below) / 2
    return middle


def _shares(found: list[NDArray[np.float64]]) -> tuple[float, ...]:
    values = np.concatenate(found)
    return tuple(round(float((values <= level).mean()), 3) for level in _LEVELS)
