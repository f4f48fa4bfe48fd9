"""What the executor says of its executions: the table's, as many calls as were asked for, and its log's."""

from __future__ import annotations

import itertools
import logging
from typing import TYPE_CHECKING

import pytest

from tests.unit.client.history_rows import HistoryRows, history_rows
from tool_executor import ToolExecutionResult, ToolExecutor, ToolExecutorOptions
from tool_executor.history import Among, History

if TYPE_CHECKING:
    from collections.abc import Iterator

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def rows() -> Iterator[HistoryRows]:
    with history_rows() as table:
        yield table


@pytest.fixture
def executor(rows: HistoryRows) -> Iterator[ToolExecutor]:
    with ToolExecutor(aws=rows.aws, deployment=rows.deployment) as made:
        yield made


@pytest.fixture
def own(rows: HistoryRows) -> str:
    """Three executions of one correlation id, of two calls each: nine rows."""
    name = f"limited-{next(_numbers)}"
    for number in range(3):
        rows.execution(f"{name}-{number}", {}, {}, correlation_id=name, started_at=f"2026-11-20T1{number}:00:00.000Z")
    return name


@pytest.mark.parametrize("page_rows", [1, 2, 1000])
def test_a_limit_counts_calls_and_keeps_the_latest(
    executor: ToolExecutor, own: str, page_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tool_executor.history._PAGE_ROWS", page_rows)
    counts = {limit: len(executor.get_execution_history_sync(own, limit)) for limit in (None, 1, 2, 3, 5, 6, 7, 100)}
    assert counts == {None: 6, 1: 1, 2: 2, 3: 3, 5: 5, 6: 6, 7: 6, 100: 6}
    latest = executor.get_execution_history_sync(own, 2)
    assert {result.execution_id for result in latest} == {f"{own}-2"}
    assert executor.get_execution_history_sync(own, 4)[0].execution_id == f"{own}-1"


def test_calls_alone_may_be_of_a_status_too(rows: HistoryRows, own: str) -> None:
    history = History(rows.aws, rows.table)
    assert len(history.by_correlation(own, None, Among(status="success", only_calls=True))) == 6
    assert history.by_correlation(own, None, Among(status="succeeded", only_calls=True)) == []
    assert len(history.by_correlation(own, None)) == 9


@pytest.mark.parametrize(("detailed", "said"), [(True, True), (False, False)])
def test_a_tools_sentence_is_for_those_who_debug(
    caplog: pytest.LogCaptureFixture, *, detailed: bool, said: bool
) -> None:
    executor = ToolExecutor("eu-west-1", options=ToolExecutorOptions(enable_detailed_logging=detailed))
    with caplog.at_level(logging.DEBUG, "tool_executor"):
        executor._remember([ToolExecutionResult.failed("look_up", "There is no 'a secret input'.")])
    by_level = {record.levelname: record.getMessage() for record in caplog.records}
    assert by_level["WARNING"].startswith("look_up: failed (1 attempt): ToolFailed; call ")
    assert "a secret input" not in by_level["WARNING"]
    assert ("a secret input" in by_level.get("DEBUG", "")) is said
