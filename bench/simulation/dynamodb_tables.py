"""What a modelled DynamoDB holds, and what each key of it takes. Pure: no time passes here."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from bench.simulation.expressions import Item, Names, Values, condition, plain
from bench.simulation.virtual_time import Bucket
from tool_contract.envelope import OPEN_STATUSES
from tool_contract.record import INDEX_OPEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: What one partition takes in a second (docs/scaling.md has the sources).
PARTITION_WRITE_UNITS: Final = 1_000
PARTITION_READ_UNITS: Final = 3_000
_WRITE_BYTES: Final = 1024
_READ_BYTES: Final = 4096
_ENTRY_BYTES: Final = 100
_KEY: Final = re.compile(r"\s*\S+ = (:\w+)")
#: Which indexes anybody in a simulation asks: the others are only paid for.
_ASKED: Final = {INDEX_OPEN}
Key = tuple[str, str]


class Throttled(Exception):
    """A key, or the table, has no units left for a write."""


@dataclass(slots=True)
class Consumption:
    """Units taken and refused: by resource (a table, or table/index), and by key of those that many write to."""

    writes: Counter[str] = field(default_factory=Counter)
    reads: Counter[str] = field(default_factory=Counter)
    throttled: Counter[str] = field(default_factory=Counter)
    hot: Counter[str] = field(default_factory=Counter)
    conflicts: int = 0
    refused_after_retries: int = 0
    rewritten_ends: int = 0


@dataclass(slots=True)
class Index:
    """An index: its keys, what it shows, and its entries if anybody asks for them."""

    name: str
    key: str
    sort: str
    shown: frozenset[str]
    entries: dict[str, dict[Key, Item]] = field(default_factory=dict)

    def units(self, old: Item | None, new: Item, size: int) -> list[tuple[str, int]]:
        """Return the write units of a change, by key of the index; neither item is larger than ``size``."""
        before = old[self.key]["S"] if old and self.key in old else None
        after = new[self.key]["S"] if self.key in new else None
        if before == after:
            if after is None or (old is not None and all(old.get(name) == new.get(name) for name in self.shown)):
                return []
            return [(after, self._units(new, size))]
        taken = [(before, self._units(old, size))] if before is not None and old is not None else []
        return [*taken, (after, self._units(new, size))] if after is not None else taken

    def keep(self, key: Key, old: Item | None, new: Item) -> None:
        """Write a change into the entries."""
        if self.name not in _ASKED:
            return
        if old and self.key in old:
            self.entries.get(old[self.key]["S"], {}).pop(key, None)
        if self.key in new:
            self.entries.setdefault(new[self.key]["S"], {})[key] = new

    def _units(self, item: Item, size: int) -> int:
        # What the whole item keeps below is not worth the counting.
        return 1 if size + _ENTRY_BYTES <= _WRITE_BYTES else write_units(size_of(item, self.shown) + _ENTRY_BYTES)


@dataclass(slots=True)
class Table:
    """A table with its indexes. ``quota``: the write units a second that the table and each index may take."""

    name: str
    partition: str
    sort: str | None
    indexes: tuple[Index, ...]
    quota: float
    taken: Consumption
    items: dict[str, dict[str, Item]] = field(default_factory=dict)
    _buckets: dict[str, Bucket] = field(default_factory=dict)

    def key_of(self, key: Mapping[str, Any]) -> Key:
        """Return an item's key."""
        return key[self.partition]["S"], key[self.sort]["S"] if self.sort else ""

    def get(self, key: Key) -> Item | None:
        """Return an item."""
        return self.items.get(key[0], {}).get(key[1])

    def need(self, key: Key, old: Item | None, new: Item, *, twice: bool = False) -> list[tuple[str, str, int]]:
        """Return what a write needs: resource, key, units. A transaction takes twice of the table itself."""
        size = max(size_of(new), size_of(old))
        needed = [(self.name, key[0], write_units(size) * (2 if twice else 1))]
        for index in self.indexes:
            needed += [(f"{self.name}/{index.name}", name, number) for name, number in index.units(old, new, size)]
        return needed

    def require(self, needed: list[tuple[str, str, int]], now: float) -> None:
        """Take the units of a write. Raises Throttled where one key has too few: then the others give theirs back."""
        taken: list[tuple[Bucket, int]] = []
        for resource, key, units in needed:
            for bucket in self._buckets_of(resource, key):
                if not bucket.take(units, now):
                    for other, given in taken:
                        other.level += given
                    self.taken.throttled[resource] += 1
                    raise Throttled(f"{resource} {key}")
                taken.append((bucket, units))
        for resource, key, units in needed:
            self.taken.writes[resource] += units
            if is_shared(resource, key):
                self.taken.hot[f"{resource} {key}"] += units

    def put(self, key: Key, old: Item | None, new: Item) -> None:
        """Write an item."""
        if old is not None and _has_ended(old) and old["status"] != new.get("status"):
            self.taken.rewritten_ends += 1
        self.items.setdefault(key[0], {})[key[1]] = new
        for index in self.indexes:
            index.keep(key, old, new)

    def drop(self, partition: str) -> dict[str, Item]:
        """Forget the items of a partition key, and return them."""
        return self.items.pop(partition, {})

    def found(self, expression: str, names: Names, values: Values, index: str | None) -> Iterator[Item]:
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

    def reads(self, items: list[Item], *, consistent: bool) -> float:
        """Return the read units of items, and note them."""
        units = max(1, math.ceil(sum(map(size_of, items)) / _READ_BYTES)) * (1.0 if consistent else 0.5)
        self.taken.reads[self.name] += round(units * 2)
        return units

    def _buckets_of(self, resource: str, key: str) -> Iterator[Bucket]:
        yield self._bucket(resource, self.quota)
        if is_shared(resource, key):
            yield self._bucket(f"{resource} {key}", PARTITION_WRITE_UNITS)

    def _bucket(self, name: str, rate: float) -> Bucket:
        found = self._buckets.get(name)
        if found is None:
            found = self._buckets[name] = Bucket(rate)
        return found


def is_shared(resource: str, key: str) -> bool:
    """Whether more than one execution writes to a key: what one writes to is never hot, and too many to keep apart."""
    if resource == "history":
        return key.startswith("#")
    return resource != "history/by-correlation" or not key.startswith("run-")


def size_of(item: Item | None, names: frozenset[str] | None = None) -> int:
    """Return an item's bytes, names included, as DynamoDB counts them; of some attributes only, if named."""
    if item is None:
        return 0
    size = 0
    for name, attribute in item.items():
        if names is None or name in names:
            text = attribute.get("S")
            size += len(name) + (_value_size(attribute) if text is None else len(text))
    return size


def write_units(size: int) -> int:
    """Return the units of writing so many bytes."""
    return max(1, -(-size // _WRITE_BYTES))


def _value_size(attribute: Mapping[str, Any]) -> int:
    for kind, value in attribute.items():
        if kind == "S":
            return len(value)
        if kind == "N":
            return len(value) // 2 + 1
        if kind == "M":
            return 3 + size_of(value)
        if kind == "L":
            return 3 + sum(1 + _value_size(each) for each in value)
    return 1


def _has_ended(item: Item) -> bool:
    status = item.get("status")
    return status is not None and "open" not in item and status["S"] not in OPEN_STATUSES
