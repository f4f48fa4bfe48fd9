"""How well methods did on a product's own past: forecasts from several origins, held against what came.

Methods are judged by the total over the horizon, which is what a reorder point needs, and which a forecast of zero
does not win on pauses; over several origins, since one is luck. Demand is without season and unusable days.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.maths.arrays import Flags, Floats, Integers
    from lambdas.inventory_optimizer.maths.demand.candidates import Candidates
    from lambdas.inventory_optimizer.maths.demand.series import DemandSeries

ORIGINS: Final = 8
#: An origin counts where the method has seen at least this share of the usable days, and a whole horizon.
_LEAST_SEEN: Final = 1 / 3
#: The weight of a method is its mean squared error to minus this power: 5 % better, 20 % more weight.
_SHARPNESS: Final = 4
#: A weight below this says nothing and is shared out among the others.
_LEAST_WEIGHT: Final = 0.05
_NEGLIGIBLE: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Trial:
    """Outcome of the rolling origins.

    ``weights`` (methods, products) are those of the combination: they add up to 1, and are equal where there was no
    origin to judge by. ``origins`` counts the origins of each product; ``squared_error`` is the combination's mean
    squared error of the mean per day over the horizon, zero without an origin.
    """

    horizon: int
    weights: Floats
    origins: Floats
    squared_error: Floats


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of one product's methods, an element each, means over the origins; NaN where they cannot be told.

    ``rmsse`` = root of the mean squared error over the mean squared day-to-day change before the origin (Hyndman &
    Koehler 2006; M5); ``mase`` = mean absolute error over the mean absolute day-to-day change; ``bias`` = mean error
    over mean demand, positive where the forecast is high.
    """

    rmsse: Floats
    mase: Floats
    bias: Floats


def origins_of(days: int, horizon: int) -> tuple[int, ...]:
    """Return the origins of a history of so many columns, rising: half a horizon apart, its end the last of them."""
    step = max(horizon // 2, 1)
    found = [days - horizon - step * back for back in range(ORIGINS)]
    return (*sorted(origin for origin in found if origin > 0), days)


def try_out(series: DemandSeries, tried: Candidates, horizon: int) -> Trial:
    """Hold the candidates' forecasts of ``horizon`` days against what came, and weigh the methods by that."""
    counts = _counting(series, tried.origins[:-1], horizon)
    came = _means_after(series, tried.origins[:-1], horizon)
    forecast = _mean_over(tried, horizon)[:, :-1]
    used = counts.sum(axis=0)
    squares = (np.square(forecast - came) * counts).sum(axis=1) / np.maximum(used, 1)
    weights = _weights(squares, used, np.isfinite(tried.level[:, -1]))
    together = np.nansum(weights[:, None, :] * forecast, axis=0)
    error = (np.square(together - came) * counts).sum(axis=0) / np.maximum(used, 1)
    return Trial(horizon, weights, used.astype(np.float64), error)


def scores_of(series: DemandSeries, tried: Candidates, trial: Trial, row: int) -> Scores:
    """Return the scores of one product's methods, that of the combination last."""
    usable = np.flatnonzero(series.usable[row])
    demand, horizon = series.quantities[row], trial.horizon
    found: list[Floats] = []
    for index in np.flatnonzero(_counting(series, tried.origins[:-1], horizon)[:, row]):
        origin = tried.origins[index]
        before = demand[usable[0] : origin]
        # The scale begins with the first demand: a product that was not yet sold has no changes.
        changes = np.diff(before[np.argmax(before > 0) :])
        ahead = np.arange(1, horizon + 1)
        methods = tried.level[:, index, row, None] + tried.slope[:, index, row, None] * ahead
        combined = np.nansum(trial.weights[:, row, None] * methods, axis=0)
        error = np.vstack([methods, combined]) - demand[origin : origin + horizon]
        scale = (np.mean(np.square(changes)), np.mean(np.abs(changes))) if changes.any() else (np.nan, np.nan)
        mean = before.mean() or np.nan
        found.append(
            np.array(
                [
                    np.sqrt(np.mean(np.square(error), axis=1) / scale[0]),
                    np.mean(np.abs(error), axis=1) / scale[1],
                    error.mean(axis=1) / mean,
                ]
            )
        )
    methods_tried = tried.level.shape[0] + 1
    mean_scores = np.mean(found, axis=0) if found else np.full((3, methods_tried), np.nan)
    return Scores(*mean_scores)


def _mean_over(tried: Candidates, horizon: int) -> Floats:
    """Return each forecast's mean per day over the horizon, never below zero."""
    mean: Floats = np.maximum(tried.level + tried.slope * (horizon + 1) / 2, 0.0)
    return mean


def _means_after(series: DemandSeries, origins: tuple[int, ...], horizon: int) -> Floats:
    """Return mean demand of the ``horizon`` days after each origin, (origins, products)."""
    summed = np.cumsum(series.quantities, axis=1)
    came = [summed[:, origin + horizon - 1] - summed[:, origin - 1] for origin in origins]
    return np.array(came).reshape(len(origins), series.quantities.shape[0]) / horizon


def _counting(series: DemandSeries, origins: tuple[int, ...], horizon: int) -> Flags:
    """Return which origins count for which product, (origins, products)."""
    seen = np.cumsum(series.usable, axis=1)
    least = np.maximum(series.usable_days * _LEAST_SEEN, horizon)
    counting = [seen[:, origin - 1] >= least for origin in origins]
    return np.array(counting, dtype=bool).reshape(len(origins), series.quantities.shape[0])


def _weights(squares: Floats, used: Integers, possible: Flags) -> Floats:
    least = np.maximum(np.min(np.where(possible, squares, np.inf), axis=0), _NEGLIGIBLE)
    relative = np.where(possible, least / np.maximum(squares, _NEGLIGIBLE), 0.0)
    raw = np.where(used > 0, np.minimum(relative, 1.0) ** _SHARPNESS, possible)
    share = raw / raw.sum(axis=0)
    kept = np.where((share >= _LEAST_WEIGHT) | (used == 0), share, 0.0)
    weights: Floats = kept / kept.sum(axis=0)
    return weights
