"""Logic of ``forecast_demand``: one product's demand by day, with quantiles of each day and of the days up to it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from lambdas.inventory_optimizer.cautions import cautions
from lambdas.inventory_optimizer.figures import figure, figure_or_none
from lambdas.inventory_optimizer.maths.classification import ADI_CUTOFF, CV2_CUTOFF, DemandClass
from lambdas.inventory_optimizer.maths.distributions import Demand, Family, quantile
from lambdas.inventory_optimizer.maths.forecasting import Forecast, Method, forecast
from lambdas.inventory_optimizer.results import DemandForecast, ForecastDay, HistorySummary

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.history import History
    from lambdas.inventory_optimizer.maths.arrays import Floats
    from lambdas.inventory_optimizer.warehouse import Warehouse

_LEVELS: Final = np.array([0.1, 0.5, 0.9])


def forecast_product(warehouse: Warehouse, horizon_days: int) -> DemandForecast:
    """Return the forecast of the first product of ``warehouse``, which holds it alone."""
    product, expected = warehouse.products[0], forecast(warehouse.series)
    usable_days = int(warehouse.series.usable_days[0])
    one_day = expected.over(1.0)
    return DemandForecast(
        product_code=product.item.product_code,
        warehouse_code=warehouse.code,
        as_of=warehouse.as_of,
        unit=product.item.unit,
        demand_class=DemandClass(expected.pattern.demand_class[0]).label,
        adi=figure_or_none(expected.pattern.adi[0]),
        cv2=figure_or_none(expected.pattern.cv2[0]),
        method=Method(expected.method[0]).label,
        reason=_reason(expected),
        alpha=figure_or_none(expected.alpha[0]),
        mean_per_day=figure(expected.mean[0]),
        sd_per_day=figure(one_day.sd[0]),
        distribution=Family(one_day.family[0]).label,
        history=_summary(product.history, usable_days),
        days=_days(warehouse, expected, horizon_days),
        warnings=tuple(cautions(product, warehouse.as_of, usable_days, stopped=bool(expected.stopped[0]))),
    )


def _days(warehouse: Warehouse, expected: Forecast, horizon_days: int) -> tuple[ForecastDay, ...]:
    elapsed = np.arange(1, horizon_days + 1, dtype=np.float64)
    daily = _quantiles(expected.over(1.0))[:, 0]
    total = expected.over(elapsed)
    cumulative = _quantiles(total)
    return tuple(
        ForecastDay(
            day=warehouse.as_of + timedelta(days=step + 1),
            mean=figure(expected.mean[0]),
            **dict(zip(("p10", "p50", "p90"), map(figure, daily), strict=True)),
            cumulative_mean=figure(total.mean[step]),
            **dict(
                zip(
                    ("cumulative_p10", "cumulative_p50", "cumulative_p90"),
                    map(figure, cumulative[:, step]),
                    strict=True,
                )
            ),
        )
        for step in range(horizon_days)
    )


def _quantiles(demand: Demand) -> Floats:
    """Return the 10, 50 and 90 % quantiles, (3, elements)."""
    return quantile(demand, _LEVELS[:, None])


def _summary(history: History, usable_days: int) -> HistorySummary:
    return HistorySummary(
        first_day=history.first_day,
        last_day=history.last_day,
        usable_days=usable_days,
        stockout_days=history.stockout_days,
        promotion_days=history.promotion_days,
        returned_units=figure(history.returned_units),
    )


def _reason(expected: Forecast) -> str:
    pattern, method = expected.pattern, Method(expected.method[0])
    if method is Method.ZERO:
        return "There is no demand in the usable history."
    adi, cv2, quiet = pattern.adi[0], pattern.cv2[0], int(pattern.quiet_days[0])
    if method is Method.TSB:
        return (
            f"No demand for {quiet} usable days, which a demand every {pattern.adi_before[0]:.3g} days makes "
            "unlikely: TSB lets the rate fade."
        )
    often = f"ADI {adi:.3g} {'over' if method is Method.SBA else 'at most'} {ADI_CUTOFF}"
    steady = f"CV² {cv2:.3g} {'at most' if cv2 <= CV2_CUTOFF else 'over'} {CV2_CUTOFF}"
    what = (
        "demand with pauses: SBA"
        if method is Method.SBA
        else "regular demand: SES, its constant by least squared error"
    )
    return f"{often}, {steady}: {what}."
