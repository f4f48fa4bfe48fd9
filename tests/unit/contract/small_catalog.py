"""A catalog of three tools, made as the code of a tool group would make it."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from lambdas.runtime.tool_group import ToolGroup
from tool_contract.catalog import Catalog

_stock = ToolGroup("stock-desk")


@_stock.tool(read_only=True, timeout_seconds=10, max_retries=2)
def look_up(
    code: Annotated[str, Field(pattern="^[A-Z]{2}[0-9]{3}$")], days: Annotated[int, Field(ge=1, le=90)] = 30
) -> int:
    """Look something up."""
    return len(code) + days


@_stock.tool(idempotent=True)
def set_level(code: str, level: Annotated[float, Field(ge=0)], tags: list[str] | None = None) -> None:
    """Set a level."""


_orders = ToolGroup("orders")


@_orders.tool(max_retries=0)
def place_order(code: str, amount: Annotated[int, Field(gt=0)]) -> str:
    """Place an order, which nobody takes back."""
    return f"{code}: {amount}"


CATALOG: Final = Catalog(tools=tuple(tool.spec for group in (_stock, _orders) for tool in group.tools))
