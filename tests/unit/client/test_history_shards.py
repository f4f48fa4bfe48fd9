"""Lists that lie in several shards read as if they lay in one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.client.history_rows import HistoryRows, history_rows
from tool_contract.shards import day_key, open_key, shard_of, tool_day
from tool_executor.history import Among, History
from tool_executor.history_statistics import HistoryStatistics

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY = "2026-11-20"
SHARDS = 5
ROWS = 60


@pytest.fixture(scope="module")
def rows() -> Iterator[HistoryRows]:
    """Sixty executions of a call each, a second apart; the first half written when there was one shard."""
    with history_rows() as table:
        for number in range(ROWS):
            shards = 1 if number < ROWS // 2 else SHARDS
            write(table, number, shards)
        yield replace(table, shards=SHARDS)


def write(table: HistoryRows, number: int, shards: int) -> None:
    name, at = f"execution-{number}", f"{DAY}T10:00:{number:02d}.000Z"
    shard = shard_of(name, shards)
    own: dict[str, Any] = {"day": day_key(DAY, shard), "open": open_key(shard), "deadline": at.replace("T10", "T11")}
    table.execution(name, started_at=at, **own)
    status = "failed" if number % 10 == 0 else "success"
    row = {"call_id": "c1", "position": 0, "started_at": at, "status": status, "tool_name": "echo", "attempts": 1}
    frame = {"correlation_id": name, "execution_time_ms": 10.0, "result": "1"}
    table.put(execution_id=name, tool_day=tool_day("echo", DAY, shard), **row, **frame)


def numbers(records: list[dict[str, Any]]) -> list[int]:
    return [int(record["execution_id"].split("-")[1]) for record in records]


@pytest.mark.parametrize("limit", [1, 7, 45, ROWS, 1000, None])
def test_lists_by_tool_and_by_day_are_newest_first(rows: HistoryRows, limit: int | None) -> None:
    history, newest = History.of(rows.aws, rows.deployment), list(range(ROWS))[::-1][:limit]

    assert numbers(history.by_tool("echo", DAY, limit)) == newest
    assert numbers(history.by_day(DAY, limit)) == newest


def test_what_is_open_comes_with_the_nearest_deadline_first(rows: HistoryRows) -> None:
    assert numbers(History.of(rows.aws, rows.deployment).open_executions(40)) == list(range(40))


def test_a_filter_leaves_out_rows_of_every_shard(rows: HistoryRows) -> None:
    found = History.of(rows.aws, rows.deployment).by_tool("echo", DAY, 4, Among(status="failed"))

    assert numbers(found) == [50, 40, 30, 20]


def test_pages_of_a_shard_follow_one_another(rows: HistoryRows) -> None:
    """All rows in one of many shards: the others are empty, and its pages are small."""
    crowded = replace(rows, shards=40)

    assert len(History.of(crowded.aws, crowded.deployment).by_tool("echo", DAY, None)) == ROWS


def test_a_number_that_has_grown_loses_no_row_and_a_smaller_one_would(rows: HistoryRows) -> None:
    fewer = replace(rows, shards=1)

    assert len(History.of(fewer.aws, fewer.deployment).by_day(DAY, None)) < ROWS
    assert len(History.of(rows.aws, rows.deployment).by_day(DAY, None)) == ROWS


def test_figures_are_of_all_shards(rows: HistoryRows) -> None:
    figures = HistoryStatistics(rows.aws, rows.deployment).query("echo", until=_end())

    assert figures["overall"].total_executions == ROWS


def _end() -> Any:

    return datetime(2026, 11, 20, 23, tzinfo=UTC)
