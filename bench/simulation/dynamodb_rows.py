"""An item of a modelled DynamoDB, which knows how many bytes it has: an update measures what it changes alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

#: What one write unit writes.
WRITE_BYTES: Final = 1024


class Row(dict[str, Any]):
    """An item as it was written. Its attributes are not changed after; ``size`` is its bytes, names included."""

    __slots__ = ("size",)

    size: int

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        """Return an item as a row."""
        made = cls(item)
        size = 0
        for name, attribute in item.items():
            size += _size(name, attribute)
        made.size = size
        return made

    def measured(self, old: Row | None, touched: Iterable[str]) -> None:
        """Set the size of what an update made of an old row; it touched these attributes."""
        if old is None:
            self.size = self.size_of(self)
            return
        size = old.size
        for name in touched:
            before, after = old.get(name), self.get(name)
            if before is not after:
                size += _size(name, after) - _size(name, before)
        self.size = size

    def size_of(self, names: Container[str]) -> int:
        """Return the bytes of some attributes, as DynamoDB counts them."""
        size = 0
        for name, attribute in self.items():
            if name in names:
                size += _size(name, attribute)
        return size


def write_units(size: int) -> int:
    """Return the units of writing so many bytes."""
    return 1 if size <= WRITE_BYTES else -(-size // WRITE_BYTES)


def _size(name: str, attribute: Mapping[str, Any] | None) -> int:
    if attribute is None:
        return 0
    text = attribute.get("S")
    return len(name) + (_value_size(attribute) if text is None else len(text))


def _value_size(attribute: Mapping[str, Any]) -> int:
    for kind, value in attribute.items():
        if kind == "S":
            return len(value)
        if kind == "N":
            return len(value) // 2 + 1
        if kind == "M":
            return 3 + sum(_size(name, each) for name, each in value.items())
        if kind == "L":
            return 3 + sum(1 + _value_size(each) for each in value)
    return 1
