"""The agent of the inventory tools: reorder points, stock-out risks, demand forecasts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from tool_executor.agents.base import BaseAgent

if TYPE_CHECKING:
    from collections.abc import Sequence


class InventoryOptimizerAgent(BaseAgent):
    """Runs the tools of the group ``inventory-optimizer``; each has a method, or use :meth:`execute_tool`.

    What is left out of a method's call is left to the tool.
    """

    function_name: ClassVar[str | None] = "inventory-optimizer-lambda"

    def calculate_reorder_points(
        self,
        warehouse_code: str,
        product_codes: Sequence[str] | None = None,
        *,
        service_level: float | None = None,
        service_type: Literal["cycle", "fill_rate"] | None = None,
        abc_cutoffs: tuple[float, float] | None = None,
        xyz_cutoffs: tuple[float, float] | None = None,
        detail: Literal["summary", "full"] | None = None,
        continue_after: str | None = None,
    ) -> dict[str, Any]:
        """Say for each product when to reorder and how much.

        ``service_level`` (0.5 to 0.9999) is the probability of no stock-out in an order cycle or the share of demand
        met from the shelf, by ``service_type``; left out, both are each product's own. An answer whose
        ``coverage["continue_after"]`` is not None did not get through: give that to the next call.
        """
        return self._run(
            "calculate_reorder_points",
            warehouse_code=warehouse_code,
            product_codes=None if product_codes is None else list(product_codes),
            service_level=service_level,
            service_type=service_type,
            abc_cutoffs=None if abc_cutoffs is None else list(abc_cutoffs),
            xyz_cutoffs=None if xyz_cutoffs is None else list(xyz_cutoffs),
            detail=detail,
            continue_after=continue_after,
        )

    def identify_stockout_risks(
        self,
        warehouse_code: str,
        days_ahead: int | None = None,
        *,
        minimum_probability: float | None = None,
        limit: int | None = None,
        product_codes: Sequence[str] | None = None,
        detail: Literal["summary", "full"] | None = None,
        continue_after: str | None = None,
    ) -> dict[str, Any]:
        """Find the products that may run out within the next ``days_ahead`` days (7), most value at risk first.

        ``detail`` "full" tells of each day; ``continue_after`` as in :meth:`calculate_reorder_points`.
        """
        return self._run(
            "identify_stockout_risks",
            warehouse_code=warehouse_code,
            days_ahead=days_ahead,
            minimum_probability=minimum_probability,
            limit=limit,
            product_codes=None if product_codes is None else list(product_codes),
            detail=detail,
            continue_after=continue_after,
        )

    def forecast_demand(
        self,
        product_code: str,
        warehouse_code: str,
        horizon_days: int | None = None,
        *,
        history_days: int | None = None,
    ) -> dict[str, Any]:
        """Forecast a product's daily demand for ``horizon_days`` days (28), with 10, 50 and 90 % quantiles.

        The last ``history_days`` (0) of recorded demand come with it.
        """
        return self._run(
            "forecast_demand",
            product_code=product_code,
            warehouse_code=warehouse_code,
            horizon_days=horizon_days,
            history_days=history_days,
        )

    def _run(self, tool_name: str, **tool_input: object) -> dict[str, Any]:
        return self.execute_tool(tool_name, {name: value for name, value in tool_input.items() if value is not None})
