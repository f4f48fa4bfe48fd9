"""DynamoDB: what a request costs on AWS does not grow with the table; moto copies, walks and sorts all of it."""

from __future__ import annotations

import copy
import threading
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import moto.dynamodb.models
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

from tool_executor.local.moto_patches.correction import Correction

if TYPE_CHECKING:
    from collections.abc import Iterator

_original_transact = DynamoDBBackend.transact_write_items
_original_query = Table.query
#: Where a query's index stands among its arguments after the key.
_INDEX_NAME: Final = 6


class _Transaction(threading.local):
    """The keys that this thread's transaction writes to, by table."""

    def __init__(self) -> None:
        self.keys: dict[str, list[dict[str, Any]]] = {}


_TRANSACTION: Final = _Transaction()


class _Copies:
    """Stands for the module ``copy`` where moto backs up the tables of a transaction."""

    copy = staticmethod(copy.copy)

    @staticmethod
    def deepcopy(value: Any, memo: dict[int, Any] | None = None) -> Any:  # noqa: ANN401 - any value
        if isinstance(value, Table) and value.name in _TRANSACTION.keys and value.range_key_attr:
            return _with_copied_items(value, _TRANSACTION.keys[value.name])
        return copy.deepcopy(value, memo)


def _with_copied_items(table: Table, keys: list[dict[str, Any]]) -> Table:
    """Return the table as it is now, however those of its items change that a transaction writes to."""
    before = copy.copy(table)
    before.items = defaultdict(dict, table.items)
    range_key = str(table.range_key_attr)
    for key in keys:
        partition, place = DynamoType(key[table.hash_key_attr]), DynamoType(key[range_key])
        if partition in table.items:
            before.items[partition] = dict(before.items[partition])
            if place in before.items[partition]:
                before.items[partition][place] = copy.deepcopy(before.items[partition][place])
    return before


def _transact_write_items(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    _TRANSACTION.keys = {}
    for operation in (each for item in transact_items for each in item.values()):
        # moto itself refuses an operation that lacks them.
        if "TableName" in operation and ("Key" in operation or "Item" in operation):
            key = operation["Key"] if "Key" in operation else operation["Item"]
            _TRANSACTION.keys.setdefault(operation["TableName"], []).append(key)
    try:
        _original_transact(self, transact_items)
    finally:
        _TRANSACTION.keys = {}


def _query(self: Table, hash_key: DynamoType | None, *asked: Any, **named: Any) -> Any:  # noqa: ANN401 - moto's
    index_name = asked[_INDEX_NAME] if len(asked) > _INDEX_NAME else named.get("index_name")
    conditions = named.get("hash_key_conditions") if index_name else None
    if not self.range_key_attr or (index_name and not conditions):
        return _original_query(self, hash_key, *asked, **named)
    narrow = copy.copy(self)
    narrow.items = defaultdict(dict, _candidates(self, hash_key, conditions))
    return _original_query(narrow, hash_key, *asked, **named)


def _candidates(
    table: Table, hash_key: DynamoType | None, conditions: list[tuple[str, DynamoType]] | None
) -> Iterator[tuple[DynamoType, dict[DynamoType, Any]]]:
    """Yield the partitions that a query may find anything in, without what an index's key rules out."""
    if not conditions:
        if hash_key is not None and hash_key in table.items:
            yield hash_key, table.items[hash_key]
        return
    name, value = conditions[0]
    for partition, items in table.items.items():
        found = {place: item for place, item in items.items() if name in item.attrs and item.attrs[name] == value}
        if found:
            yield partition, found


def corrections() -> list[Correction]:
    """The corrections of this module."""
    return [
        Correction(moto.dynamodb.models, "copy", _Copies, "a transaction copies each of its tables whole"),
        Correction(
            DynamoDBBackend,
            "transact_write_items",
            _transact_write_items,
            "tells the above which items a transaction writes to",
        ),
        Correction(Table, "query", _query, "a query of one partition walks and sorts the whole table"),
    ]
