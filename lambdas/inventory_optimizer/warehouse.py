"""A warehouse as the tools see it: its products with stock and history, as of the day its stock was taken.

"Today" is that day, the latest ``as_of`` of the stock records, never the machine's clock: the same data give the same
answer at any time.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, NoReturn

from lambdas.inventory_optimizer.history import History, read_histories
from lambdas.inventory_optimizer.results import Unusable
from tool_contract.errors import NotFound, ToolFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inventory_data import DemandYear, Item, Stock
    from lambdas.inventory_optimizer.maths.series import DemandSeries
    from lambdas.inventory_optimizer.reader import InventoryReader, Records

HISTORY_DAYS: Final = 730
_NAMES_SHOWN: Final = 3
_CLOSE: Final = 0.6


@dataclass(frozen=True, slots=True)
class Product:
    """A product at the warehouse: everything but its daily demand, which is a row of the warehouse's series."""

    item: Item
    stock: Stock
    history: History


@dataclass(frozen=True, slots=True)
class Warehouse:
    """Products in the order of their codes; row i of ``series`` is the demand of ``products[i]`` up to ``as_of``."""

    code: str
    as_of: date
    products: tuple[Product, ...]
    series: DemandSeries
    unusable: tuple[Unusable, ...]


def open_warehouse(
    reader: InventoryReader, warehouse_code: str, product_codes: Sequence[str] | None = None, *, pointer: str = ""
) -> Warehouse:
    """Read a warehouse, or some of its products.

    ``pointer`` is where the input names a product, with ``{index}`` in it for a list. Raises ``NotFound`` for an
    unknown warehouse or product, ``ToolFailed`` if no product can be used.
    """
    wanted = None if product_codes is None else list(dict.fromkeys(product_codes))
    items = reader.items(warehouse_code, wanted)
    there = {item.product_code for item in items.found} | {error.product_code for error in items.malformed}
    if not there:
        _raise_if_no_warehouse(reader, warehouse_code)
    if product_codes is not None and not there.issuperset(product_codes):
        _raise_no_product(reader, warehouse_code, product_codes, there, pointer)
    stocks = reader.stock(warehouse_code, wanted)
    return _put_together(reader, warehouse_code, items, stocks)


def _put_together(
    reader: InventoryReader, warehouse_code: str, items: Records[Item], stocks: Records[Stock]
) -> Warehouse:
    stock_of = {stock.product_code: stock for stock in stocks.found}
    item_of = {item.product_code: item for item in items.found}
    codes = sorted(item_of.keys() & stock_of.keys())
    as_of = max((stock_of[code].as_of for code in codes), default=date.max)
    first_day = as_of - timedelta(days=HISTORY_DAYS - 1)
    years = reader.demand(warehouse_code, codes, range(first_day.year, as_of.year + 1))
    unusable = _unusable(items, stocks, years)
    broken = {error.product_code for error in years.malformed}
    codes = [code for code in codes if code not in broken]
    if not codes:
        message = f"No product of {warehouse_code} can be used: the {unusable[0].record}: {unusable[0].problem}"
        raise ToolFailed(message, retryable=False)
    histories, series = read_histories(codes, years.found, first_day, as_of)
    products = (Product(item_of[code], stock_of[code], past) for code, past in zip(codes, histories, strict=True))
    return Warehouse(warehouse_code, as_of, tuple(products), series, unusable)


def _unusable(items: Records[Item], stocks: Records[Stock], years: Records[DemandYear]) -> tuple[Unusable, ...]:
    """Report every malformed record, and items whose stock record is missing altogether."""
    malformed = [*items.malformed, *stocks.malformed, *years.malformed]
    with_stock = {stock.product_code for stock in stocks.found} | {error.product_code for error in stocks.malformed}
    return (
        *(Unusable(record=error.record, problem=error.problem) for error in malformed),
        *(
            Unusable(record=f"stock of {item.warehouse_code}/{item.product_code}", problem="there is no such record.")
            for item in items.found
            if item.product_code not in with_stock
        ),
    )


def _raise_if_no_warehouse(reader: InventoryReader, warehouse_code: str) -> None:
    if not reader.product_codes(warehouse_code):
        message = f"There is no warehouse {warehouse_code!r}."
        hint = _hint(warehouse_code, [code for code in reader.warehouse_codes() if code != warehouse_code])
        raise NotFound(message, pointer="/warehouse_code", hint=hint)


def _raise_no_product(
    reader: InventoryReader, warehouse_code: str, wanted: Sequence[str], there: set[str], pointer: str
) -> NoReturn:
    missing = [(index, code) for index, code in enumerate(wanted) if code not in there]
    index, code = missing[0]
    more = f", nor {len(missing) - 1} more of the list" if len(missing) > 1 else ""
    message = f"There is no product {code!r} at warehouse {warehouse_code!r}{more}."
    hint = _hint(code, reader.product_codes(warehouse_code))
    raise NotFound(message, pointer=pointer.format(index=index), hint=hint)


def _hint(code: str, known: Sequence[str]) -> str:
    alike = {name: difflib.SequenceMatcher(None, code.casefold(), name.casefold()).ratio() for name in known}
    close = sorted((name for name in known if alike[name] >= _CLOSE), key=lambda name: (-alike[name], name))
    if close:
        return f"Did you mean {' or '.join(close[:_NAMES_SHOWN])}?"
    if not known:
        return "There are none: the inventory tables are empty."
    shown = ", ".join(sorted(known)[:_NAMES_SHOWN])
    return f"Known are {shown}{' and others' if len(known) > _NAMES_SHOWN else ''}."
