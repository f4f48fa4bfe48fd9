"""Reads the files of an inventory, and holds them against each other. Nothing is returned while anything is wrong."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from inventory_data import OpenOrder
from tool_executor.inventory_files import checks
from tool_executor.inventory_files.csv_rows import opened
from tool_executor.inventory_files.demand_days import DemandHistory, ProductHistory
from tool_executor.inventory_files.errors import FileUnusable
from tool_executor.inventory_files.folder import find_files
from tool_executor.inventory_files.formats import HISTORY, ITEMS, ORDERS, STOCK
from tool_executor.inventory_files.history_file import HistoryReader
from tool_executor.inventory_files.inventory import Inventory
from tool_executor.inventory_files.keyed_file import KeyedRows, read_keyed
from tool_executor.inventory_files.places import KnownPlaces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from inventory_data import Stock
    from tool_executor.inventory_files.complaints import Complaints
    from tool_executor.inventory_files.csv_rows import CsvRows
    from tool_executor.inventory_files.demand_days import ProductDays
    from tool_executor.inventory_files.formats import FileFormat, OrderRow, RecordT
    from tool_executor.inventory_files.places import Location

    #: Is told the file that is read, how many of its bytes are, and how many it has.
    ReadProgress = Callable[[str, int, int], None]

#: Stock of one warehouse that was taken on days further apart is a slip of the keyboard.
_MOST_DAYS_APART: Final = 366


def read_inventory(
    folder: Path, complaints: Complaints, *, sparse: bool = False, progress: ReadProgress | None = None
) -> Inventory | None:
    """Read the files of a folder; None where there are complaints, which are all there is to complain of.

    Days without a row between a product's first and last row count as demand 0; with ``sparse`` also those from its
    last row to the day that the warehouse's stock is of. Raises FolderUnreadableError.
    """
    files = _Files(folder, complaints, progress)
    items, stock, orders = files.keyed(ITEMS), files.keyed(STOCK), files.keyed(ORDERS)
    known = KnownPlaces(items.locations, complaints) if items.complete else None
    checks.complain_of_currencies(items, complaints)
    checks.complain_of_many_orders(orders, complaints)
    if known is not None:
        checks.complain_of_unknown(stock, known)
        checks.complain_of_unknown(orders, known)
    if stock.complete:
        checks.complain_of_missing_stock(items, stock, complaints)
    as_of = _days_of_stock(stock)
    _refuse_distant_days(stock, as_of, complaints)
    history = HistoryReader(items.locations, as_of, known, complaints)
    files.read(HISTORY, history.read)
    if complaints:
        return None
    demand = DemandHistory(dict(_histories(history.products, as_of, sparse=sparse)))
    return Inventory(tuple(items.records.values()), _with_orders(stock, orders), demand, tuple(files.others))


class _Files:
    """The files of a folder, each read once."""

    def __init__(self, folder: Path, complaints: Complaints, progress: ReadProgress | None) -> None:
        self._paths, self.others = find_files(folder, complaints)
        self._complaints = complaints
        self._progress = progress

    def keyed(self, file_format: FileFormat[RecordT]) -> KeyedRows[RecordT]:
        into: KeyedRows[RecordT] = KeyedRows(file_format.name)
        self.read(file_format, lambda rows: read_keyed(into, rows, file_format, self._complaints))
        if into.complete and not into.lines and not file_format.optional:
            self._complaints.add(into.file, "The file has no rows.")
            into.complete = False
        return into

    def read(self, file_format: FileFormat[RecordT], read: Callable[[CsvRows], None]) -> None:
        path = self._paths.get(file_format.name)
        if path is None:
            return
        try:
            with opened(path, self._complaints, self._telling(path)) as rows:
                read(rows)
        except FileUnusable as error:
            self._complaints.add(path.name, error.message, line=error.line, hint=error.hint)

    def _telling(self, path: Path) -> Callable[[int], None] | None:
        progress = self._progress
        if progress is None:
            return None
        size = path.stat().st_size
        return lambda done: progress(path.name, done, size)


def _days_of_stock(stock: KeyedRows[Stock]) -> dict[str, date]:
    """Return the latest day of each warehouse's stock: "today", as the tools see it."""
    latest: dict[str, date] = {}
    for record in stock.records.values() if stock.complete else ():
        latest[record.warehouse_code] = max(record.as_of, latest.get(record.warehouse_code, record.as_of))
    return latest


def _refuse_distant_days(stock: KeyedRows[Stock], as_of: Mapping[str, date], complaints: Complaints) -> None:
    """Refuse stock whose day lies far before the warehouse's latest: one slip there would age everything else."""
    for location, record in stock.records.items() if stock.complete else ():
        latest = as_of[record.warehouse_code]
        if (latest - record.as_of).days > _MOST_DAYS_APART:
            message = f"The stock is of {record.as_of}, and other stock of {record.warehouse_code} of {latest}."
            hint = f"Days of a warehouse's stock lie at most {_MOST_DAYS_APART} days apart: one of the two is a slip."
            complaints.add(stock.file, message, line=stock.lines[location], column="as_of", hint=hint)


def _with_orders(stock: KeyedRows[Stock], orders: KeyedRows[OrderRow]) -> tuple[Stock, ...]:
    of_location: defaultdict[Location, list[OpenOrder]] = defaultdict(list)
    for row in orders.records.values():
        order = OpenOrder(po=row.po, qty_open=row.qty_open, eta=row.eta, status=row.status)
        of_location[row.warehouse_code, row.product_code].append(order)
    return tuple(
        record.model_copy(update={"open_orders": tuple(of_location[record.warehouse_code, record.product_code])})
        for record in stock.records.values()
    )


def _histories(
    days: Mapping[Location, ProductDays], as_of: Mapping[str, date], *, sparse: bool
) -> Iterator[tuple[Location, ProductHistory]]:
    for location, own in days.items():
        recorded = own.recorded()
        if recorded is not None:
            first, last = recorded
            yield location, ProductHistory(own, first, as_of[location[0]] if sparse else last)
