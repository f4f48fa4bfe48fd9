"""Packs calls into batches, in order, each within the limits of an execution. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from tool_contract.limits import MAX_HISTORY_EVENTS, MAX_PLAN_BYTES, MAX_REQUEST_BYTES

if TYPE_CHECKING:
    from tool_executor.bulk.checking import Weight

#: A batch's request beside its calls, a plan beside its calls, an execution's events beside its calls': more than any
#: has.
FRAME_BYTES: Final = 600
FRAME_PLAN_BYTES: Final = 4_000
FRAME_EVENTS: Final = 50


class Packable(Protocol):
    """What a batch is made of."""

    @property
    def size(self) -> int:
        """Bytes of JSON."""

    @property
    def weight(self) -> Weight:
        """What it takes of a plan and of a history."""


_Item = TypeVar("_Item", bound=Packable)
_COMMA: Final = 1


@dataclass(frozen=True, slots=True)
class Limits:
    """What a batch may hold. One call that is larger than ``bytes`` makes a batch by itself, which rides in S3."""

    calls: int
    bytes: int = MAX_REQUEST_BYTES - FRAME_BYTES
    plan_bytes: int = MAX_PLAN_BYTES - FRAME_PLAN_BYTES
    events: int = MAX_HISTORY_EVENTS - FRAME_EVENTS


class Packer(Generic[_Item]):
    """Takes items one after another, and gives out each batch as the next item does not fit into it any more."""

    def __init__(self, limits: Limits) -> None:
        """Begin with an empty batch."""
        self._limits = limits
        self._items: list[_Item] = []
        self._bytes = self._plan_bytes = self._events = 0

    def add(self, item: _Item) -> list[_Item]:
        """Take an item; return the batch before it if that is full, else nothing."""
        full = [] if self._fits(item) else self.rest()
        self._items.append(item)
        self._bytes += item.size + _COMMA
        self._plan_bytes += item.weight.plan_bytes
        self._events += item.weight.events
        return full

    def rest(self) -> list[_Item]:
        """Return what is left, and begin anew."""
        items, self._items = self._items, []
        self._bytes = self._plan_bytes = self._events = 0
        return items

    def _fits(self, item: _Item) -> bool:
        limits = self._limits
        return not self._items or (
            len(self._items) < limits.calls
            and self._bytes + item.size + _COMMA <= limits.bytes
            and self._plan_bytes + item.weight.plan_bytes <= limits.plan_bytes
            and self._events + item.weight.events <= limits.events
        )
