"""What the three tools answer of a product that a test describes: their own code, on records in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdas.inventory_optimizer import handler
from lambdas.inventory_optimizer.reader import use_reader
from tests.unit.inventory.fake_reader import FakeReader
from tests.unit.inventory.records import history, item, order, stock
from tool_executor.inventory_pictures import product_calls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inventory_data import OpenOrder

Answers = tuple[dict[str, Any], dict[str, Any], dict[str, Any]]

#: Demand of 20 weeks, and stock that does not last for one.
USUAL = [5, 7, 6, 8, 9, 3, 2] * 20
RECEIPT = order(9, 20)


def answers(
    quantities: Sequence[float] = USUAL,
    *,
    on_hand: float = 24.0,
    orders: Sequence[OpenOrder] = (RECEIPT,),
    history_days: int = 60,
    horizon_days: int = 21,
    **fields: Any,
) -> Answers:
    """Ask the tools what a picture asks them."""
    code = fields.get("product_code", "P001")
    reader = FakeReader(
        [item(**fields)],
        [stock(code, on_hand=on_hand, open_orders=tuple(orders))],
        history(quantities, code) if quantities else [],
    )
    return asked(reader, code, history_days=history_days, horizon_days=horizon_days)


def asked(reader: FakeReader, product_code: str, **days: int) -> Answers:
    """Ask the tools about one product of an inventory."""
    calls = product_calls(product_code, "WH001", **days)
    with use_reader(reader):
        forecast, points, risks = (
            getattr(handler, call.tool_name)(**call.parameters).model_dump(mode="json") for call in calls
        )
    return forecast, points, risks
