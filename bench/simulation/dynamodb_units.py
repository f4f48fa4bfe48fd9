"""Units that a modelled DynamoDB gives: what a table or an index takes, and each key of them that many write to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bench.simulation.virtual_time import Bucket

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What one partition takes in a second (docs/scaling.md has the sources).
PARTITION_WRITE_UNITS: Final = 1_000


class Throttled(Exception):
    """A key, or the table, has no units left for a write."""


@dataclass(slots=True)
class Consumption:
    """Units taken and refused by resource (a table, or table/index), and what else is counted of a DynamoDB."""

    writes: Counter[str] = field(default_factory=Counter)
    reads: Counter[str] = field(default_factory=Counter)
    throttled: Counter[str] = field(default_factory=Counter)
    #: Write units by resource and key, of keys that more than one execution writes to.
    hot: Counter[tuple[str, str]] = field(default_factory=Counter)
    conflicts: int = 0
    refused_after_retries: int = 0
    rewritten_ends: int = 0

    def require(self, needed: Iterable[tuple[Resource, str, int]], now: float) -> None:
        """Take the units of a write. Raises Throttled where one key has too few: then the others give theirs back."""
        taken: list[tuple[Bucket, int]] = []
        for resource, key, units in needed:
            for bucket in resource.buckets(key):
                if not bucket.take(units, now):
                    for other, given in taken:
                        other.level += given
                    self.throttled[resource.name] += 1
                    raise Throttled(f"{resource.name} {key}")
                taken.append((bucket, units))
        for resource, key, units in needed:
            self.writes[resource.name] += units
            if key in resource.shared:
                self.hot[resource.name, key] += units


class Resource:
    """A table or an index: its own units, and those of each key that more than one execution writes to.

    What one execution alone writes to is never hot, and too many to keep apart.
    """

    __slots__ = ("_alone", "name", "shared")

    def __init__(self, name: str, quota: float) -> None:
        self.name = name
        self._alone = (Bucket(quota),)
        self.shared: dict[str, tuple[Bucket, ...]] = {}

    def buckets(self, key: str) -> tuple[Bucket, ...]:
        """Return what a write to a key takes from."""
        found = self.shared.get(key)
        if found is not None:
            return found
        if not self._is_shared(key):
            return self._alone
        found = self.shared[key] = (*self._alone, Bucket(PARTITION_WRITE_UNITS))
        return found

    def _is_shared(self, key: str) -> bool:
        if self.name == "history":
            return key.startswith("#")
        return self.name != "history/by-correlation" or not key.startswith("run-")
