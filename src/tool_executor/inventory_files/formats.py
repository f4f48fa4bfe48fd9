"""The four files and their columns, which are the fields of the records' models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from inventory_data import DemandDay, Item, OpenOrder, Stock
from inventory_data.models import Code, Record
from tool_executor.inventory_files import cells

if TYPE_CHECKING:
    from collections.abc import Callable

RecordT = TypeVar("RecordT", bound=Record)


class OrderRow(OpenOrder):
    """An open order as a row of its file: with the product that it is of."""

    warehouse_code: Code
    product_code: Code


class DemandRow(DemandDay):
    """A day's demand as a row of its file."""

    warehouse_code: Code
    product_code: Code


@dataclass(frozen=True, slots=True)
class Column:
    """A column: how its cells are read, and whether each has to say something."""

    name: str
    read: Callable[[str], object]
    required: bool = False


@dataclass(frozen=True, slots=True)
class FileFormat(Generic[RecordT]):
    """A file: its name, the model of a row, its columns, and those that together name a row."""

    name: str
    model: type[RecordT]
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    optional: bool = False

    @property
    def by_name(self) -> dict[str, Column]:
        """The columns by their names."""
        return {column.name: column for column in self.columns}


_LOCATION: Final = (
    Column("warehouse_code", cells.text, required=True),
    Column("product_code", cells.text, required=True),
)

ITEMS: Final = FileFormat(
    "items.csv",
    Item,
    (
        *_LOCATION,
        Column("unit", cells.text),
        Column("category", cells.text),
        Column("status", cells.text),
        Column("currency", cells.text),
        Column("unit_cost", cells.number, required=True),
        Column("ordering_cost", cells.number, required=True),
        Column("holding_rate", cells.number, required=True),
        Column("service_level", cells.number),
        Column("service_type", cells.text),
        Column("review_period_days", cells.whole),
        Column("lead_time_mean_days", cells.number, required=True),
        Column("lead_time_sd_days", cells.number),
        Column("moq", cells.whole),
        Column("pack_size", cells.whole),
        Column("max_order_qty", cells.whole),
        Column("shelf_life_days", cells.whole),
        Column("overrides.reorder_point", cells.whole),
        Column("overrides.order_quantity", cells.whole),
    ),
    key=("warehouse_code", "product_code"),
)
STOCK: Final = FileFormat(
    "stock.csv",
    Stock,
    (
        *_LOCATION,
        Column("as_of", cells.day, required=True),
        Column("on_hand", cells.number, required=True),
        Column("allocated", cells.number),
        Column("backorders", cells.number),
        Column("quarantine", cells.number),
    ),
    key=("warehouse_code", "product_code"),
)
ORDERS: Final = FileFormat(
    "orders.csv",
    OrderRow,
    (
        *_LOCATION,
        Column("po", cells.text, required=True),
        Column("qty_open", cells.number, required=True),
        Column("eta", cells.day, required=True),
        Column("status", cells.text),
    ),
    key=("warehouse_code", "product_code", "po", "eta"),
    optional=True,
)
HISTORY: Final = FileFormat(
    "history.csv",
    DemandRow,
    (
        *_LOCATION,
        Column("day", cells.day, required=True),
        Column("qty_demanded", cells.number, required=True),
        Column("stockout", cells.flag),
        Column("promotion", cells.flag),
        Column("returns", cells.number),
    ),
    key=("warehouse_code", "product_code", "day"),
)
FORMATS: Final[tuple[FileFormat[Any], ...]] = (ITEMS, STOCK, ORDERS, HISTORY)
