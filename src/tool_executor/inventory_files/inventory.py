"""What the files of an inventory hold, once nothing is wrong with them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inventory_data import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from inventory_data import Item, Stock
    from tool_executor.inventory_files.demand_days import DemandHistory, ProductHistory


@dataclass(frozen=True, slots=True)
class WarehouseFiles:
    """What the files hold of one warehouse, whose stock is of ``as_of`` at the latest.

    ``histories`` has the products that have one.
    """

    warehouse_code: str
    as_of: date
    items: tuple[Item, ...]
    stock: tuple[Stock, ...]
    histories: Mapping[str, ProductHistory]

    def counts(self) -> dict[str, Any]:
        """Return how much there is; ``filled_days`` have no row, and count as days without demand."""
        return {
            "warehouse_code": self.warehouse_code,
            "as_of": self.as_of.isoformat(),
            "products": len(self.items),
            "open_orders": sum(len(record.open_orders) for record in self.stock),
            "demand_years": sum(one.years for one in self.histories.values()),
            "history_rows": sum(one.days.rows for one in self.histories.values()),
            "filled_days": sum(one.filled for one in self.histories.values()),
        }


@dataclass(frozen=True, slots=True)
class Inventory:
    """Everything that the three inventory tables are to hold of the warehouses.

    ``other_files`` are CSV files that stand beside it, and that nothing was read from.
    """

    items: tuple[Item, ...]
    stock: tuple[Stock, ...]
    demand: DemandHistory
    other_files: tuple[str, ...] = ()

    @property
    def warehouses(self) -> tuple[Warehouse, ...]:
        """The warehouses, in the order of the items."""
        return tuple(
            Warehouse(
                warehouse_code=one.warehouse_code,
                products=len(one.items),
                as_of=max((stock.as_of for stock in one.stock), default=None),
            )
            for one in self.by_warehouse()
        )

    def by_warehouse(self) -> Iterator[WarehouseFiles]:
        """Yield each warehouse with what is its own."""
        items: defaultdict[str, list[Item]] = defaultdict(list)
        stock: defaultdict[str, list[Stock]] = defaultdict(list)
        histories: defaultdict[str, dict[str, ProductHistory]] = defaultdict(dict)
        for item in self.items:
            items[item.warehouse_code].append(item)
        for record in self.stock:
            stock[record.warehouse_code].append(record)
        for (code, product), one in self.demand.products.items():
            histories[code][product] = one
        for code, own in items.items():
            as_of = max(record.as_of for record in stock[code])
            yield WarehouseFiles(code, as_of, tuple(own), tuple(stock[code]), histories[code])
