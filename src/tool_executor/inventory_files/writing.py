"""Writes records as the CSV files that :func:`read_inventory` reads."""

from __future__ import annotations

import csv
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from tool_executor.inventory_files.errors import FileInTheWayError
from tool_executor.inventory_files.formats import FORMATS, HISTORY, ITEMS, ORDERS, STOCK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from inventory_data import DemandYear, Item, Stock


class Records(Protocol):
    """What can be written: an :class:`Inventory`, or the sample distributor."""

    @property
    def items(self) -> Iterable[Item]:
        """The items."""
        ...

    @property
    def stock(self) -> Iterable[Stock]:
        """The stock, with its open orders."""
        ...

    @property
    def demand(self) -> Iterable[DemandYear]:
        """The history."""
        ...


def write_files(records: Records, folder: Path, *, overwrite: bool = False) -> dict[str, int]:
    """Write the four files into a folder, which is made if it is not there; return how many rows each has.

    Raises FileInTheWayError if one of them is there already, unless it may be overwritten; OSError.
    """
    there = [file_format.name for file_format in FORMATS if (folder / file_format.name).exists()]
    if there and not overwrite:
        message = f"The folder {str(folder)!r} holds {', '.join(there)} already."
        raise FileInTheWayError(message, hint="Choose another folder, or give --overwrite.")
    folder.mkdir(parents=True, exist_ok=True)
    rows = {
        ITEMS.name: map(_item_row, records.items),
        STOCK.name: map(_stock_row, records.stock),
        ORDERS.name: (row for stock in records.stock for row in _order_rows(stock)),
        HISTORY.name: (row for year in records.demand for row in _day_rows(year)),
    }
    return {
        file_format.name: _write(folder / file_format.name, file_format.by_name, rows[file_format.name])
        for file_format in FORMATS
    }


def _write(path: Path, header: Iterable[str], rows: Iterator[list[Any]]) -> int:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        return sum(1 for row in rows if writer.writerow(row))


def _item_row(item: Item) -> list[Any]:
    values = item.model_dump()
    overrides = values.pop("overrides") or {}
    values |= {f"overrides.{name}": value for name, value in overrides.items()}
    return [_cell(values.get(name)) for name in ITEMS.by_name]


def _stock_row(stock: Stock) -> list[Any]:
    return [_cell(getattr(stock, name)) for name in STOCK.by_name]


def _order_rows(stock: Stock) -> Iterator[list[Any]]:
    for order in stock.open_orders:
        named = {"warehouse_code": stock.warehouse_code, "product_code": stock.product_code, **order.model_dump()}
        yield [_cell(named[name]) for name in ORDERS.by_name]


def _day_rows(year: DemandYear) -> Iterator[list[Any]]:
    """Yield a row a day; what is the default is left empty, for there are many of them."""
    stockouts, promotions = set(year.stockout_days), set(year.promotion_days)
    for offset, quantity in enumerate(year.quantities):
        yield [
            year.warehouse_code,
            year.product_code,
            year.first_day + timedelta(days=offset),
            _cell(quantity),
            "true" if offset in stockouts else "",
            "true" if offset in promotions else "",
            _cell(year.returns.get(offset)),
        ]


def _cell(value: object) -> object:
    """Return a value as it is written: whole amounts without a point, None as nothing."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else repr(value)
    return "" if value is None else value
