"""Figures of whole hours come from totals, those at the edges from rows: together they are those of all rows."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.finisher.counted_end import CountedEnd
from tests.unit.client.history_rows import HistoryRows, history_rows
from tool_contract.call_totals import TIME_ERROR, CallTotals
from tool_contract.hourly_totals import SINCE_KEY
from tool_contract.record import EXECUTION_CALL_ID
from tool_executor import history_statistics
from tool_executor.errors import InvalidRequestError
from tool_executor.history_statistics import RECORDS_LAST, HistoryStatistics, Window

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
SINCE = "2026-11-19T06"
SHARDS = 3
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def rows() -> Iterator[HistoryRows]:
    with history_rows() as table:
        table.put(**SINCE_KEY, since=SINCE)
        yield HistoryRows(table.aws, table.table, shards=SHARDS)


@pytest.fixture
def tool() -> str:
    return f"counted_{next(_numbers)}"


def ended(rows: HistoryRows, tool: str, at: datetime, *, counted: bool = True, **call: Any) -> None:
    """Write an execution of one call, and end it as the finisher does."""
    name, began = f"hourly-{next(_numbers)}", at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    row = {"asked_for": tool, "tool_name": tool, "started_at": began, **call}
    rows.call(name, **row)
    rows.execution(name, started_at=began, open="0", deadline=began)
    if counted:
        own = {"execution_id": name, "call_id": EXECUTION_CALL_ID, "started_at": began}
        record = {"status": "success", "attempts": 1, "execution_time_ms": 10.0, **row}
        end = CountedEnd(rows.table, rows.aws.dynamodb, SHARDS)
        assert end.end(own, {"status": "succeeded"}, {tool: CallTotals.of([record])})


def figures(rows: HistoryRows, tool: str, **window: Any) -> Any:
    return HistoryStatistics(rows.aws, rows.deployment).query(tool, now=NOW, **window)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_they_are_those_of_all_rows_whatever_the_window(rows: HistoryRows, tool: str) -> None:
    draw = random.Random(4711)  # noqa: S311 - cases, no secret
    calls = []
    for _ in range(120):
        began = at(19, 0) + timedelta(minutes=draw.randrange(0, 60 * 39))
        call = {
            "status": draw.choice(["success", "success", "failed", "timeout", "skipped"]),
            "attempts": draw.randint(0, 3),
            "execution_time_ms": round(draw.lognormvariate(6, 1.5), 3),
        }
        # What began before the finisher counted is not counted.
        ended(rows, tool, began, counted=began >= at(19, 6), **call)
        calls.append((began, call))
    for since, until in [
        (at(19, 0), at(20, 15, 30)),
        (at(19, 7, 20), at(20, 9, 40)),
        (at(19, 5, 59), at(19, 8)),
        (at(20, 9), at(20, 9, 30)),
        (at(20, 3, 10), at(20, 3, 50)),
        (at(19, 6), at(19, 7)),
    ]:
        exact = CallTotals.of(call for began, call in calls if since <= began < until)
        found = figures(rows, tool, since=since, until=until)["overall"]

        assert (found.total_executions, found.success_count, found.failure_count, found.timeout_count) == (
            exact["calls"],
            exact["success"],
            exact["failed"],
            exact["timeout"],
        ), (since, until)
        assert found.p95_ms == pytest.approx(exact.percentile(0.95), rel=2.2 * TIME_ERROR)


def test_each_hour_has_its_own_calls_whether_rows_or_totals_tell_it(rows: HistoryRows, tool: str) -> None:
    for began, counted in [(at(19, 5, 59), False), (at(19, 6), True), (at(19, 8, 10), True), (at(20, 9, 50), True)]:
        ended(rows, tool, began, counted=counted, status="failed" if began == at(19, 6) else "success")

    report = HistoryStatistics(rows.aws, rows.deployment).by_hour([tool], at(19, 5, 30), at(20, 9, 55), NOW)

    assert sorted((hour, totals["success"], totals["failed"]) for _, hour, totals in report["parts"]) == [
        ("2026-11-19T05", 1, 0),
        ("2026-11-19T06", 0, 1),
        ("2026-11-19T08", 1, 0),
        ("2026-11-20T09", 1, 0),
    ]
    assert {name for name, _, _ in report["parts"]} == {tool}
    assert report["basis"]["by_hour_since"] == "2026-11-19T06:00:00.000Z"


def test_whole_hours_are_read_from_totals_alone(rows: HistoryRows, tool: str) -> None:
    ended(rows, tool, at(20, 10), counted=True)
    ended(rows, tool, at(20, 10, 5), counted=False)

    report = figures(rows, tool, since=at(20, 9), until=at(20, 12))

    assert report["overall"].total_executions == 1
    assert report["basis"] == {
        "since": "2026-11-20T09:00:00.000Z",
        "until": "2026-11-20T12:00:00.000Z",
        "by_hour_since": "2026-11-20T09:00:00.000Z",
        "by_hour_until": "2026-11-20T12:00:00.000Z",
        "percentile_error": TIME_ERROR,
    }


def test_the_hour_that_is_not_over_is_whole_up_to_now(rows: HistoryRows, tool: str) -> None:
    ended(rows, tool, at(20, 15, 10))

    report = figures(rows, tool)

    assert report["overall"].total_executions == 1
    assert report["basis"]["by_hour_until"] == "2026-11-20T16:00:00.000Z"


def test_a_sweep_that_ends_an_execution_late_counts_it_in_the_hour_of_its_start(rows: HistoryRows, tool: str) -> None:
    """The finisher is told when the execution began, and never when it itself runs."""
    ended(rows, tool, at(19, 23, 59))

    assert figures(rows, tool, since=at(19, 23), until=at(20, 0))["overall"].total_executions == 1
    assert figures(rows, tool, since=at(20, 0), until=at(20, 1))["overall"].total_executions == 0


def test_a_table_without_totals_is_read_by_rows_exactly(rows: HistoryRows) -> None:
    table = HistoryRows(rows.aws)
    table.create()
    table.call("old", asked_for="echo", tool_name="echo", started_at="2026-11-20T10:00:00.000Z")

    report = HistoryStatistics(table.aws, table.deployment).query("echo", now=NOW)

    assert report["overall"].p50_ms == 10.0
    assert (report["basis"]["by_hour_since"], report["basis"]["percentile_error"]) == (None, 0.0)


def test_a_crowded_hour_at_an_edge_is_taken_whole_and_told(
    rows: HistoryRows, tool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_statistics, "MAX_EDGE_CALLS", 2)
    for minute in (5, 25, 45):
        ended(rows, tool, at(20, 8, minute))

    report = figures(rows, tool, since=at(20, 8, 30), until=at(20, 12))

    assert report["overall"].total_executions == 3
    assert report["basis"]["since"] == "2026-11-20T08:00:00.000Z"


def test_an_hour_whose_records_may_have_expired_is_taken_whole(rows: HistoryRows, tool: str) -> None:
    for minute in (5, 45):
        ended(rows, tool, at(20, 8, minute))
    later = at(20, 8, 30) + RECORDS_LAST + timedelta(hours=1)

    report = HistoryStatistics(rows.aws, rows.deployment).query(tool, since=at(20, 8, 30), until=later, now=later)

    assert report["overall"].total_executions == 2
    assert report["basis"]["since"] == "2026-11-20T08:00:00.000Z"


def test_a_window_may_be_longer_than_a_month_where_all_of_it_is_counted(rows: HistoryRows, tool: str) -> None:
    ended(rows, tool, at(20, 10))
    later = datetime(2027, 6, 1, tzinfo=UTC)

    report = HistoryStatistics(rows.aws, rows.deployment).query(tool, since=at(20, 0), until=later, now=later)

    assert report["overall"].total_executions == 1


def test_what_was_not_counted_may_be_a_month_long_at_most(rows: HistoryRows, tool: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        figures(rows, tool, since=datetime(2026, 10, 1, tzinfo=UTC))

    assert "What was not counted by the hour, and lies in it, is 49.2 days long" in refused.value.problems[0]["message"]


def test_a_check_of_metrics_takes_the_same_totals(rows: HistoryRows, tool: str) -> None:
    ended(rows, tool, at(20, 11), attempts=2)

    totals = HistoryStatistics(rows.aws, rows.deployment).totals([tool], Window(at(20, 11), at(20, 12)), NOW)

    assert (totals[tool]["calls"], totals[tool]["attempts"]) == (1, 2)
