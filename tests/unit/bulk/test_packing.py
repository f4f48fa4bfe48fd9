"""Batches: nothing is lost, the order is kept, no limit is passed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tool_executor.bulk.checking import Weight
from tool_executor.bulk.packing import Limits, Packer

LIMITS = Limits(calls=5, bytes=100, plan_bytes=80, events=60)
SIZES = st.lists(st.tuples(*(st.integers(1, 120) for _ in range(3))))


@dataclass(frozen=True)
class Item:
    number: int
    size: int
    weight: Weight


def packed(sizes: list[tuple[int, int, int]], limits: Limits = LIMITS) -> list[list[Item]]:
    packer: Packer[Item] = Packer(limits)
    items = [Item(number, size, Weight(plan, events)) for number, (size, plan, events) in enumerate(sizes)]
    return [batch for batch in (*map(packer.add, items), packer.rest()) if batch]


@given(SIZES)
def test_every_item_is_in_one_batch_and_in_its_place(sizes: list[tuple[int, int, int]]) -> None:
    assert [item.number for batch in packed(sizes) for item in batch] == list(range(len(sizes)))


@given(SIZES)
def test_no_batch_passes_a_limit_but_one_item_that_is_larger_itself(sizes: list[tuple[int, int, int]]) -> None:
    for batch in packed(sizes):
        assert len(batch) == 1 or (
            len(batch) <= LIMITS.calls
            and sum(item.size + 1 for item in batch) <= LIMITS.bytes
            and sum(item.weight.plan_bytes for item in batch) <= LIMITS.plan_bytes
            and sum(item.weight.events for item in batch) <= LIMITS.events
        )


@given(SIZES)
def test_no_batch_is_closed_that_the_next_item_would_have_fitted_into(sizes: list[tuple[int, int, int]]) -> None:
    batches = packed(sizes)
    for batch, following in pairwise(batches):
        both = [*batch, following[0]]
        assert (
            len(both) > LIMITS.calls
            or sum(item.size + 1 for item in both) > LIMITS.bytes
            or sum(item.weight.plan_bytes for item in both) > LIMITS.plan_bytes
            or sum(item.weight.events for item in both) > LIMITS.events
        )


def test_equal_calls_make_full_batches() -> None:
    assert [len(batch) for batch in packed([(1, 1, 1)] * 12)] == [5, 5, 2]
