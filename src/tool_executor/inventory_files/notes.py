"""What whoever loads should know of files that are right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tool_contract.problems import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tool_executor.inventory_files.inventory import Inventory, WarehouseFiles

_NAMED: Final = 3
_MOST_FILES: Final = 10


@dataclass(frozen=True, slots=True)
class Note:
    """Something that is not wrong. ``pointer`` names the file; "" is the whole folder."""

    pointer: str
    message: str


def notes_of(inventory: Inventory) -> Iterator[Note]:
    """Yield the notes: of files that nothing was read from, then warehouse by warehouse."""
    for name in inventory.other_files[:_MOST_FILES]:
        yield Note("", f"{shortened(name)} is none of the files that are loaded, and was not read.")
    for warehouse in inventory.by_warehouse():
        yield from _of_records(warehouse)
        yield from _of_history(warehouse)


def _of_records(warehouse: WarehouseFiles) -> Iterator[Note]:
    code, as_of = warehouse.warehouse_code, warehouse.as_of
    untold = [item.product_code for item in warehouse.items if item.currency is None]
    if 0 < len(untold) < len(warehouse.items):
        yield Note("/items.csv", f"{code}: no currency is told of {products_named(untold)}, and one of others.")
    stale = [record.product_code for record in warehouse.stock if record.as_of != as_of]
    if stale:
        yield Note("/stock.csv", f"{code}: the stock is of {as_of}, but older of {products_named(stale)}.")


def _of_history(warehouse: WarehouseFiles) -> Iterator[Note]:
    code, as_of = warehouse.warehouse_code, warehouse.as_of
    without = [item.product_code for item in warehouse.items if item.product_code not in warehouse.histories]
    if without:
        yield Note("/history.csv", f"{code}: there is no history of {products_named(without)}.")
    filled = sum(one.filled for one in warehouse.histories.values())
    if filled:
        yield Note("/history.csv", f"{code}: {filled:,} days have no row, and count as demand 0.")
    early = [product for product, one in warehouse.histories.items() if one.end < as_of]
    if early:
        message = (
            f"{code}: the history of {products_named(early)} ends before {as_of}; the days since count as unknown, not"
            " as 0. Where the file leaves out days without demand, load it with --sparse."
        )
        yield Note("/history.csv", message)


def products_named(codes: Sequence[str]) -> str:
    """Name a few products, or say how many there are and name the first."""
    named = ", ".join(codes[:_NAMED])
    return f"{len(codes):,} products ({named}, …)" if len(codes) > _NAMED else named
