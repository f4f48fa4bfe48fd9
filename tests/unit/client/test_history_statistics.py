"""Figures from the history table: which calls they are of."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.client.history_rows import HistoryRows, history_rows
from tool_contract.catalog import load_catalog
from tool_executor import ToolExecutor
from tool_executor.errors import InvalidRequestError
from tool_executor.history_statistics import HistoryStatistics

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def rows() -> Iterator[HistoryRows]:
    with history_rows() as table:
        yield table


@pytest.fixture
def tool() -> str:
    """Tests share the table: each has a tool of its own."""
    return f"tool_{next(_numbers)}"


def started(rows: HistoryRows, tool: str, at: str, **row: Any) -> None:
    rows.call(f"execution-{next(_numbers)}", **{"asked_for": tool, "tool_name": tool, "started_at": at, **row})


def query(rows: HistoryRows, *arguments: Any, **options: Any) -> Any:
    return HistoryStatistics(rows.aws, rows.deployment).query(*arguments, now=NOW, **options)


def total(rows: HistoryRows, tool: str, **options: Any) -> int:
    return int(query(rows, tool, **options)["overall"].total_executions)


def test_figures_are_of_today_where_nothing_is_said(rows: HistoryRows, tool: str) -> None:
    for at in ("2026-11-19T23:59:59.999Z", "2026-11-20T00:00:00.000Z", "2026-11-20T14:59:59.000Z"):
        started(rows, tool, at)

    assert total(rows, tool) == 2


def test_a_window_across_midnight_has_both_days_and_nothing_beyond_its_ends(rows: HistoryRows, tool: str) -> None:
    inside = ["2026-11-18T22:00:00.000Z", "2026-11-18T23:59:59.999Z", "2026-11-19T00:00:00.000Z"]
    for at in ["2026-11-18T21:59:59.999Z", *inside, "2026-11-19T01:00:00.000Z"]:
        started(rows, tool, at)
    here = timezone(timedelta(hours=2))

    window = {"since": datetime(2026, 11, 19, tzinfo=here), "until": datetime(2026, 11, 19, 3, tzinfo=here)}

    assert total(rows, tool, **window) == len(inside)


def test_the_end_alone_means_its_day_up_to_it(rows: HistoryRows, tool: str) -> None:
    for at in ("2026-11-17T23:00:00.000Z", "2026-11-18T01:00:00.000Z", "2026-11-19T00:00:00.000Z"):
        started(rows, tool, at)

    assert total(rows, tool, until=datetime(2026, 11, 19, tzinfo=UTC)) == 1
    assert total(rows, tool, until=datetime(2026, 11, 18, 1, 0, 1, tzinfo=UTC)) == 1


def test_calls_that_have_not_ended_do_not_count(rows: HistoryRows, tool: str) -> None:
    for status in ("pending", "running", "retrying", "success", "failed", "timeout", "skipped"):
        started(rows, tool, "2026-11-20T10:00:00.000Z", status=status, attempts=0 if status == "skipped" else 1)

    figures = query(rows, tool)["overall"]

    assert (figures.total_executions, figures.success_count, figures.failure_count, figures.timeout_count) == (
        4,
        1,
        1,
        1,
    )
    assert figures.success_rate == 25.0


def test_all_pages_are_read(rows: HistoryRows, tool: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tool_executor.history._PAGE_ROWS", 2)
    rows.execution(f"pages-{tool}", *[{"tool_name": tool}] * 7)

    assert total(rows, tool) == 7
    assert query(rows, correlation_id=f"pages-{tool}")["overall"].total_executions == 7


def test_a_call_counts_for_the_tool_that_was_asked_for_though_a_fallback_answered(rows: HistoryRows, tool: str) -> None:
    execution = f"asked-{tool}"
    answered = {"tool_name": f"{tool}_b", "asked_for": tool, "fallback_used": True, "attempts": 3}
    rows.execution(execution, answered, {"tool_name": tool}, {"tool_name": f"{tool}_b"})

    by_index = query(rows, tool_names=[tool, f"{tool}_b"])["by_tool"]
    by_correlation = query(rows, correlation_id=execution)["by_tool"]

    assert by_index == by_correlation
    assert {name: figures.total_executions for name, figures in by_index.items()} == {tool: 2, f"{tool}_b": 1}
    assert (by_index[tool].fallback_rate, by_index[tool].retry_rate, by_index[tool].avg_attempts) == (50.0, 50.0, 2.0)


def test_answers_from_the_cache_are_counted_by_either_index(rows: HistoryRows, tool: str) -> None:
    rows.execution(f"cached-{tool}", {"tool_name": tool, "cached": True}, {"tool_name": tool})

    assert query(rows, tool)["overall"].cache_hits == 1
    assert query(rows, correlation_id=f"cached-{tool}")["overall"].cache_hits == 1


def test_a_correlation_id_is_looked_up_whenever_that_was_and_may_be_narrowed(rows: HistoryRows, tool: str) -> None:
    own = f"correlation-{tool}"
    for day in ("2026-01-02", "2026-11-20"):
        rows.execution(f"{own}-{day}", {"tool_name": tool}, correlation_id=own, started_at=f"{day}T10:00:00.000Z")
    rows.execution(f"{own}-other", {"tool_name": f"{tool}_b"}, correlation_id=own)

    def count(**options: Any) -> int:
        return int(query(rows, correlation_id=own, **options)["overall"].total_executions)

    assert count() == 3
    assert count(tool_name=tool) == 2
    assert count(since=datetime(2026, 11, 1, tzinfo=UTC)) == 2
    assert count(until=datetime(2026, 11, 1, tzinfo=UTC)) == 1


@pytest.mark.parametrize(
    ("options", "pointer", "said"),
    [
        ({"since": NOW - timedelta(days=31, seconds=1)}, "/since", "31 are the most"),
        ({"since": NOW}, "/until", "ends at"),
        ({"since": NOW, "until": NOW - timedelta(days=1)}, "/until", "ends at"),
        ({"since": datetime(2026, 11, 20)}, "/since", "no time zone"),  # noqa: DTZ001 - what is refused
        ({"until": datetime(2026, 11, 20), "correlation_id": "x"}, "/until", "no time zone"),  # noqa: DTZ001
    ],
)
def test_a_window_that_cannot_be_used_is_refused(
    rows: HistoryRows, options: dict[str, Any], pointer: str, said: str
) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        query(rows, **options)

    (problem,) = refused.value.problems
    assert problem["pointer"] == pointer
    assert said in problem["message"]


def test_31_days_are_looked_up(rows: HistoryRows, tool: str) -> None:
    started(rows, tool, "2026-10-20T15:00:00.000Z")

    assert total(rows, tool, since=NOW - timedelta(days=31)) == 1


def test_no_calls_are_figures_of_nothing(rows: HistoryRows, tool: str) -> None:
    report = query(rows, tool)

    assert report["overall"].total_executions == 0
    assert report["overall"].success_rate == 0.0
    assert report["by_tool"] == {}


def test_the_executor_asks_for_all_tools_of_its_deployment(
    rows: HistoryRows, tool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(rows, "forecast_demand", f"{datetime.now(UTC):%Y-%m-%d}T00:00:00.000Z")
    monkeypatch.setattr("tool_executor.connection.deployed_catalog", lambda *_: load_catalog())
    with ToolExecutor(aws=rows.aws, deployment=rows.deployment) as executor:
        everything = executor.statistics_sync()
        nothing = executor.statistics_sync(tool_name=tool, since=datetime.now(UTC) - timedelta(hours=1))

    assert everything["by_tool"]["forecast_demand"].total_executions == 1
    assert nothing["by_tool"] == {}
