"""Logic of ``identify_stockout_risks``: which products may run out, how bad that is, and what to do."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from lambdas.inventory_optimizer.cautions import cautions
from lambdas.inventory_optimizer.figures import figure, money, probability
from lambdas.inventory_optimizer.maths import first_passage
from lambdas.inventory_optimizer.maths.forecasting import forecast
from lambdas.inventory_optimizer.results import Receipt, RiskCounts, StockoutRisk, StockoutRisks
from lambdas.inventory_optimizer.supply import is_overdue, receipts_by_day, supply_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from lambdas.inventory_optimizer.maths.arrays import Floats
    from lambdas.inventory_optimizer.maths.forecasting import Scenario
    from lambdas.inventory_optimizer.results import Action, Reason, Severity
    from lambdas.inventory_optimizer.warehouse import Product, Warehouse

#: The two days that a planner asks for: when it begins to be likely, and when it is as likely as not.
EARLY: Final = 0.05
EVEN: Final = 0.50
#: Least probability of each severity, the worst first.
SEVERITIES: Final[tuple[tuple[Severity, float], ...]] = (
    ("critical", 0.80),
    ("high", 0.50),
    ("medium", 0.20),
    ("low", 0.0),
)


@dataclass(frozen=True, slots=True)
class _Case:
    """One product at risk, with what was calculated for it."""

    product: Product
    by_day: Floats
    units_short: float
    value: float
    net_stock: float
    mean: float
    usable_days: int
    stopped: bool

    @property
    def probability(self) -> float:
        return float(self.by_day[-1])

    def day_at(self, level: float) -> int | None:
        """Return the first day (1 is tomorrow) by which the probability has reached ``level``."""
        reached = np.flatnonzero(self.by_day >= level)
        return int(reached[0]) + 1 if reached.size else None

    @property
    def order_arrives(self) -> int:
        """Day on which an order placed now arrives, by its mean lead time."""
        return max(math.ceil(self.product.item.lead_time_mean_days), 1)

    @property
    def order_in_time(self) -> bool:
        early = self.day_at(EARLY)
        return early is None or self.order_arrives <= early


def identify(warehouse: Warehouse, *, days_ahead: int, minimum_probability: float, limit: int) -> StockoutRisks:
    """Return the products whose stock runs out within ``days_ahead`` days with at least that probability."""
    cases = sorted(
        _cases(warehouse, days_ahead, minimum_probability),
        key=lambda case: (-case.value, -case.probability, case.product.item.product_code),
    )
    return StockoutRisks(
        warehouse_code=warehouse.code,
        as_of=warehouse.as_of,
        days_ahead=days_ahead,
        minimum_probability=minimum_probability,
        counts=_counts(len(warehouse.products), cases),
        value_at_risk=money(sum(case.value for case in cases)),
        risks=tuple(_risk(case, warehouse.as_of) for case in cases[:limit]),
        unusable=warehouse.unusable,
    )


def _cases(warehouse: Warehouse, days: int, minimum: float) -> Iterator[_Case]:
    stocks = [product.stock for product in warehouse.products]
    expected = forecast(warehouse.series)
    supply = supply_of(stocks, warehouse.as_of)
    receipts = receipts_by_day(stocks, warehouse.as_of, days)
    scenarios = expected.scenarios()
    probabilities = stockout_probabilities(scenarios, supply.net_stock, receipts, minimum)
    rows = np.flatnonzero(probabilities[:, -1] >= minimum)
    short = sum(
        part.weight * first_passage.units_short(part.per_day.take(rows), supply.net_stock[rows], receipts[rows])
        for part in scenarios
    )
    usable_days = warehouse.series.usable_days
    for row, units in zip(rows, np.atleast_1d(short), strict=True):
        product = warehouse.products[row]
        yield _Case(
            product=product,
            by_day=probabilities[row],
            units_short=float(units),
            value=float(units) * product.item.unit_cost,
            net_stock=float(supply.net_stock[row]),
            mean=float(expected.mean[row]),
            usable_days=int(usable_days[row]),
            stopped=bool(expected.stopped[row]),
        )


def stockout_probabilities(
    scenarios: Sequence[Scenario], net_stock: Floats, receipts: Floats, minimum: float
) -> Floats:
    """Return the probability of a stock-out by the end of each day, (products, days), over all scenarios.

    Without receipts it has a closed form, which bounds the probability with receipts from above: only products that
    this bound does not clear of ``minimum``, and that receive something, are worth their convolution.
    """
    by_day = np.zeros(receipts.shape)
    for part in scenarios:
        by_day += part.weight * first_passage.stockout_without_receipts(part.per_day, net_stock, receipts.shape[1])
    for row in np.flatnonzero((by_day[:, -1] >= minimum) & receipts.any(axis=1)):
        by_day[row] = _with_receipts(scenarios, int(row), float(net_stock[row]), receipts[row])
    return np.clip(by_day, 0.0, 1.0)


def _with_receipts(scenarios: Sequence[Scenario], row: int, net_stock: float, receipts: Floats) -> Floats:
    by_day = np.zeros(receipts.size)
    for part in scenarios:
        lattice = first_passage.day_lattice(part.per_day.take(np.array([row])), net_stock + receipts.sum())
        by_day += part.weight * first_passage.stockout_by_day(lattice, net_stock, receipts)
    return by_day


def _risk(case: _Case, as_of: date) -> StockoutRisk:
    item, early, even = case.product.item, case.day_at(EARLY), case.day_at(EVEN)
    return StockoutRisk(
        product_code=item.product_code,
        probability=probability(case.probability),
        severity=_severity(case.probability),
        expected_units_short=figure(case.units_short),
        value_at_risk=money(case.value),
        net_stock=figure(case.net_stock),
        demand_per_day=figure(case.mean),
        days_of_cover=figure(max(case.net_stock, 0.0) / case.mean) if case.mean > 0 else None,
        day_at_5_percent=_date(as_of, early),
        day_at_50_percent=_date(as_of, even),
        next_receipt=_next_receipt(case.product, as_of),
        order_now_arrives=as_of + timedelta(days=case.order_arrives),
        order_now_in_time=case.order_in_time,
        action=_action(case, as_of),
        reasons=tuple(sorted(_reasons(case, as_of))),
        warnings=tuple(cautions(case.product, as_of, case.usable_days, stopped=case.stopped)),
    )


def _reasons(case: _Case, as_of: date) -> Iterator[Reason]:
    orders = case.product.stock.open_orders
    receipt = _next_receipt(case.product, as_of)
    if case.net_stock < 0:
        yield "already_short"
    if any(is_overdue(order, as_of) for order in orders):
        yield "overdue_order"
    if not orders:
        yield "no_open_order"
    elif receipt is not None:
        yield "receipt_too_late" if _comes_too_late(case, receipt, as_of) else "receipt_too_small"
    if not case.order_in_time:
        yield "lead_time_longer_than_cover"


def _action(case: _Case, as_of: date) -> Action:
    receipt = _next_receipt(case.product, as_of)
    if any(is_overdue(order, as_of) for order in case.product.stock.open_orders):
        return "chase_overdue_order"
    if receipt is not None and _comes_too_late(case, receipt, as_of):
        return "expedite_open_order"
    if case.product.item.status != "active":
        return "transfer_or_substitute"
    return "order_now" if case.order_in_time else "order_now_and_expedite"


def _comes_too_late(case: _Case, receipt: Receipt, as_of: date) -> bool:
    """Say whether the next receipt misses the day at 5 %: a day's receipt is there before its demand."""
    early = case.day_at(EARLY)
    return early is not None and (receipt.day - as_of).days > early


def _next_receipt(product: Product, as_of: date) -> Receipt | None:
    coming = [order for order in product.stock.open_orders if not is_overdue(order, as_of)]
    if not coming:
        return None
    day = min(order.eta for order in coming)
    return Receipt(day=day, quantity=figure(sum(order.qty_open for order in coming if order.eta == day)))


def _severity(chance: float) -> Severity:
    return next(severity for severity, least in SEVERITIES if chance >= least)


def _counts(checked: int, cases: list[_Case]) -> RiskCounts:
    found = Counter(_severity(case.probability) for case in cases)
    return RiskCounts(checked=checked, at_risk=len(cases), **{name: found[name] for name, _ in SEVERITIES})


def _date(as_of: date, day: int | None) -> date | None:
    return None if day is None else as_of + timedelta(days=day)
