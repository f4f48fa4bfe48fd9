"""What a modelled DynamoDB holds, and what each key of it takes. Pure: no time passes here."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from bench.simulation.dynamodb_rows import WRITE_BYTES, Row, write_units
from bench.simulation.dynamodb_units import Consumption, Resource
from bench.simulation.expressions import Item, Names, Values, condition, plain
from tool_contract.envelope import OPEN_STATUSES
from tool_contract.record import INDEX_OPEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_READ_BYTES: Final = 4096
_ENTRY_BYTES: Final = 100
#: With its entry's own bytes an item of this size takes one write unit of an index.
_ONE_UNIT_BYTES: Final = WRITE_BYTES - _ENTRY_BYTES
_KEY: Final = re.compile(r"\s*\S+ = (:\w+)")
#: Which indexes anybody in a simulation asks: the others are only paid for.
_ASKED: Final = {INDEX_OPEN}
Key = tuple[str, str]
#: What a write takes: of which table or index, of which key, how many units.
Need = tuple[Resource, str, int]


@dataclass(slots=True)
class Index:
    """An index: its keys, what it shows, and its entries if anybody asks for them."""

    name: str
    key: str
    sort: str
    shown: frozenset[str]
    resource: Resource
    entries: dict[str, dict[Key, Row]] = field(default_factory=dict)

    def needs(self, old: Row | None, new: Row, touched: Iterable[str], size: int) -> list[Need]:
        """Return the write units of a change of some attributes; neither item is larger than ``size``."""
        before = old[self.key]["S"] if old is not None and self.key in old else None
        after = new[self.key]["S"] if self.key in new else None
        if before == after:
            if after is None or (old is not None and not self._shows(old, new, touched)):
                return []
            return [(self.resource, after, self._units(new, size))]
        taken = [(self.resource, before, self._units(old, size))] if before is not None and old is not None else []
        return [*taken, (self.resource, after, self._units(new, size))] if after is not None else taken

    def keep(self, key: Key, old: Row | None, new: Row) -> None:
        """Write a change into the entries."""
        if self.name not in _ASKED:
            return
        if old is not None and self.key in old:
            self.entries.get(old[self.key]["S"], {}).pop(key, None)
        if self.key in new:
            self.entries.setdefault(new[self.key]["S"], {})[key] = new

    def _shows(self, old: Row, new: Row, touched: Iterable[str]) -> bool:
        return any(name in self.shown and old.get(name) != new.get(name) for name in touched)

    def _units(self, item: Row, size: int) -> int:
        # What the whole item keeps below is not worth the counting.
        return 1 if size <= _ONE_UNIT_BYTES else write_units(item.size_of(self.shown) + _ENTRY_BYTES)


@dataclass(slots=True)
class Table:
    """A table with its indexes."""

    name: str
    partition: str
    sort: str | None
    indexes: tuple[Index, ...]
    resource: Resource
    taken: Consumption
    items: dict[str, dict[str, Row]] = field(default_factory=dict)

    def key_of(self, key: Mapping[str, Any]) -> Key:
        """Return an item's key."""
        return key[self.partition]["S"], key[self.sort]["S"] if self.sort else ""

    def get(self, key: Key) -> Row | None:
        """Return an item."""
        rows = self.items.get(key[0])
        return None if rows is None else rows.get(key[1])

    def need(self, key: Key, old: Row | None, new: Row, touched: Iterable[str], *, twice: bool = False) -> list[Need]:
        """Return what a write needs that touches some attributes. A transaction takes twice of the table itself."""
        size = new.size if old is None or old.size < new.size else old.size
        needed = [(self.resource, key[0], write_units(size) * (2 if twice else 1))]
        for index in self.indexes:
            if (old is not None and index.key in old) or index.key in new:
                needed += index.needs(old, new, touched, size)
        return needed

    def put(self, key: Key, old: Row | None, new: Row) -> None:
        """Write an item."""
        if old is not None and _has_ended(old) and old["status"] != new.get("status"):
            self.taken.rewritten_ends += 1
        rows = self.items.get(key[0])
        if rows is None:
            rows = self.items[key[0]] = {}
        rows[key[1]] = new
        for index in self.indexes:
            index.keep(key, old, new)

    def drop(self, partition: str) -> dict[str, Row]:
        """Forget the items of a partition key, and return them."""
        return self.items.pop(partition, {})

    def found(self, expression: str, names: Names, values: Values, index: str | None) -> Iterator[Row]:
        """Yield what a query finds, in the order of its sort key."""
        match = _KEY.match(expression)
        if match is None:
            raise SyntaxError(expression)
        holds, key = condition(expression), values[match[1]]["S"]
        if index is None:
            rows = self.items.get(key, {})
            yield from (rows[sort] for sort in sorted(rows) if holds(rows[sort], names, values))
            return
        asked = next(each for each in self.indexes if each.name == index)
        entries = asked.entries.get(key, {}).values()
        yield from sorted(
            (entry for entry in entries if holds(entry, names, values)), key=lambda entry: str(plain(entry[asked.sort]))
        )

    def reads(self, items: Iterable[Row], *, consistent: bool) -> float:
        """Return the read units of items, and note them."""
        size = sum(item.size for item in items)
        units = max(1, math.ceil(size / _READ_BYTES)) * (1.0 if consistent else 0.5)
        self.taken.reads[self.name] += round(units * 2)
        return units


def _has_ended(item: Item) -> bool:
    status = item.get("status")
    return status is not None and "open" not in item and status["S"] not in OPEN_STATUSES
