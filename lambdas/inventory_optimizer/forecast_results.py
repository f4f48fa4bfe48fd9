"""Results of ``forecast_demand``."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from lambdas.inventory_optimizer.maths.demand.candidates import MethodName
from lambdas.inventory_optimizer.maths.demand.classification import ClassName
from lambdas.inventory_optimizer.maths.distributions import FamilyName
from lambdas.inventory_optimizer.results import Caution, Result


class RecordedDemand(Result):
    """The last days of the history as they were recorded, one after the other from ``first_day`` on."""

    first_day: date
    quantities: tuple[float, ...]
    left_out: tuple[int, ...] = Field(description="Offsets of days out of stock, of promotions, or without a record.")


class HistorySummary(Result):
    """The history that a forecast rests on; days out of stock and of promotions were left out of it."""

    first_day: date | None
    last_day: date | None
    usable_days: int
    stockout_days: int
    promotion_days: int
    returned_units: float = Field(description="Not taken off demand.")
    recorded: RecordedDemand | None


class FoundSeason(Result):
    """Season that the history shows; both are left out where it does not."""

    week: tuple[float, ...] | None = Field(description="Factors of the days of the week, Monday first.")
    year: bool = Field(description="Whether the days' means follow the time of the year.")


class MethodScore(Result):
    """How a method did on the product's past, as means over the rolling origins; without season."""

    method: MethodName
    weight: float = Field(description="Its share in the forecast.")
    rmsse: float | None = Field(description="Root mean squared error, scaled by day-to-day changes.")
    mase: float | None = Field(description="Mean absolute error, scaled by day-to-day changes.")
    bias: float | None = Field(description="Mean error over mean demand; positive: too high.")


class ForecastDay(Result):
    """Demand of one day, and of all days up to it."""

    day: date
    mean: float
    p10: float
    p50: float
    p90: float
    cumulative_mean: float
    cumulative_p10: float
    cumulative_p50: float
    cumulative_p90: float


class DemandForecast(Result):
    """Demand of one product at one warehouse by day, with 10, 50 and 90 % quantiles."""

    product_code: str
    warehouse_code: str
    as_of: date
    unit: str
    mean_per_day: float = Field(description="Of the first 28 days.")
    sd_per_day: float
    drift_per_day: float = Field(description="By how much the mean rises or falls each day, season apart.")
    demand_class: ClassName
    adi: float | None = Field(description="Average days between demands.")
    cv2: float | None = Field(description="Squared coefficient of variation of the sizes of demand.")
    method: MethodName
    reason: str
    origins: int = Field(description="Rolling origins that the methods were judged at.")
    scores: tuple[MethodScore, ...] = Field(description="Of every method that was tried, the best first.")
    season: FoundSeason
    distribution: FamilyName
    history: HistorySummary
    days: tuple[ForecastDay, ...]
    warnings: tuple[Caution, ...]
