"""Logic of ``forecast_demand``: one product's demand by day, with quantiles of each day and of the days up to it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from lambdas.inventory_optimizer.cautions import cautions
from lambdas.inventory_optimizer.figures import figure, figure_or_none
from lambdas.inventory_optimizer.forecast_results import (
    DemandForecast,
    ForecastDay,
    FoundSeason,
    HistorySummary,
    MethodScore,
    RecordedDemand,
)
from lambdas.inventory_optimizer.maths.demand.candidates import Method
from lambdas.inventory_optimizer.maths.demand.classification import ADI_CUTOFF, CV2_CUTOFF, DemandClass
from lambdas.inventory_optimizer.maths.demand.forecasting import Forecast, forecast
from lambdas.inventory_optimizer.maths.demand.seasonality import WEEK
from lambdas.inventory_optimizer.maths.distributions import Demand, Family, quantile

if TYPE_CHECKING:
    from datetime import date

    from lambdas.inventory_optimizer.maths.arrays import Floats
    from lambdas.inventory_optimizer.warehouse import Batch, Warehouse

_LEVELS: Final = np.array([0.1, 0.5, 0.9])
_NAMED_WEIGHT: Final = 0.05


def forecast_product(warehouse: Warehouse, horizon_days: int, history_days: int = 0) -> DemandForecast:
    """Return the forecast of the product that ``warehouse`` was opened for; ``history_days`` are returned with it."""
    (batch,) = warehouse.batches(1)
    product, expected = batch.products[0], forecast(batch.series, horizon_days)
    usable_days = int(batch.usable_days[0])
    weights = expected.weights[:, 0]
    return DemandForecast(
        product_code=product.item.product_code,
        warehouse_code=batch.code,
        as_of=batch.as_of,
        unit=product.item.unit,
        demand_class=DemandClass(expected.pattern.demand_class[0]).label,
        adi=figure_or_none(expected.pattern.adi[0]),
        cv2=figure_or_none(expected.pattern.cv2[0]),
        method=expected.method(0),
        reason=_reason(expected),
        origins=int(expected.trial.origins[0]),
        scores=_scores(expected),
        season=_season(expected, batch.as_of),
        mean_per_day=figure(expected.mean[0]),
        sd_per_day=figure(expected.sd[0]),
        drift_per_day=figure(float(np.nansum(weights * expected.tried.slope[:, -1, 0]))),
        distribution=Family(expected.up_to_each_day().family[0, -1]).label,
        history=_summary(batch, usable_days, history_days),
        days=_days(batch.as_of, expected),
        warnings=tuple(cautions(product, batch.as_of, usable_days, stopped=bool(expected.stopped[0]))),
    )


def _days(as_of: date, expected: Forecast) -> tuple[ForecastDay, ...]:
    each, total = expected.each_day(), expected.up_to_each_day()
    # What has been demanded never becomes less: where the fitted distributions say so, the day before's figure stands.
    daily, cumulative = _quantiles(each), np.maximum.accumulate(_quantiles(total), axis=1)
    return tuple(
        ForecastDay(
            day=as_of + timedelta(days=step + 1),
            mean=figure(each.mean[0, step]),
            **_named("p", daily[:, step]),
            cumulative_mean=figure(total.mean[0, step]),
            **_named("cumulative_p", cumulative[:, step]),
        )
        for step in range(expected.path.shape[1])
    )


def _quantiles(demand: Demand) -> Floats:
    """Return the 10, 50 and 90 % quantiles of the first product's days, (3, days)."""
    return quantile(Demand(demand.mean[0], demand.variance[0], demand.family[0]), _LEVELS[:, None])


def _named(prefix: str, values: Floats) -> dict[str, float]:
    return {f"{prefix}{percent}": figure(value) for percent, value in zip((10, 50, 90), values, strict=True)}


def _summary(batch: Batch, usable_days: int, history_days: int) -> HistorySummary:
    history = batch.products[0].history
    return HistorySummary(
        first_day=history.first_day,
        last_day=history.last_day,
        usable_days=usable_days,
        stockout_days=history.stockout_days,
        promotion_days=history.promotion_days,
        returned_units=figure(history.returned_units),
        recorded=_recorded(batch, history_days) if history_days else None,
    )


def _recorded(batch: Batch, history_days: int) -> RecordedDemand:
    return RecordedDemand(
        first_day=batch.as_of - timedelta(days=history_days - 1),
        quantities=tuple(map(figure, batch.recorded[0, -history_days:])),
        left_out=tuple(np.flatnonzero(~batch.series.usable[0, -history_days:]).tolist()),
    )


def _season(expected: Forecast, as_of: date) -> FoundSeason:
    season = expected.season
    if not season.by_phase[0]:
        return FoundSeason(week=None, year=bool(season.by_year[0]))
    # Phase 0 is the day after as_of; the table begins with Monday.
    by_weekday = np.roll(season.by_day_of_period[0], (as_of.weekday() + 1) % WEEK)
    return FoundSeason(week=tuple(map(figure, by_weekday)), year=bool(season.by_year[0]))


def _scores(expected: Forecast) -> tuple[MethodScore, ...]:
    scores = expected.scores(0)
    tried = np.flatnonzero(np.isfinite(expected.tried.level[:, -1, 0]))
    weights = expected.weights[:, 0]
    found = [
        MethodScore(
            method=Method(int(index)).label,
            weight=round(float(weights[index]), 3),
            rmsse=figure_or_none(scores.rmsse[index]),
            mase=figure_or_none(scores.mase[index]),
            bias=figure_or_none(scores.bias[index]),
        )
        for index in tried
    ]
    combined = MethodScore(
        method="combination",
        weight=1.0,
        rmsse=figure_or_none(scores.rmsse[-1]),
        mase=figure_or_none(scores.mase[-1]),
        bias=figure_or_none(scores.bias[-1]),
    )
    several = np.count_nonzero(weights) > 1
    return (*((combined,) if several else ()), *sorted(found, key=lambda score: (-score.weight, score.method)))


def _reason(expected: Forecast) -> str:
    pattern, weights = expected.pattern, expected.weights[:, 0]
    if not weights.any():
        return "There is no demand in the usable history."
    if expected.stopped[0]:
        return (
            f"No demand for {int(pattern.quiet_days[0])} usable days, which a demand every "
            f"{pattern.adi_before[0]:.3g} days makes unlikely: TSB lets the rate fade."
        )
    adi, cv2 = pattern.adi[0], pattern.cv2[0]
    kind = (
        f"ADI {adi:.3g} {'over' if adi > ADI_CUTOFF else 'at most'} {ADI_CUTOFF}, "
        f"CV² {cv2:.3g} {'at most' if cv2 <= CV2_CUTOFF else 'over'} {CV2_CUTOFF}"
    )
    shares = ", ".join(
        f"{Method(int(index)).label} {weights[index]:.0%}"
        for index in np.argsort(-weights)
        if weights[index] >= _NAMED_WEIGHT
    )
    origins = int(expected.trial.origins[0])
    if not origins:
        return f"{kind}: {shares}, in equal parts, for the history is too short to judge by."
    return f"{kind}: {shares}, by their errors over {expected.trial.horizon} days at {origins} rolling origins."
