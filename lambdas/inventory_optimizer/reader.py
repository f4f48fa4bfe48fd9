"""Where the tools' data comes from: a Protocol, and the one place that says which reader is used."""

from __future__ import annotations

import os
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from inventory_data import InventoryDataError, TableNames
from tool_contract.errors import ToolFailed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inventory_data import DemandYear, Item, MalformedRecordError, Stock, Warehouse

RecordT = TypeVar("RecordT")


@dataclass(frozen=True, slots=True)
class Records(Generic[RecordT]):
    """What a read found, and what it found but could not use."""

    found: tuple[RecordT, ...]
    malformed: tuple[MalformedRecordError, ...] = ()


class InventoryReader(Protocol):
    """Reads the inventory tables. ``product_codes`` None means all products of the warehouse.

    Unknown codes are simply not among the records. Raises ``Unavailable`` when the store does not answer.
    """

    def warehouse(self, warehouse_code: str) -> Warehouse | None:
        """Return a warehouse's entry in the list of warehouses, as it stands at this moment."""
        ...

    def warehouse_codes(self) -> list[str]:
        """Return the codes of all warehouses."""
        ...

    def product_codes(self, warehouse_code: str) -> list[str]:
        """Return the codes of a warehouse's products."""
        ...

    def items(self, warehouse_code: str, product_codes: Sequence[str] | None) -> Records[Item]:
        """Return the items of a warehouse."""
        ...

    def stock(self, warehouse_code: str, product_codes: Sequence[str] | None) -> Records[Stock]:
        """Return the stock records of a warehouse."""
        ...

    def demand(self, warehouse_code: str, product_codes: Sequence[str], years: Sequence[int]) -> Records[DemandYear]:
        """Return the demand of the products in these calendar years."""
        ...


_chosen: ContextVar[InventoryReader | None] = ContextVar("inventory_reader", default=None)


def current_reader() -> InventoryReader:
    """Return the reader that is in use: the one of :func:`use_reader`, else the function's own tables."""
    return _chosen.get() or _from_environment()


@contextmanager
def use_reader(reader: InventoryReader) -> Iterator[None]:
    """Make the tools read from ``reader`` inside the block."""
    token = _chosen.set(reader)
    try:
        yield
    finally:
        _chosen.reset(token)


@lru_cache(maxsize=1)
def _from_environment() -> InventoryReader:
    # boto3 costs more than all the mathematics: only what reads DynamoDB imports it.
    from lambdas.inventory_optimizer.dynamodb_reader import DynamoDBReader  # noqa: PLC0415
    from lambdas.runtime import aws_clients  # noqa: PLC0415

    try:
        tables = TableNames.from_environment(os.environ)
    except InventoryDataError as error:
        raise ToolFailed(str(error), retryable=False) from None
    return DynamoDBReader(aws_clients.dynamodb(), tables)
