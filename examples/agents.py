"""A plan across warehouses: find the riskiest product of each, forecast its demand, and say what to order.

In one terminal: ``tool-executor local up``. In another one, with the variables exported that it prints::

    python examples/agents.py
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from tool_executor.agents import Orchestrator, PlanResult, Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tool_executor import ToolExecutionResult

WAREHOUSES = ("WH001", "WH002", "WH003")


def steps_for(warehouse: str) -> list[Step]:
    """Return the steps of one warehouse: the second and the third need what the first has found."""
    risks = f"risks {warehouse}"

    def riskiest(done: Mapping[str, ToolExecutionResult]) -> str:
        return str(done[risks].result["risks"][0]["product_code"])

    def to_forecast(done: Mapping[str, ToolExecutionResult]) -> dict[str, Any]:
        return {"product_code": riskiest(done), "warehouse_code": warehouse, "horizon_days": 14}

    def to_order(done: Mapping[str, ToolExecutionResult]) -> dict[str, Any]:
        return {"warehouse_code": warehouse, "product_codes": [riskiest(done)]}

    return [
        Step(risks, "inventory", "identify_stockout_risks", {"warehouse_code": warehouse, "limit": 1}),
        Step(f"forecast {warehouse}", "inventory", "forecast_demand", to_forecast, after=[risks]),
        Step(f"order {warehouse}", "inventory", "calculate_reorder_points", to_order, after=[risks]),
    ]


def table_of(plan: PlanResult) -> Table:
    """Return a line for each warehouse; where a step failed, the outcomes."""
    table = Table("warehouse", "riskiest", "may run out", "demand in 14 days", "order now")
    for warehouse in WAREHOUSES:
        results = [plan[f"{name} {warehouse}"] for name in ("risks", "forecast", "order")]
        if any(result.is_failure for result in results):
            table.add_row(warehouse, *(result.status.value for result in results))
            continue
        risk = results[0].result["risks"][0]
        demand = results[1].result["days"][-1]["cumulative_mean"]
        order = results[2].result["products"][0]["suggested_order"]
        table.add_row(warehouse, risk["product_code"], f"{risk['probability']:.0%}", f"{demand:,.0f}", f"{order:,}")
    return table


def main() -> int:
    """Run the plan and print what came of it."""
    with Orchestrator() as orchestrator:
        plan = orchestrator.run_sync([step for warehouse in WAREHOUSES for step in steps_for(warehouse)])
    console = Console()
    console.print(table_of(plan))
    console.print(f"{plan.summary} (correlation id {plan.correlation_id})")
    return 0 if plan.success else 1


if __name__ == "__main__":
    sys.exit(main())
