"""A load of warehouses into the three tables: planned by what they hold already, marked, written, and unmarked.

Each record replaces its predecessor, so that a load that was cut short may simply be repeated.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from inventory_data import (
    demand_location,
    demand_year_to_attributes,
    item_to_attributes,
    stock_to_attributes,
)
from inventory_data.tables import LOCATION_KEY, PRODUCT_KEY, WAREHOUSE_KEY, YEAR_KEY
from tool_executor.inventory_tables.batches import delete, put, write_all
from tool_executor.inventory_tables.errors import LoadRefusedError, LoadsCrossedError
from tool_executor.inventory_tables.held import HeldData
from tool_executor.inventory_tables.marks import clear_mark, set_mark

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from inventory_data import Attributes, DemandYear, Item, Stock, TableNames, Warehouse
    from tool_executor.inventory_tables.batches import Write

#: Is told how many records were written or deleted, and how many there are to be.
LoadProgress: TypeAlias = "Callable[[int, int], None]"


class Records(Protocol):
    """What can be loaded. ``demand`` is gone through once for its keys if need be, and once to be written."""

    @property
    def warehouses(self) -> Collection[Warehouse]:
        """The warehouses, each with how many products are loaded."""
        ...

    @property
    def items(self) -> Collection[Item]:
        """The items."""
        ...

    @property
    def stock(self) -> Collection[Stock]:
        """The stock."""
        ...

    @property
    def demand(self) -> Collection[DemandYear]:
        """The years of demand."""
        ...


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """A load before its first write.

    ``left`` are products, by warehouse, that the tables hold and the records do not name: they stay, unless the load
    replaces whole warehouses. ``gone`` is what it deletes then: demand before stock before items, for the items tell
    what there is to delete if the load is cut short and repeated.
    """

    records: Records
    warehouses: tuple[Warehouse, ...]
    left: dict[str, tuple[str, ...]]
    gone: tuple[tuple[Write, ...], ...] = ()

    @property
    def deleted(self) -> int:
        """How many records are deleted."""
        return sum(map(len, self.gone))

    @property
    def total(self) -> int:
        """How many records are written or deleted."""
        records = self.records
        return len(records.items) + len(records.stock) + len(records.demand) + self.deleted


def plan_load(client: DynamoDBClient, tables: TableNames, records: Records, *, replace: bool = False) -> LoadPlan:
    """Look at what the tables hold, and plan what is written and, to ``replace`` whole warehouses, deleted.

    Raises LoadRefusedError where products that stay have another currency than those of ``records``; boto3's errors.
    """
    held = HeldData(client, tables)
    currencies: defaultdict[str, dict[str, str | None]] = defaultdict(dict)
    for item in records.items:
        currencies[item.warehouse_code][item.product_code] = item.currency
    warehouses, left = [], {}
    for warehouse in records.warehouses:
        code, new = warehouse.warehouse_code, currencies[warehouse.warehouse_code]
        there = held.currencies(code)
        left[code] = tuple(sorted(there.keys() - new.keys()))
        stay = 0 if replace else len(left[code])
        if stay:
            _refuse_second_currency(code, {there[product] for product in left[code]}, set(new.values()))
        days = (warehouse.as_of, held.as_of(code) if stay else None)
        latest = max((day for day in days if day is not None), default=None)
        warehouses.append(warehouse.model_copy(update={"products": len(new) + stay, "as_of": latest}))
    gone = _gone(held, records, left) if replace else ()
    return LoadPlan(records, tuple(warehouses), left, gone)


@dataclass(slots=True)
class Load:
    """A planned load, to be run once. ``begun`` says whether anything is different from before."""

    client: DynamoDBClient
    tables: TableNames
    plan: LoadPlan
    mark: str
    begun: bool = False

    def run(self, progress: LoadProgress | None = None) -> None:
        """Mark the warehouses, write and delete, and take the marks away: nothing half loaded goes unmarked.

        Raises LoadsCrossedError, ``InventoryDataError`` if a table keeps refusing, and boto3's errors.
        """
        done = 0

        def written(count: int) -> None:
            nonlocal done
            done += count
            if progress is not None:
                progress(done, self.plan.total)

        for warehouse in self.plan.warehouses:
            set_mark(self.client, self.tables.items, warehouse, self.mark)
            self.begun = True
        for deletes in self.plan.gone:
            write_all(self.client, deletes, written)
        write_all(self.client, _puts(self.tables, self.plan.records), written)
        self._clear_marks()

    def _clear_marks(self) -> None:
        crossed = [
            warehouse.warehouse_code
            for warehouse in self.plan.warehouses
            if not clear_mark(self.client, self.tables.items, warehouse, self.mark)
        ]
        if crossed:
            message = f"Another load of {', '.join(crossed)} ran at the same time: what the tables hold may be of both."
            raise LoadsCrossedError(message, hint="The tools refuse these warehouses. Repeat one load, alone.")


def _refuse_second_currency(warehouse: str, left: set[str | None], new: set[str | None]) -> None:
    of_left, of_new = ({currency for currency in told if currency is not None} for told in (left, new))
    if of_new and not of_left <= of_new:
        message = (
            f"The tables hold products of {warehouse} in {', '.join(sorted(of_left - of_new))} that are not among those"
            f" to be loaded, in {', '.join(sorted(of_new))}: a warehouse has one currency. Nothing was written."
        )
        raise LoadRefusedError(message, hint="--replace deletes what is not among those to be loaded.")


def _puts(tables: TableNames, records: Records) -> Iterator[Write]:
    yield from (put(tables.items, item_to_attributes(item)) for item in records.items)
    yield from (put(tables.stock, stock_to_attributes(stock)) for stock in records.stock)
    yield from (put(tables.demand, demand_year_to_attributes(year)) for year in records.demand)


def _gone(held: HeldData, records: Records, left: dict[str, tuple[str, ...]]) -> tuple[tuple[Write, ...], ...]:
    """Return the deletes of everything that the tables hold of the warehouses and ``records`` do not."""
    tables = held.tables
    items = {(item.warehouse_code, item.product_code) for item in records.items}
    stock = {(record.warehouse_code, record.product_code) for record in records.stock}
    years = {(demand_location(year.warehouse_code, year.product_code), f"{year.year:04d}") for year in records.demand}
    demand_gone: list[Write] = []
    stock_gone: list[Write] = []
    items_gone: list[Write] = []
    for code, products in left.items():
        in_stock = held.stock(code)
        known = {product for warehouse, product in items if warehouse == code} | in_stock | set(products)
        demand_gone += (
            delete(tables.demand, {LOCATION_KEY: {"S": location}, YEAR_KEY: {"S": year}})
            for location, year in held.demand(code, sorted(known))
            if (location, year) not in years
        )
        stock_gone += (
            delete(tables.stock, _key(code, product)) for product in in_stock if (code, product) not in stock
        )
        items_gone += (delete(tables.items, _key(code, product)) for product in products)
    return tuple(demand_gone), tuple(stock_gone), tuple(items_gone)


def _key(warehouse_code: str, product_code: str) -> Attributes:
    return {WAREHOUSE_KEY: {"S": warehouse_code}, PRODUCT_KEY: {"S": product_code}}
