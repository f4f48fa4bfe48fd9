"""An inventory in memory behind the readers' Protocol; it counts what it is asked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inventory_data import Warehouse
from lambdas.inventory_optimizer.reader import Records

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from inventory_data import DemandYear, Item, MalformedRecordError, Stock


@dataclass
class FakeReader:
    item_records: Iterable[Item] = ()
    stock_records: Iterable[Stock] = ()
    demand_records: Iterable[DemandYear] = ()
    malformed_items: tuple[MalformedRecordError, ...] = ()
    malformed_demand: tuple[MalformedRecordError, ...] = ()
    loading: str | None = None
    as_of: date | None = None
    reads: Counter[str] = field(default_factory=Counter)

    def warehouse(self, warehouse_code: str) -> Warehouse | None:
        self.reads["warehouse"] += 1
        known = warehouse_code in self.warehouse_codes()
        if not known:
            return None
        return Warehouse(warehouse_code=warehouse_code, loading=self.loading, as_of=self.as_of)

    def warehouse_codes(self) -> list[str]:
        return sorted({item.warehouse_code for item in self.item_records})

    def product_codes(self, warehouse_code: str) -> list[str]:
        return [item.product_code for item in self.item_records if item.warehouse_code == warehouse_code]

    def items(self, warehouse_code: str, product_codes: Sequence[str] | None) -> Records[Item]:
        self.reads["items"] += 1
        found = (item for item in self.item_records if item.warehouse_code == warehouse_code)
        return Records(
            tuple(item for item in found if product_codes is None or item.product_code in product_codes),
            self.malformed_items,
        )

    def stock(self, warehouse_code: str, product_codes: Sequence[str] | None) -> Records[Stock]:
        self.reads["stock"] += 1
        found = (stock for stock in self.stock_records if stock.warehouse_code == warehouse_code)
        return Records(tuple(stock for stock in found if product_codes is None or stock.product_code in product_codes))

    def demand(self, warehouse_code: str, product_codes: Sequence[str], years: Sequence[int]) -> Records[DemandYear]:
        self.reads["demand"] += 1
        wanted = set(product_codes)
        return Records(
            tuple(
                year
                for year in self.demand_records
                if year.warehouse_code == warehouse_code and year.product_code in wanted and year.year in years
            ),
            self.malformed_demand,
        )
