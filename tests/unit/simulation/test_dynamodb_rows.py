"""Sizes and units of the modelled DynamoDB."""

from __future__ import annotations

from typing import Any

import pytest

from bench.simulation.dynamodb_rows import Row, write_units
from bench.simulation.dynamodb_units import PARTITION_WRITE_UNITS, Consumption, Resource, Throttled

ITEM: dict[str, Any] = {
    "id": {"S": "abc"},
    "count": {"N": "12"},
    "on": {"BOOL": True},
    "tally": {"M": {"calls": {"N": "3"}, "names": {"L": [{"S": "one"}, {"S": "two"}]}}},
}


def test_an_items_size_is_that_of_names_and_values() -> None:
    assert Row.of({"id": {"S": "abc"}, "count": {"N": "12"}, "on": {"BOOL": True}}).size == (2 + 3) + (5 + 2) + (2 + 1)


@pytest.mark.parametrize(
    "change",
    [{"id": {"S": "longer text"}}, {"count": None}, {"more": {"S": "x" * 50}}, {"tally": {"M": {}}, "on": {"S": ""}}],
)
def test_an_update_that_measures_its_changes_alone_comes_to_the_size_of_the_whole(change: dict[str, Any]) -> None:
    old, new = Row.of(ITEM), Row(ITEM)
    for name, attribute in change.items():
        if attribute is None:
            del new[name]
        else:
            new[name] = attribute

    new.measured(old, change)

    assert new.size == Row.of(new).size


def test_a_write_unit_begins_with_each_kilobyte() -> None:
    assert [write_units(size) for size in (0, 1024, 1025, 4096)] == [1, 1, 2, 4]


def test_a_shared_key_takes_no_more_than_a_partition_gives() -> None:
    taken, index = Consumption(), Resource("history/by-tool", 40_000)
    taken.require([(index, "work#day#0", PARTITION_WRITE_UNITS)], 0.0)

    with pytest.raises(Throttled):
        taken.require([(index, "work#day#0", 1)], 0.0)
    taken.require([(index, "work#day#1", 1)], 0.0)

    assert taken.throttled == {"history/by-tool": 1}
    assert taken.hot["history/by-tool", "work#day#0"] == PARTITION_WRITE_UNITS


def test_what_is_refused_gives_back_what_the_others_gave() -> None:
    taken, table, index = Consumption(), Resource("history", 100), Resource("history/by-tool", 10)

    with pytest.raises(Throttled):
        taken.require([(table, "run-1", 100), (index, "work#day#0", 11)], 0.0)
    taken.require([(table, "run-1", 100)], 0.0)

    assert taken.writes == {"history": 100}


def test_an_executions_own_key_is_not_kept_apart() -> None:
    table = Resource("history", 40_000)

    table.buckets("run-1")

    assert table.shared == {}
