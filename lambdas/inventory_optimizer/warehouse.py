"""A warehouse as the tools see it: its products with stock and history, as of the day its stock was taken.

"Today" is that day, the latest ``as_of`` of the stock records, never the machine's clock: the same data give the same
answer at any time. Items and stock are read at once; histories, which are most of the data, in batches.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from lambdas.inventory_optimizer.history import History, read_histories
from lambdas.inventory_optimizer.results import Coverage, Unusable
from lambdas.inventory_optimizer.unknown_names import raise_if_no_warehouse, raise_no_product
from lambdas.runtime.time_limit import seconds_left
from tool_contract.errors import ErrorCode, ToolError, ToolFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from inventory_data import Item, MalformedRecordError, Stock
    from inventory_data import Warehouse as Entry
    from lambdas.inventory_optimizer.maths.arrays import Floats, Integers
    from lambdas.inventory_optimizer.maths.demand.series import DemandSeries
    from lambdas.inventory_optimizer.reader import InventoryReader, Records

HISTORY_DAYS: Final = 730
#: Products whose histories are held at once: a matrix of two years takes three megabytes.
BATCH_PRODUCTS: Final = 500
#: Another batch is begun if so many times the slowest one's time is left, and the reserve.
_MARGIN: Final = 1.5
_RESERVE_SECONDS: Final = 2.0


class BeingLoaded(ToolError):
    """The warehouse's records are being replaced. Worth another attempt, and no failure of the tool's."""

    code = ErrorCode.IN_PROGRESS


@dataclass(frozen=True, slots=True)
class Product:
    """A product at the warehouse: everything but its daily demand, which is a row of the batch's series."""

    item: Item
    stock: Stock
    history: History


@dataclass(frozen=True, slots=True)
class Batch:
    """Products in the order of their codes; row i of ``series`` and ``recorded`` is the demand of ``products[i]``.

    ``series`` says which days are usable, ``usable_days`` counts them; ``recorded`` is demand as it was recorded, on
    the others too.
    """

    code: str
    as_of: date
    products: tuple[Product, ...]
    series: DemandSeries
    usable_days: Integers
    recorded: Floats


class Warehouse:
    """A warehouse, or some of its products, to be gone through in batches.

    ``unusable`` tells of the records that could not be used; their products are left out.
    """

    def __init__(
        self,
        reader: InventoryReader,
        code: str,
        items: Records[Item],
        stocks: Records[Stock],
        *,
        as_of: date | None = None,
        whole: bool,
    ) -> None:
        """Match items with their stock.

        ``as_of`` is the latest day of the whole warehouse's stock, where it is known; ``whole``: these are all items.
        """
        stock_of = {stock.product_code: stock for stock in stocks.found}
        usable = sorted((item for item in items.found if item.product_code in stock_of), key=_code_of)
        self.code = code
        days = [stock_of[_code_of(item)].as_of for item in usable] + ([as_of] if as_of else [])
        self.as_of = max(days, default=date.max)
        self.in_all = len(items.found) + len(items.malformed)
        self.unusable = [*_told(items.malformed), *_told(stocks.malformed), *_without_stock(items, stocks, stock_of)]
        self.currencies = {item.currency for item in usable}
        self._reader = reader
        self._whole = whole
        self._skipped = False
        self._left = [(item, stock_of[_code_of(item)]) for item in usable]
        self._last = ""
        self._usable_products = 0

    def leave_out_up_to(self, product_code: str) -> None:
        """Leave out the products up to this code, which another answer has told of."""
        self._left = [(item, stock) for item, stock in self._left if _code_of(item) > product_code]
        self._whole, self._skipped = False, True

    @property
    def complete(self) -> bool:
        """Whether every product of the warehouse has been gone through, so that they can be compared."""
        return self._whole and not self._left

    def batches(self, most: int) -> Iterator[Batch]:
        """Go through the products: as many as the time allows and ``most`` at most, one batch at least.

        Raises ``ToolFailed`` if there are records and none of them can be used.
        """
        slowest, allowed = 0.0, most
        while self._left and allowed > 0:
            if allowed < most and seconds_left() < _MARGIN * slowest + _RESERVE_SECONDS:
                break
            started = time.monotonic()
            entries = self._left[: min(BATCH_PRODUCTS, allowed)]
            batch = self._batch(entries)
            if batch.products:
                yield batch
            self._usable_products += len(batch.products)
            self._left, self._last = self._left[len(entries) :], _code_of(entries[-1][0])
            allowed -= len(entries)
            slowest = max(slowest, time.monotonic() - started)
        if self.unusable and not (self._usable_products or self._left or self._skipped):
            first = self.unusable[0]
            message = f"No product of {self.code} can be used: the {first.record}: {first.problem}"
            raise ToolFailed(message, retryable=False)

    def coverage(self) -> Coverage:
        """Return which part of the products has been gone through."""
        return Coverage(
            products=self.in_all,
            usable=self._usable_products,
            left=len(self._left),
            continue_after=self._last if self._left else None,
        )

    def _batch(self, entries: Sequence[tuple[Item, Stock]]) -> Batch:
        first_day = self.as_of - timedelta(days=HISTORY_DAYS - 1)
        codes = [_code_of(item) for item, _ in entries]
        years = self._reader.demand(self.code, codes, range(first_day.year, self.as_of.year + 1))
        self.unusable += _told(years.malformed)
        broken = {error.product_code for error in years.malformed}
        kept = [(item, stock) for item, stock in entries if _code_of(item) not in broken]
        past = read_histories([_code_of(item) for item, _ in kept], years.found, first_day, self.as_of)
        products = (Product(item, stock, of) for (item, stock), of in zip(kept, past.of_product, strict=True))
        return Batch(self.code, self.as_of, tuple(products), past.series, past.series.usable_days, past.recorded)


