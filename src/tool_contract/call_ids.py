"""The names of a request's calls: given, or by position."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def call_ids(given: Sequence[str | None]) -> Iterator[str]:
    """Yield an id per call: the given one, else ``c1``, ``c2`` … by position, as far as that is free."""
    taken = set(given)
    for position, call_id in enumerate(given, start=1):
        if call_id is not None:
            yield call_id
            continue
        name = f"c{position}"
        while name in taken:
            name += "_"
        taken.add(name)
        yield name
