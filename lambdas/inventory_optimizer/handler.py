"""Tools of the inventory group."""

from __future__ import annotations

from lambdas.inventory_optimizer import demand_forecast, reorder_points, stockout_risks
from lambdas.inventory_optimizer.parameters import (  # noqa: TC001 - the tools' schemas are made from them
    DaysAhead,
    Detail,
    HorizonDays,
    MinimumProbability,
    ProductCode,
    ProductCodes,
    RiskLimit,
    ServiceLevel,
    WarehouseCode,
)
from lambdas.inventory_optimizer.reader import current_reader
from lambdas.inventory_optimizer.results import (  # noqa: TC001 - the tools' schemas are made from them
    DemandForecast,
    ReorderPoints,
    StockoutRisks,
)
from lambdas.inventory_optimizer.warehouse import open_warehouse
from lambdas.runtime.tool_group import ToolGroup

tools = ToolGroup("inventory-optimizer")


@tools.tool(read_only=True, open_world=False, timeout_seconds=30)
def calculate_reorder_points(
    warehouse_code: WarehouseCode,
    product_codes: ProductCodes | None = None,
    service_level: ServiceLevel | None = None,
    detail: Detail = "summary",
) -> ReorderPoints:
    """Say for each product of a warehouse when to reorder and how much: reorder point, safety stock, order to place.

    Reorder points hold a cycle service level over lead time plus review period, from demand and lead-time variance.
    """
    warehouse = open_warehouse(current_reader(), warehouse_code, product_codes, pointer="/product_codes/{index}")
    return reorder_points.calculate(warehouse, service_level, full=detail == "full")


@tools.tool(read_only=True, open_world=False, timeout_seconds=30)
def identify_stockout_risks(
    warehouse_code: WarehouseCode,
    days_ahead: DaysAhead = 7,
    minimum_probability: MinimumProbability = 0.05,
    limit: RiskLimit = 50,
) -> StockoutRisks:
    """Find the products of a warehouse that may run out within the next days, the most value at risk first.

    Gives each one's probability, units short, critical days, next receipt, and a recommended action with reasons.
    """
    warehouse = open_warehouse(current_reader(), warehouse_code)
    return stockout_risks.identify(
        warehouse, days_ahead=days_ahead, minimum_probability=minimum_probability, limit=limit
    )


@tools.tool(read_only=True, open_world=False, timeout_seconds=30)
def forecast_demand(
    product_code: ProductCode, warehouse_code: WarehouseCode, horizon_days: HorizonDays = 28
) -> DemandForecast:
    """Forecast a product's daily demand at a warehouse, with 10, 50 and 90 % quantiles by day and cumulative.

    Chooses the method by how demand occurs and says why; days out of stock and of promotions are left out.
    """
    warehouse = open_warehouse(current_reader(), warehouse_code, [product_code], pointer="/product_code")
    return demand_forecast.forecast_product(warehouse, horizon_days)


lambda_handler = tools.lambda_handler