def open_warehouse(
    reader: InventoryReader, warehouse_code: str, product_codes: Sequence[str] | None = None, *, pointer: str = ""
) -> Warehouse:
    """Open a warehouse, or some of its products.

    ``pointer`` is where the input names a product, with ``{index}`` in it for a list. Raises ``NotFound`` for an
    unknown warehouse or product, ``BeingLoaded`` while the warehouse is being loaded.
    """
    entry = reader.warehouse(warehouse_code)
    _raise_if_loading(entry)
    wanted = None if product_codes is None else list(dict.fromkeys(product_codes))
    items = reader.items(warehouse_code, wanted)
    there = {item.product_code for item in items.found} | {error.product_code for error in items.malformed}
    if not there:
        raise_if_no_warehouse(reader, warehouse_code)
    if product_codes is not None and not there.issuperset(product_codes):
        raise_no_product(reader, warehouse_code, product_codes, there, pointer)
    stocks, as_of = reader.stock(warehouse_code, wanted), entry.as_of if entry else None
    return Warehouse(reader, warehouse_code, items, stocks, as_of=as_of, whole=wanted is None)


def _code_of(item: Item) -> str:
    return item.product_code


def _told(errors: Iterable[MalformedRecordError]) -> list[Unusable]:
    return [Unusable(record=error.record, problem=error.problem) for error in errors]


def _without_stock(items: Records[Item], stocks: Records[Stock], stock_of: dict[str, Stock]) -> Iterator[Unusable]:
    told = stock_of.keys() | {error.product_code for error in stocks.malformed}
    for item in items.found:
        if item.product_code not in told:
            record = f"stock of {item.warehouse_code}/{item.product_code}"
            yield Unusable(record=record, problem="there is no such record.")


def _raise_if_loading(entry: Entry | None) -> None:
    """Refuse a warehouse whose records may be half of one load and half of another."""
    if entry is not None and entry.loading is not None:
        message = (
            f"Warehouse {entry.warehouse_code!r} is being loaded, or a load of it was cut short ({entry.loading})."
        )
        hint = "Try again when the load has ended. If none is running, repeat it: tool-executor inventory load."
        raise BeingLoaded(message, pointer="/warehouse_code", hint=hint)
