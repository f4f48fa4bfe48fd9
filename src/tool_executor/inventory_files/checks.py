"""What shows only beside other rows: an item without stock, stock without an item, two currencies, too many orders."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from inventory_data import MOST_OPEN_ORDERS
from tool_executor.inventory_files.places import are_codes

if TYPE_CHECKING:
    from inventory_data import Item, Stock
    from tool_executor.inventory_files.complaints import Complaints
    from tool_executor.inventory_files.formats import OrderRow, RecordT
    from tool_executor.inventory_files.keyed_file import KeyedRows
    from tool_executor.inventory_files.places import KnownPlaces


def complain_of_currencies(items: KeyedRows[Item], complaints: Complaints) -> None:
    """A warehouse has one currency, as far as its items tell any."""
    first: dict[str, tuple[str, int]] = {}
    for key, item in items.records.items():
        if item.currency is None:
            continue
        currency, line = first.setdefault(item.warehouse_code, (item.currency, items.lines[key]))
        if item.currency != currency:
            message = f"{item.currency} here and {currency} in line {line}: a warehouse has one currency."
            complaints.add(items.file, message, line=items.lines[key], column="currency")


def complain_of_unknown(rows: KeyedRows[RecordT], known: KnownPlaces) -> None:
    """Stock and orders are of items that there are."""
    for location, line in rows.locations.items():
        if are_codes(location):
            known.complain_if_unknown(rows.file, line, location)


def complain_of_missing_stock(items: KeyedRows[Item], stock: KeyedRows[Stock], complaints: Complaints) -> None:
    """Each item has a row of stock, be it of 0."""
    for key, line in items.lines.items():
        if key not in stock.lines and are_codes((key[0], key[1])):
            message = f"{' '.join(key)} has no row in {stock.file}."
            complaints.add(items.file, message, line=line, hint="Write its stock, be it 0.")


def complain_of_many_orders(orders: KeyedRows[OrderRow], complaints: Complaints) -> None:
    """So many open orders of a product are a record's limit."""
    seen: Counter[tuple[str, str]] = Counter()
    for key, line in orders.lines.items():
        seen[key[0], key[1]] += 1
        if seen[key[0], key[1]] == MOST_OPEN_ORDERS + 1:
            message = f"{key[0]} {key[1]} has more than {MOST_OPEN_ORDERS} open orders."
            complaints.add(orders.file, message, line=line)
