"""Logic of ``calculate_reorder_points``: from a warehouse to its reorder points and orders."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from lambdas.inventory_optimizer.cautions import cautions
from lambdas.inventory_optimizer.currencies import currency_of
from lambdas.inventory_optimizer.figures import figure, figure_or_none, money, probability
from lambdas.inventory_optimizer.maths.demand.classification import DemandClass
from lambdas.inventory_optimizer.maths.demand.forecasting import HORIZON_DAYS, Forecast, forecast
from lambdas.inventory_optimizer.maths.distributions import Family
from lambdas.inventory_optimizer.maths.policies import fill_rate
from lambdas.inventory_optimizer.maths.policies.abc_xyz import (
    AbcClass,
    AbcCutoffs,
    XyzClass,
    XyzCutoffs,
    abc_classes,
    xyz_classes,
)
from lambdas.inventory_optimizer.maths.policies.reorder import ReorderPoint, protection_demand, reorder_point
from lambdas.inventory_optimizer.policy import Lots, Orders, Policy, choose_lots, place_orders, policy_of
from lambdas.inventory_optimizer.reorder_results import (
    ClassCutoffs,
    ProductReorderPoint,
    ReorderPointBasis,
    ReorderPoints,
)
from lambdas.inventory_optimizer.supply import Supply, supply_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from inventory_data import ServiceType
    from lambdas.inventory_optimizer.maths.arrays import Floats, Integers
    from lambdas.inventory_optimizer.maths.distributions import Demand
    from lambdas.inventory_optimizer.results import Caution
    from lambdas.inventory_optimizer.warehouse import Batch, Warehouse

DAYS_PER_YEAR: Final = 365.0
#: An order that is further away than this is no plan.
_LATEST_ORDER_DAYS: Final = 365
#: Day by day the mean is told for so long at most; beyond, its average goes on.
_LONGEST_PATH_DAYS: Final = 400
#: Products in an answer: what keeps it well under the 6 MB that a function may answer.
MOST_PRODUCTS: Final = 10_000
MOST_PRODUCTS_IN_FULL: Final = 3_000
_REASONS: Final = {
    Family.NONE: "There is no demand, or it is known.",
    Family.POISSON: "Whole units, variance at most the mean.",
    Family.NEGATIVE_BINOMIAL: "Whole units, variance above the mean.",
    Family.GAMMA: "Demand with fractions.",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for; None leaves to each item what it says itself."""

    service_level: float | None = None
    service_type: ServiceType | None = None
    abc: AbcCutoffs = field(default_factory=AbcCutoffs)
    xyz: XyzCutoffs = field(default_factory=XyzCutoffs)
    full: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that was calculated of a batch, by arrays with an element per product."""

    forecast: Forecast
    annual_demand: Floats
    supply: Supply
    policy: Policy
    point: ReorderPoint
    lots: Lots
    orders: Orders
    xyz: Integers


def calculate(warehouse: Warehouse, wish: Wish) -> ReorderPoints:
    """Return the reorder points of all products that there is time for."""
    rows: list[ProductReorderPoint] = []
    values: list[Floats] = []
    for batch in warehouse.batches(MOST_PRODUCTS_IN_FULL if wish.full else MOST_PRODUCTS):
        plan = make_plan(batch, wish)
        rows += (_row(batch, plan, index, full=wish.full) for index in range(len(batch.products)))
        values.append(plan.annual_demand * plan.policy.unit_cost)
    currency = currency_of(warehouse)
    return ReorderPoints(
        warehouse_code=warehouse.code,
        as_of=warehouse.as_of,
        currency=currency.name,
        below_reorder_point=sum(row.below_reorder_point for row in rows),
        cutoffs=ClassCutoffs(a=wish.abc.a, b=wish.abc.b, x=wish.xyz.x, y=wish.xyz.y),
        products=_with_abc(rows, values, wish.abc) if warehouse.complete and not currency.mixed else tuple(rows),
        coverage=warehouse.coverage(),
        notices=currency.notices(warehouse),
        unusable=tuple(warehouse.unusable),
    )


def make_plan(batch: Batch, wish: Wish) -> Plan:
    """Calculate all products of a batch at once."""
    policy = policy_of([product.item for product in batch.products], wish.service_level, wish.service_type)
    days = policy.protection_days
    expected = forecast(batch.series, int(np.clip(np.ceil(days.max()), HORIZON_DAYS, _LONGEST_PATH_DAYS)))
    supply = supply_of([product.stock for product in batch.products], batch.as_of)
    over = expected.over(days)
    per_day = np.divide(over.mean, days, out=expected.mean.copy(), where=days > 0)
    demand = protection_demand(over, per_day, policy.lead_time_sd, expected.counted)
    annual = expected.level * DAYS_PER_YEAR
    lots = choose_lots(policy, expected.level, annual)
    point = _points(demand, policy, lots)
    orders = place_orders(policy, lots, supply.position, point.reorder_point, expected.mean)
    week = expected.over(np.full(days.size, 7.0))
    xyz = xyz_classes(week.mean, week.sd, wish.xyz)
    return Plan(expected, annual, supply, policy, point, lots, orders, xyz)


def _points(demand: Demand, policy: Policy, lots: Lots) -> ReorderPoint:
    """Return the reorder points, each by the service type of its product."""
    by_cycle = reorder_point(demand, policy.service_level, policy.fixed_point)
    if not policy.by_fill_rate.any():
        return by_cycle
    by_fill = fill_rate.reorder_point(demand, lots.quantity, policy.service_level, policy.fixed_point)
    return ReorderPoint(
        demand,
        *(
            np.where(policy.by_fill_rate, filled, cycle)
            for filled, cycle in (
                (by_fill.reorder_point, by_cycle.reorder_point),
                (by_fill.safety_stock, by_cycle.safety_stock),
                (by_fill.achieved, by_cycle.achieved),
            )
        ),
    )


def _with_abc(
    rows: Sequence[ProductReorderPoint], values: Sequence[Floats], cutoffs: AbcCutoffs
) -> tuple[ProductReorderPoint, ...]:
    classes = abc_classes(np.concatenate(values), cutoffs) if values else ()
    return tuple(row.model_copy(update={"abc": AbcClass(kind).label}) for row, kind in zip(rows, classes, strict=True))


def _row(batch: Batch, plan: Plan, index: int, *, full: bool) -> ProductReorderPoint:
    return ProductReorderPoint(
        product_code=batch.products[index].item.product_code,
        demand_class=DemandClass(plan.forecast.pattern.demand_class[index]).label,
        abc=None,
        xyz=XyzClass(plan.xyz[index]).label,
        demand_per_day=figure(plan.forecast.mean[index]),
        safety_stock=figure(plan.point.safety_stock[index]),
        reorder_point=int(plan.point.reorder_point[index]),
        order_up_to=int(plan.orders.order_up_to[index]),
        inventory_position=figure(plan.supply.position[index]),
        below_reorder_point=bool(plan.orders.below[index]),
        suggested_order=int(plan.orders.quantity[index]),
        order_date=_order_date(batch.as_of, plan, index),
        service_achieved=probability(plan.point.achieved[index]) if batch.usable_days[index] else None,
        warnings=tuple(sorted(_warnings(batch, plan, index))),
        basis=_basis(batch, plan, index) if full else None,
    )


def _basis(batch: Batch, plan: Plan, index: int) -> ReorderPointBasis:
    lot, annual = plan.lots.quantity[index], plan.annual_demand[index]
    held = lot / 2 + max(plan.point.safety_stock[index], 0.0)
    family = Family(plan.point.demand.family[index])
    return ReorderPointBasis(
        method=plan.forecast.method(index),
        distribution=family.label,
        distribution_reason=_REASONS[family],
        demand_sd_per_day=figure(plan.forecast.sd[index]),
        protection_days=figure(plan.policy.protection_days[index]),
        protection_demand=figure(plan.point.demand.mean[index]),
        protection_demand_sd=figure(plan.point.demand.sd[index]),
        service_type="fill_rate" if plan.policy.by_fill_rate[index] else "cycle",
        service_target=plan.policy.service_level[index],
        eoq=figure_or_none(plan.lots.economic[index]),
        order_quantity=int(lot),
        order_by_multiples=int(plan.orders.by_multiples[index]),
        annual_demand=figure(annual),
        annual_ordering_cost=money(plan.policy.ordering_cost[index] * annual / lot),
        annual_holding_cost=money(plan.policy.holding_cost[index] * held) if annual > 0 else 0.0,
        on_hand=figure(plan.supply.on_hand[index]),
        allocated=figure(plan.supply.allocated[index]),
        backorders=figure(plan.supply.backorders[index]),
        quarantine=figure(batch.products[index].stock.quarantine),
        on_order=figure(plan.supply.on_order[index]),
        in_transit=figure(plan.supply.in_transit[index]),
        overdue=figure(plan.supply.overdue[index]),
    )


def _order_date(as_of: date, plan: Plan, index: int) -> date | None:
    days = plan.orders.days_ahead[index]
    if not plan.policy.active[index] or not days <= _LATEST_ORDER_DAYS:
        return None
    return as_of + timedelta(days=int(days))


def _warnings(batch: Batch, plan: Plan, index: int) -> Iterator[Caution]:
    product = batch.products[index]
    yield from cautions(product, batch.as_of, int(batch.usable_days[index]), stopped=bool(plan.forecast.stopped[index]))
    if product.item.overrides is not None:
        yield "overridden"
    if plan.orders.capped[index]:
        yield "order_capped"
    if plan.lots.over_shelf_life[index]:
        yield "shelf_life_below_smallest_order"
    if np.isinf(plan.lots.economic[index]):
        yield "holding_is_free"
