"""How one execution stands, read where many share its correlation id."""

from __future__ import annotations

from typing import Any

from tests.unit.client.history_rows import history_rows
from tool_executor.history import History

AT = "2026-11-20T10:00:00.{:03}Z"


def test_of_executions_under_one_correlation_id_the_rows_of_one_alone_are_read() -> None:
    with history_rows() as rows:
        for number in range(30):
            calls = [{"tool_name": "echo", "attempts": attempts} for attempts in (1, 2)]
            rows.execution(f"e{number}", *calls, started_at=AT.format(number // 2), correlation_id="monday")
        history, read = History.of(rows.aws, rows.deployment), counted_rows(rows.aws.dynamodb)
        progress = history.progress("e7", "monday")
    assert [(row["execution_id"], row["attempts"]) for row in progress] == [("e7", 1), ("e7", 2)]
    assert read == [6], "the rows of the two executions that began in its millisecond"


def test_of_one_that_is_not_planned_yet_there_is_nothing_to_tell() -> None:
    with history_rows() as rows:
        rows.execution("other", {"tool_name": "echo"}, correlation_id="monday")
        assert History.of(rows.aws, rows.deployment).progress("mine", "monday") == []


def counted_rows(dynamodb: Any) -> list[int]:
    """Return a list that grows with each query, by how many rows it read."""
    read: list[int] = []
    dynamodb.meta.events.register("after-call.dynamodb.Query", lambda parsed, **_: read.append(parsed["ScannedCount"]))
    return read
