"""Logic of ``identify_stockout_risks``: which products may run out, how bad that is, and what to do."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from lambdas.inventory_optimizer.cautions import cautions
from lambdas.inventory_optimizer.currencies import currency_of
from lambdas.inventory_optimizer.figures import figure, money, probability
from lambdas.inventory_optimizer.outlook import Outlook, outlooks
from lambdas.inventory_optimizer.risk_results import Receipt, RiskCounts, RiskDay, StockoutRisk, StockoutRisks
from lambdas.inventory_optimizer.supply import is_overdue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from lambdas.inventory_optimizer.maths.demand.candidates import MethodName
    from lambdas.inventory_optimizer.results import Caution
    from lambdas.inventory_optimizer.risk_results import Action, Reason, Severity
    from lambdas.inventory_optimizer.warehouse import Batch, Product, Warehouse

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
#: Products that an answer's scan goes through at most: time ends it before.
_MOST_PRODUCTS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class _Case:
    """One product at risk, with what was calculated for it."""

    product: Product
    outlook: Outlook
    net_stock: float
    mean: float
    method: MethodName
    warnings: tuple[Caution, ...]

    @property
    def probability(self) -> float:
        return float(self.outlook.probability[-1])

    @property
    def value(self) -> float:
        return self.outlook.units_short * self.product.item.unit_cost

    def day_at(self, level: float) -> int | None:
        """Return the first day (1 is tomorrow) by which the probability has reached ``level``."""
        reached = np.flatnonzero(self.outlook.probability >= level)
        return int(reached[0]) + 1 if reached.size else None

    @property
    def order_arrives(self) -> int:
        """Day on which an order placed now arrives, by its mean lead time."""
        return max(math.ceil(self.product.item.lead_time_mean_days), 1)

    @property
    def order_in_time(self) -> bool:
        early = self.day_at(EARLY)
        return early is None or self.order_arrives <= early


def identify(
    warehouse: Warehouse, *, days_ahead: int, minimum_probability: float, limit: int, full: bool = False
) -> StockoutRisks:
    """Return the products whose stock runs out within ``days_ahead`` days with at least that probability."""
    found: list[_Case] = []
    unknown = 0
    for batch in warehouse.batches(_MOST_PRODUCTS):
        found += _cases(batch, days_ahead, minimum_probability)
        unknown += int((batch.usable_days == 0).sum())
    currency = currency_of(warehouse)
    cases = sorted(found, key=_by_probability if currency.mixed else _by_value)
    coverage = warehouse.coverage()
    return StockoutRisks(
        warehouse_code=warehouse.code,
        as_of=warehouse.as_of,
        currency=currency.name,
        days_ahead=days_ahead,
        minimum_probability=minimum_probability,
        counts=_counts(coverage.usable, unknown, cases),
        value_at_risk=None if currency.mixed else money(sum(case.value for case in cases)),
        risks=tuple(_risk(case, warehouse.as_of, full=full) for case in cases[:limit]),
        coverage=coverage,
        notices=currency.notices(warehouse),
        unusable=tuple(warehouse.unusable),
    )


def _cases(batch: Batch, days: int, minimum: float) -> Iterator[_Case]:
    found = outlooks(batch, days, minimum)
    for row, outlook in found.at_risk:
        product = batch.products[row]
        stopped = bool(found.forecast.stopped[row])
        yield _Case(
            product=product,
            outlook=outlook,
            net_stock=float(found.net_stock[row]),
            mean=float(found.forecast.mean[row]),
            method=found.forecast.method(row),
            warnings=tuple(cautions(product, batch.as_of, int(batch.usable_days[row]), stopped=stopped)),
        )


def _by_value(case: _Case) -> tuple[float, float, str]:
    return -case.value, -case.probability, case.product.item.product_code


def _by_probability(case: _Case) -> tuple[float, str]:
    return -case.probability, case.product.item.product_code


def _risk(case: _Case, as_of: date, *, full: bool) -> StockoutRisk:
    item, early, even = case.product.item, case.day_at(EARLY), case.day_at(EVEN)
    return StockoutRisk(
        product_code=item.product_code,
        probability=probability(case.probability),
        severity=_severity(case.probability),
        expected_units_short=figure(case.outlook.units_short),
        value_at_risk=money(case.value),
        net_stock=figure(case.net_stock),
        demand_per_day=figure(case.mean),
        days_of_cover=figure(max(case.net_stock, 0.0) / case.mean) if case.mean > 0 else None,
        day_at_5_percent=_date(as_of, early),
        day_at_50_percent=_date(as_of, even),
        next_receipt=_next_receipt(case.product, as_of),
        overdue_quantity=figure(
            sum(order.qty_open for order in case.product.stock.open_orders if is_overdue(order, as_of))
        ),
        order_now_arrives=as_of + timedelta(days=case.order_arrives),
        order_now_in_time=case.order_in_time,
        action=_action(case, as_of),
        reasons=tuple(sorted(_reasons(case, as_of))),
        forecast_method=case.method,
        calculation=case.outlook.method,
        standard_error=figure(case.outlook.standard_error),
        warnings=case.warnings,
        by_day=tuple(_by_day(case.outlook, as_of)) if full else None,
    )


def _by_day(outlook: Outlook, as_of: date) -> Iterator[RiskDay]:
    for step in range(outlook.probability.size):
        yield RiskDay(
            day=as_of + timedelta(days=step + 1),
            probability=probability(outlook.probability[step]),
            expected_receipts=figure(outlook.receipts[step]),
            expected_net_stock=figure(outlook.net_stock[step]),
            expected_available=figure(outlook.available[step]),
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
        if _comes_too_late(case, receipt, as_of):
            yield "receipt_too_late"
        else:
            yield "receipt_may_be_late" if _may_be_late(case, receipt, as_of) else "receipt_too_small"
    if not case.order_in_time:
        yield "lead_time_longer_than_cover"


def _action(case: _Case, as_of: date) -> Action:
    receipt = _next_receipt(case.product, as_of)
    if any(is_overdue(order, as_of) for order in case.product.stock.open_orders):
        return "chase_overdue_order"
    if receipt is not None and (_comes_too_late(case, receipt, as_of) or _may_be_late(case, receipt, as_of)):
        return "expedite_open_order"
    if case.product.item.status != "active":
        return "transfer_or_substitute"
    return "order_now" if case.order_in_time else "order_now_and_expedite"


def _comes_too_late(case: _Case, receipt: Receipt, as_of: date) -> bool:
    """Say whether the next receipt misses the day at 5 %: a day's receipt is there before its demand."""
    early = case.day_at(EARLY)
    return early is not None and (receipt.day - as_of).days > early


def _may_be_late(case: _Case, receipt: Receipt, as_of: date) -> bool:
    """Say whether the receipt, late by one standard deviation of its lead time, would miss the day at 5 %."""
    early = case.day_at(EARLY)
    late = (receipt.day - as_of).days + case.product.item.lead_time_sd_days
    return early is not None and case.product.item.lead_time_sd_days > 0 and late > early


def _next_receipt(product: Product, as_of: date) -> Receipt | None:
    coming = [order for order in product.stock.open_orders if not is_overdue(order, as_of)]
    if not coming:
        return None
    day = min(order.eta for order in coming)
    return Receipt(day=day, quantity=figure(sum(order.qty_open for order in coming if order.eta == day)))


def _severity(chance: float) -> Severity:
    return next(severity for severity, least in SEVERITIES if chance >= least)


def _counts(checked: int, unknown: int, cases: list[_Case]) -> RiskCounts:
    found = Counter(_severity(case.probability) for case in cases)
    by_severity = {name: found[name] for name, _ in SEVERITIES}
    return RiskCounts(checked=checked, unknown=unknown, at_risk=len(cases), **by_severity)


def _date(as_of: date, day: int | None) -> date | None:
    return None if day is None else as_of + timedelta(days=day)
