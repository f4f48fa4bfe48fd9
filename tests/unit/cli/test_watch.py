"""`tool-executor watch`, on moto."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.unit.cli.records import FAILED, at

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.unit.cli.conftest import Ran
    from tests.unit.client.history_rows import HistoryRows

    Command = Callable[..., Ran]


def test_watch_of_an_ended_execution_shows_what_came_of_it(rows: HistoryRows, command: Command, name: str) -> None:
    counts = {"total": 2, "success": 1, "failed": 1, "timeout": 0, "skipped": 0, "cancelled": 0}
    rows.execution(name, {}, FAILED, status="partial", counts=counts)

    ran = command("watch", name)

    assert ran.code == 1
    assert "NotFound: There is none." in ran.out
    output = json.loads(command("watch", name, "--json").out)
    assert [output["status"], output["counts"], len(output["results"])] == ["partial", counts, 2]


def test_watch_follows_an_execution_until_its_record_is_closed(
    rows: HistoryRows, command: Command, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.execution(name, {"status": "running"}, open="0", deadline=at(60))
    counts = {"total": 1, "success": 1, "failed": 0, "timeout": 0, "skipped": 0, "cancelled": 0}
    pauses = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            rows.execution(name, {}, counts=counts)

    monkeypatch.setattr("tool_executor.cli.watch.time.sleep", sleep)

    ran = command("watch", name)

    assert ran.code == 0
    assert "c1 echo: success" in ran.err
    assert len(pauses) == 3


def test_watch_interrupted_says_that_the_execution_goes_on(
    rows: HistoryRows, command: Command, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.execution(name, {"status": "running"}, open="0", deadline=at(60))

    def sleep(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tool_executor.cli.watch.time.sleep", sleep)

    ran = command("watch", name)

    assert ran.code == 130
    assert f"the execution {name} goes on" in ran.err
    assert f"tool-executor cancel {name}" in ran.err
