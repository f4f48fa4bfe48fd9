"""statsforecast's methods, each with what it is told of a panel, and ours, asked in the same way."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from statsforecast import models

from lambdas.inventory_optimizer.maths.demand.forecasting import HORIZON_DAYS, Forecast, forecast
from lambdas.inventory_optimizer.maths.demand.series import DemandSeries

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from bench.forecast.panels import Panel

OURS: Final = "ours"
RIVALS: Final[dict[str, Callable[[int], Any]]] = {
    "AutoETS": lambda period: models.AutoETS(season_length=period),
    "Theta": lambda period: models.Theta(season_length=period),
    "CrostonSBA": lambda _: models.CrostonSBA(),
    "TSB": lambda _: models.TSB(0.2, 0.2),
    "IMAPA": lambda _: models.IMAPA(),
}


@dataclass(frozen=True, slots=True)
class Forecasts:
    """``paths``: one matrix (series, horizon) per origin; ``cpu_seconds`` of all of them, on one processor."""

    paths: list[NDArray[np.float64]]
    cpu_seconds: float


def cuts(panel: Panel) -> list[int]:
    """Return how many periods each origin has seen."""
    last = panel.demand.shape[1] - panel.horizon
    return [last - back * panel.step for back in range(panel.origins)]


def ours(panel: Panel, demand: NDArray[np.float64], cut: int) -> Forecast:
    """Forecast with this project's method: a product's history begins with its first demand."""
    seen = demand[:, :cut]
    usable = np.arange(cut)[None, :] >= np.argmax(seen > 0, axis=1)[:, None]
    series = DemandSeries(np.where(usable, np.maximum(seen, 0.0), 0.0), usable)
    return forecast(series, panel.horizon, period=panel.period, horizon=min(panel.horizon, HORIZON_DAYS))


def by_ours(panel: Panel, demand: NDArray[np.float64]) -> Forecasts:
    """Forecast at every origin with this project's method."""
    began = time.process_time()
    paths = [ours(panel, demand, cut).path for cut in cuts(panel)]
    return Forecasts(paths, time.process_time() - began)


def by_rival(name: str, panel: Panel, demand: NDArray[np.float64]) -> Forecasts:
    """Forecast at every origin with a method of statsforecast's; where it fails, with the mean of the past."""
    began = time.process_time()
    paths = [np.array([_path(name, panel, row[:cut]) for row in demand]) for cut in cuts(panel)]
    return Forecasts(paths, time.process_time() - began)


def _path(name: str, panel: Panel, seen: NDArray[np.float64]) -> NDArray[np.float64]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            path: NDArray[np.float64] = RIVALS[name](panel.period).forecast(seen, panel.horizon)["mean"]
        except (ValueError, ZeroDivisionError, IndexError, np.linalg.LinAlgError):
            return np.full(panel.horizon, seen.mean())
        return path
