"""What becomes of the stock of a batch's products: who is at risk at all, and each one's outlook day by day.

Demand is taken at three levels (:meth:`Forecast.scenarios`), for the level is not known exactly; an outlook is the
mean of theirs.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lambdas.inventory_optimizer.maths.demand.forecasting import Forecast, forecast
from lambdas.inventory_optimizer.maths.distributions import Demand
from lambdas.inventory_optimizer.maths.stockouts import first_passage
from lambdas.inventory_optimizer.maths.stockouts.receipts import ExpectedReceipt, expected_arrivals
from lambdas.inventory_optimizer.supply import is_overdue, supply_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from lambdas.inventory_optimizer.maths.arrays import Floats, Integers
    from lambdas.inventory_optimizer.maths.demand.forecasting import Scenario
    from lambdas.inventory_optimizer.maths.stockouts.first_passage import OutlookMethod, StockOutlook
    from lambdas.inventory_optimizer.warehouse import Batch, Product

#: An order promised for so many standard deviations after the horizon does not arrive within it.
_FAR: Final = 6.0


@dataclass(frozen=True, slots=True)
class Outlook:
    """One product's outlook over all scenarios; arrays by day. Meanings are those of ``StockOutlook``."""

    probability: Floats
    units_short: float
    net_stock: Floats
    available: Floats
    receipts: Floats
    method: OutlookMethod
    standard_error: float


@dataclass(frozen=True, slots=True)
class Outlooks:
    """The forecast and net stock of all products, and the outlooks of those at risk by their row."""

    forecast: Forecast
    net_stock: Floats
    at_risk: tuple[tuple[int, Outlook], ...]


def outlooks(batch: Batch, days: int, minimum: float) -> Outlooks:
    """Return the outlooks of the products whose stock runs out within ``days`` days with ``minimum`` probability."""
    expected = forecast(batch.series, days)
    scenarios = expected.scenarios(days)
    net_stock = supply_of([product.stock for product in batch.products], batch.as_of).net_stock
    bound = sum(part.weight * first_passage.stockout_bound(part.by_day, net_stock) for part in scenarios)
    suspects = [int(row) for row in np.flatnonzero(np.asarray(bound) >= minimum)]
    coming = {row: expected_receipts(batch.products[row], batch.as_of, days) for row in suspects}
    found = dict(_without_receipts(scenarios, net_stock, np.array([row for row in suspects if not coming[row]], int)))
    for row in suspects:
        if coming[row]:
            seed = _seed(batch, row)
            found[row] = _with_receipts(scenarios, row, float(net_stock[row]), coming[row], seed)
    at_risk = ((row, found[row]) for row in suspects if found[row].probability[-1] >= minimum)
    return Outlooks(expected, net_stock, tuple(at_risk))


def expected_receipts(product: Product, as_of: date, days: int) -> list[ExpectedReceipt]:
    """Return what a product's open orders may bring within ``days`` days; overdue ones are no supply."""
    sd = product.item.lead_time_sd_days
    coming = [order for order in product.stock.open_orders if not is_overdue(order, as_of)]
    promised = [(order.qty_open, (order.eta - as_of).days) for order in coming]
    return [ExpectedReceipt(quantity, day, sd) for quantity, day in promised if day <= days + _FAR * sd]


def _without_receipts(
    scenarios: Sequence[Scenario], net_stock: Floats, rows: Integers
) -> Iterator[tuple[int, Outlook]]:
    """All products that receive nothing at once: closed forms, no path."""
    if not rows.size:
        return
    parts = [
        (part.weight, first_passage.without_receipts(part.by_day.take(rows), net_stock[rows])) for part in scenarios
    ]
    nothing = np.zeros(scenarios[0].by_day.mean.shape[1])
    for place, row in enumerate(rows):
        yield int(row), _mixed([(weight, part.of(place)) for weight, part in parts], nothing)


def _with_receipts(
    scenarios: Sequence[Scenario], row: int, net_stock: float, receipts: Sequence[ExpectedReceipt], seed: int
) -> Outlook:
    parts = [
        (part.weight, first_passage.with_receipts(_of(part.by_day, row), net_stock, receipts, seed=seed))
        for part in scenarios
    ]
    return _mixed(parts, expected_arrivals(receipts, scenarios[0].by_day.mean.shape[1]))


def _seed(batch: Batch, row: int) -> int:
    """Return the seed of a simulation, should one be needed: the same data, the same answer."""
    return zlib.crc32(f"{batch.code}/{batch.products[row].item.product_code}/{batch.as_of}".encode())


def _mixed(parts: Sequence[tuple[float, StockOutlook]], arrived: Floats) -> Outlook:
    return Outlook(
        probability=np.clip(np.asarray(sum(weight * part.probability for weight, part in parts)), 0.0, 1.0),
        units_short=float(sum(weight * part.units_short for weight, part in parts)),
        net_stock=np.asarray(sum(weight * part.net_stock for weight, part in parts)),
        available=np.asarray(sum(weight * part.available for weight, part in parts)),
        receipts=np.diff(arrived, prepend=0.0),
        method="monte_carlo" if any(part.method == "monte_carlo" for _, part in parts) else "exact",
        standard_error=float(np.sqrt(sum((weight * part.standard_error) ** 2 for weight, part in parts))),
    )


def _of(by_day: Demand, row: int) -> Demand:
    return Demand(by_day.mean[row], by_day.variance[row], by_day.family[row])
