"""Tools of the inventory group."""

from __future__ import annotations

from typing import TypeVar

from lambdas.inventory_optimizer import demand_forecast, reorder_points, stockout_risks
from lambdas.inventory_optimizer.forecast_results import DemandForecast  # noqa: TC001 - the tools' schemas
from lambdas.inventory_optimizer.maths.policies.abc_xyz import AbcCutoffs, XyzCutoffs
from lambdas.inventory_optimizer.parameters import (  # noqa: TC001 - the tools' schemas are made from them
    AbcCutoff,
    ContinueAfter,
    DaysAhead,
    Detail,
    HistoryShown,
    HorizonDays,
    MinimumProbability,
    ProductCode,
    ProductCodes,
    RiskLimit,
    ServiceLevel,
    WantedServiceType,
    WarehouseCode,
    XyzCutoff,
)
from lambdas.inventory_optimizer.reader import current_reader
from lambdas.inventory_optimizer.reorder_results import ReorderPoints  # noqa: TC001 - the tools' schemas
from lambdas.inventory_optimizer.risk_results import StockoutRisks  # noqa: TC001 - the tools' schemas
from lambdas.inventory_optimizer.warehouse import Warehouse, open_warehouse
from lambdas.runtime.tool_group import ToolGroup
from tool_contract.errors import InvalidInput

CutoffsT = TypeVar("CutoffsT", AbcCutoffs, XyzCutoffs)

tools = ToolGroup("inventory-optimizer")


@tools.tool(read_only=True, open_world=False, timeout_seconds=30)
def calculate_reorder_points(
    warehouse_code: WarehouseCode,
    product_codes: ProductCodes | None = None,
    service_level: ServiceLevel | None = None,
    service_type: WantedServiceType | None = None,
    abc_cutoffs: AbcCutoff | None = None,
    xyz_cutoffs: XyzCutoff | None = None,
    detail: Detail = "summary",
    continue_after: ContinueAfter | None = None,
) -> ReorderPoints:
    """Say for each product of a warehouse when to reorder and how much: reorder point, safety stock, order to place.

    Reorder points hold a cycle service level or a fill rate over lead time plus review period, from the forecast's own
    error and the lead time's spread. A large warehouse is answered in parts: coverage tells how to go on.
    """
    wish = reorder_points.Wish(
        service_level=service_level,
        service_type=service_type,
        abc=_cutoffs(AbcCutoffs, abc_cutoffs, "/abc_cutoffs"),
        xyz=_cutoffs(XyzCutoffs, xyz_cutoffs, "/xyz_cutoffs"),
        full=detail == "full",
    )
    return reorder_points.calculate(_opened(warehouse_code, product_codes, continue_after), wish)


@tools.tool(read_only=True, open_world=False, timeout_seconds=30)
def identify_stockout_risks(
    warehouse_code: WarehouseCode,
    days_ahead: DaysAhead = 7,
    minimum_probability: MinimumProbability = 0.05,
    limit: RiskLimit = 50,
    product_codes: ProductCodes | None = None,
    detail: Detail = "summary",
    continue_after: ContinueAfter | None = None,
) -> StockoutRisks:
    """Find the products of a warehouse that may run out within the next days, the most value at risk first.

    Gives each one's probability, units short, critical days, next receipt, and a recommended action with reasons.
    Receipts may be late as their lead times are. A large warehouse is answered in parts: coverage tells how to go on.
    """
    return stockout_risks.identify(
        _opened(warehouse_code, product_codes, continue_after),
        days_ahead=days_ahead,
        minimum_probability=minimum_probability,
        limit=limit,
        full=detail == "full",
    )


@tools.tool(read_only=True, open_world=False, timeout_seconds=30)
def forecast_demand(
    product_code: ProductCode,
    warehouse_code: WarehouseCode,
    horizon_days: HorizonDays = 28,
    history_days: HistoryShown = 0,
) -> DemandForecast:
    """Forecast a product's daily demand at a warehouse, with 10, 50 and 90 % quantiles by day and cumulative.

    Combines methods by how well they did on the product's own past, and says how; finds season of week and year. Days
    out of stock and of promotions are left out.
    """
    warehouse = open_warehouse(current_reader(), warehouse_code, [product_code], pointer="/product_code")
    return demand_forecast.forecast_product(warehouse, horizon_days, history_days)


def _opened(warehouse_code: str, product_codes: list[str] | None, continue_after: str | None) -> Warehouse:
    warehouse = open_warehouse(current_reader(), warehouse_code, product_codes, pointer="/product_codes/{index}")
    if continue_after is not None:
        warehouse.leave_out_up_to(continue_after)
    return warehouse


def _cutoffs(kind: type[CutoffsT], values: list[float] | None, pointer: str) -> CutoffsT:
    if values is None:
        return kind()
    try:
        return kind(*values)
    except ValueError as error:
        raise InvalidInput(f"{error}.", pointer=pointer) from None


lambda_handler = tools.lambda_handler
