"""Logic of ``calculate_reorder_points``: from a warehouse to its reorder points and orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from lambdas.inventory_optimizer.cautions import cautions
from lambdas.inventory_optimizer.figures import figure, figure_or_none, money, probability
from lambdas.inventory_optimizer.maths.classification import DemandClass
from lambdas.inventory_optimizer.maths.distributions import Family
from lambdas.inventory_optimizer.maths.forecasting import Forecast, Method, forecast
from lambdas.inventory_optimizer.maths.reorder import ReorderPoint, protection_demand, reorder_point
from lambdas.inventory_optimizer.policy import Lots, Orders, Policy, choose_lots, place_orders, policy_of
from lambdas.inventory_optimizer.results import ProductReorderPoint, ReorderPointBasis, ReorderPoints
from lambdas.inventory_optimizer.supply import Supply, supply_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from lambdas.inventory_optimizer.results import Caution
    from lambdas.inventory_optimizer.warehouse import Warehouse

DAYS_PER_YEAR: Final = 365.0
#: An order that is further away than this is no plan.
_LATEST_ORDER_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that was calculated, by arrays with an element per product."""

    forecast: Forecast
    supply: Supply
    policy: Policy
    point: ReorderPoint
    lots: Lots
    orders: Orders


def calculate(warehouse: Warehouse, service_level: float | None, *, full: bool) -> ReorderPoints:
    """Return the reorder points of all products; ``full`` adds how they came about."""
    plan = make_plan(warehouse, service_level)
    rows = tuple(_row(warehouse, plan, index, full=full) for index in range(len(warehouse.products)))
    return ReorderPoints(
        warehouse_code=warehouse.code,
        as_of=warehouse.as_of,
        below_reorder_point=sum(row.below_reorder_point for row in rows),
        products=rows,
        unusable=warehouse.unusable,
    )


def make_plan(warehouse: Warehouse, service_level: float | None) -> Plan:
    """Calculate all products at once. ``service_level`` None means each item's own."""
    expected = forecast(warehouse.series)
    supply = supply_of([product.stock for product in warehouse.products], warehouse.as_of)
    policy = policy_of([product.item for product in warehouse.products], service_level)
    demand = protection_demand(
        mean=expected.mean,
        variance=expected.variance,
        level_variance=expected.level_variance,
        days=policy.protection_days,
        lead_time_sd=policy.lead_time_sd,
        counted=expected.counted,
    )
    point = reorder_point(demand, policy.service_level, policy.fixed_point)
    lots = choose_lots(policy, expected.mean, expected.mean * DAYS_PER_YEAR)
    orders = place_orders(policy, lots, supply.position, point.reorder_point, expected.mean)
    return Plan(expected, supply, policy, point, lots, orders)


def _row(warehouse: Warehouse, plan: Plan, index: int, *, full: bool) -> ProductReorderPoint:
    return ProductReorderPoint(
        product_code=warehouse.products[index].item.product_code,
        demand_class=DemandClass(plan.forecast.pattern.demand_class[index]).label,
        demand_per_day=figure(plan.forecast.mean[index]),
        safety_stock=figure(plan.point.safety_stock[index]),
        reorder_point=int(plan.point.reorder_point[index]),
        order_up_to=int(plan.orders.order_up_to[index]),
        inventory_position=figure(plan.supply.position[index]),
        below_reorder_point=bool(plan.orders.below[index]),
        suggested_order=int(plan.orders.quantity[index]),
        order_date=_order_date(warehouse.as_of, plan, index),
        service_achieved=probability(plan.point.achieved[index]),
        warnings=tuple(sorted(_warnings(warehouse, plan, index))),
        basis=_basis(plan, index) if full else None,
    )


def _basis(plan: Plan, index: int) -> ReorderPointBasis:
    lot, annual = plan.lots.quantity[index], plan.forecast.mean[index] * DAYS_PER_YEAR
    held = lot / 2 + max(plan.point.safety_stock[index], 0.0)
    moving = annual > 0
    return ReorderPointBasis(
        method=Method(plan.forecast.method[index]).label,
        distribution=Family(plan.point.demand.family[index]).label,
        demand_sd_per_day=figure(np.sqrt(plan.forecast.variance[index])),
        protection_days=figure(plan.policy.protection_days[index]),
        protection_demand=figure(plan.point.demand.mean[index]),
        protection_demand_sd=figure(plan.point.demand.sd[index]),
        service_target=plan.policy.service_level[index],
        eoq=figure_or_none(plan.lots.economic[index]),
        order_quantity=int(lot),
        order_by_multiples=int(plan.orders.by_multiples[index]),
        annual_ordering_cost=money(plan.policy.ordering_cost[index] * annual / lot),
        annual_holding_cost=money(plan.policy.holding_cost[index] * held) if moving else 0.0,
        on_hand=figure(plan.supply.on_hand[index]),
        allocated=figure(plan.supply.allocated[index]),
        backorders=figure(plan.supply.backorders[index]),
        on_order=figure(plan.supply.on_order[index]),
        in_transit=figure(plan.supply.in_transit[index]),
        overdue=figure(plan.supply.overdue[index]),
    )


def _order_date(as_of: date, plan: Plan, index: int) -> date | None:
    days = plan.orders.days_ahead[index]
    if not plan.policy.active[index] or not days <= _LATEST_ORDER_DAYS:
        return None
    return as_of + timedelta(days=int(days))


def _warnings(warehouse: Warehouse, plan: Plan, index: int) -> Iterator[Caution]:
    product = warehouse.products[index]
    usable_days = int(warehouse.series.usable_days[index])
    yield from cautions(product, warehouse.as_of, usable_days, stopped=bool(plan.forecast.stopped[index]))
    if product.item.service_type == "fill_rate":
        yield "fill_rate_as_cycle_service"
    if product.item.overrides is not None:
        yield "overridden"
    if plan.orders.capped[index]:
        yield "order_capped"
    if plan.lots.over_shelf_life[index]:
        yield "shelf_life_below_smallest_order"
    if np.isinf(plan.lots.economic[index]):
        yield "holding_is_free"
