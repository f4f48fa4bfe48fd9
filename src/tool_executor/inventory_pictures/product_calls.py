"""The calls whose answers make one product's picture."""

from __future__ import annotations

from typing import Final

from tool_executor.calls import ToolCall

#: As far as ``identify_stockout_risks`` looks ahead.
LONGEST_HORIZON_DAYS: Final = 90


def product_calls(
    product_code: str, warehouse_code: str, *, history_days: int = 180, horizon_days: int = 28
) -> list[ToolCall]:
    """Return the calls for the forecast, the reorder point and the risk, in the order of :func:`draw_product`.

    ``history_days`` is 0 to 730, ``horizon_days`` 1 to 90.
    """
    one = {"warehouse_code": warehouse_code, "product_codes": [product_code], "detail": "full"}
    wanted = {"product_code": product_code, "warehouse_code": warehouse_code}
    return [
        ToolCall("forecast_demand", {**wanted, "horizon_days": horizon_days, "history_days": history_days}),
        ToolCall("calculate_reorder_points", one),
        ToolCall("identify_stockout_risks", {**one, "days_ahead": horizon_days, "minimum_probability": 0}),
    ]
