"""Small records for tests that need no whole distributor."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from inventory_data import DemandDay, DemandYear, Item, OpenOrder, Stock
from tests.unit.inventory.fake_reader import FakeReader

if TYPE_CHECKING:
    from collections.abc import Sequence

TODAY: Final = date(2026, 10, 31)


def item(product_code: str = "P001", **fields: Any) -> Item:
    usual = {"unit_cost": 10.0, "ordering_cost": 40.0, "holding_rate": 0.2, "lead_time_mean_days": 6.0}
    return Item(warehouse_code="WH001", product_code=product_code, **(usual | fields))


def stock(product_code: str = "P001", *, on_hand: float = 100.0, **fields: Any) -> Stock:
    usual: dict[str, Any] = {"warehouse_code": "WH001", "as_of": TODAY}
    return Stock(product_code=product_code, on_hand=on_hand, **(usual | fields))


def order(days_from_today: int, quantity: float, **fields: Any) -> OpenOrder:
    return OpenOrder(
        po=f"PO{days_from_today}", qty_open=float(quantity), eta=TODAY + timedelta(days=days_from_today), **fields
    )


def history(
    quantities: Sequence[float], product_code: str = "P001", *, last_day: date = TODAY, **marks: bool
) -> list[DemandYear]:
    """Days up to ``last_day``, by calendar year; a mark goes on every day."""
    first = last_day - timedelta(days=len(quantities) - 1)
    days = [
        DemandDay(day=first + timedelta(days=offset), qty_demanded=float(quantity), **marks)
        for offset, quantity in enumerate(quantities)
    ]
    years = sorted({day.day.year for day in days})
    return [DemandYear.of_days("WH001", product_code, [day for day in days if day.day.year == year]) for year in years]


def one_product(quantities: Sequence[float], *, stock_record: Stock | None = None, **fields: Any) -> FakeReader:
    return FakeReader([item(**fields)], [stock_record or stock()], history(quantities) if quantities else [])
