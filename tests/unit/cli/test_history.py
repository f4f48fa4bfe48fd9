"""`tool-executor history` and `clear-history`, on moto."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.records import FAILED, at, entry, logged, today

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.conftest import Ran
    from tests.unit.client.history_rows import HistoryRows

    Command = Callable[..., Ran]


def test_history_tells_of_cached_and_replayed_attempts(rows: HistoryRows, command: Command, name: str) -> None:
    rows.execution(
        name,
        logged(entry(1, 0, 1, "retry"), entry(2, 1, 0, "cached"), attempts=2),
        logged(entry(1, 0, 1, "retry"), entry(2, 1, 0, "replayed"), attempts=2),
    )

    said = command("history", name).out

    assert "answered from the cache" in said
    assert "answered with the stored result of an earlier call" in said


def test_history_filters_by_status(rows: HistoryRows, command: Command, name: str) -> None:
    rows.execution(name, {"tool_name": name}, {"tool_name": name, **FAILED}, {"tool_name": name, **FAILED})

    def listed(*options: str) -> list[str]:
        return sorted(record["call_id"] for record in json.loads(command("history", *options, "--json").out))

    assert listed(name, "--status", "failed") == ["c2", "c3"]
    assert listed("--correlation-id", name, "--status", "success") == ["c1"]
    assert listed("--tool", name, "--day", "2026-11-20", "--status", "failed", "--limit", "1") in (["c2"], ["c3"])
    assert listed("--correlation-id", name, "--status", "succeeded") == ["#execution"]
    assert listed("--correlation-id", name, "--tool", name) == ["c1", "c2", "c3"]


def test_history_of_a_correlation_id_tells_of_executions_what_a_day_tells(
    rows: HistoryRows, command: Command, name: str
) -> None:
    counts = {"total": 2, "success": 2}
    rows.execution(
        name, {}, {}, started_at="2026-10-01T10:00:00.000Z", deadline="2026-10-01T10:05:00.000Z", counts=counts
    )

    (by_day,) = json.loads(command("history", "--day", "2026-10-01", "--json").out)
    listed = json.loads(command("history", "--correlation-id", name, "--json").out)

    assert by_day["counts"] == counts
    assert [record for record in listed if record["call_id"] == "#execution"] == [by_day]
    assert {record["call_id"] for record in listed} == {"#execution", "c1", "c2"}


ID = "0b54e3f2-7c1e-4f8e-a7a5-5d3ce4c4f0aa"


@pytest.fixture
def long_ids(rows: HistoryRows, name: str) -> list[str]:
    """Executions of one correlation id and one tool, which the fixture ``name`` tells."""
    names = [f"{name}-{number}-{ID}" for number in range(2)]
    for own in names:
        rows.execution(own, {"tool_name": name}, correlation_id=name, started_at=today())
    return names


def test_history_that_is_no_terminals_has_a_line_for_each_record_and_all_columns(
    command: Command, name: str, long_ids: list[str]
) -> None:
    lines = command("history", "--correlation-id", name).out.splitlines()

    told = [line.split() for line in lines if any(own in line for own in long_ids)]
    assert len(told) == 4
    assert all(words[-1].endswith("Z") and len(words[-1]) == len(today()) for words in told)
    assert all(heading in "".join(lines) for heading in ("attempts", " ms ", "started at"))


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_history_on_a_narrow_terminal_gives_up_columns_before_ids(
    command: Command, name: str, long_ids: list[str], width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))

    said = command("history", "--tool", name, "--since", "25h").out

    assert all(said.count(own) == 1 for own in long_ids)
    assert "attempts" not in said
    assert all(len(line) <= max(width, 80) for line in said.splitlines())


@pytest.mark.usefixtures("terminal")
def test_history_on_a_terminal_of_80_columns_shows_ids_status_duration_and_start(
    rows: HistoryRows, command: Command
) -> None:
    rows.execution(ID, started_at="2026-09-01T10:20:30.456Z")

    lines = command("history", "--day", "2026-09-01").out.splitlines()

    assert [line.split() for line in lines if ID in line] == [[ID, "succeeded", "9000", "2026-09-01", "10:20:30"]]
    assert all(len(line) <= 80 for line in lines)


def test_history_since_reaches_over_days(rows: HistoryRows, command: Command, name: str) -> None:
    rows.execution(name, {"tool_name": name}, started_at=today())
    rows.execution(f"{name}-old", {"tool_name": name}, started_at="2026-01-01T00:00:00.000Z")

    assert json.loads(command("history", "--tool", name, "--since", "25h", "--json").out)[0]["execution_id"] == name
    assert name in command("history", "--since", "25h", "--json").out


def test_history_of_a_misspelt_tool_says_so(command: Command) -> None:
    ran = command("history", "--tool", "forecast_demnd")

    assert ran.code == 2
    assert "Did you mean 'forecast_demand'?" in ran.err


def test_history_of_a_tool_without_calls_is_empty(command: Command) -> None:
    ran = command("history", "--tool", "identify_stockout_risks", "--day", "2001-01-01")

    assert (ran.code, ran.out) == (0, "Nothing there.\n")


@pytest.mark.parametrize(
    "options",
    [
        ("--status", "sucess"),
        ("--open", "--status", "failed"),
        ("--since", "1h", "--day", "2026-11-20"),
        ("--since", "1h", "--open"),
    ],
)
def test_history_refuses_options_that_do_not_fit(command: Command, options: tuple[str, ...]) -> None:
    assert command("history", *options).code == 2


def test_clear_history_deletes_a_correlation_ids_records_and_no_others(
    rows: HistoryRows, command: Command, name: str
) -> None:
    rows.execution(f"{name}-1", *[{}] * 30, correlation_id=name)
    rows.execution(f"{name}-2", {}, correlation_id=name)
    rows.execution(f"{name}-other", {})

    told = json.loads(command("clear-history", "--remote", name, "--yes", "--json").out)

    assert (told["deleted"], sorted(told["executions"])) == (33, [f"{name}-1", f"{name}-2"])
    assert command("history", f"{name}-1").code == 2
    assert command("history", f"{name}-other").code == 0
    assert "holds nothing" in command("clear-history", "--remote", name, "--yes").out


def test_clear_history_deletes_nothing_while_an_execution_is_open(
    rows: HistoryRows, command: Command, name: str
) -> None:
    rows.execution(f"{name}-1", {}, correlation_id=name)
    rows.execution(f"{name}-2", {"status": "running"}, correlation_id=name, open="0", deadline=at(60))

    ran = command("clear-history", "--remote", name, "--yes")

    assert ran.code == 2
    assert f"{name}-2" in ran.err
    assert command("history", f"{name}-1").code == 0


def test_clear_history_asks_and_takes_silence_for_a_no(
    rows: HistoryRows, command: Command, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.execution(name, {})
    answers = iter([False])
    monkeypatch.setattr("typer.confirm", lambda *_, **__: next(answers))

    ran = command("clear-history", "--remote", name)

    assert (ran.code, ran.err) == (1, "Nothing was deleted.\n")
    assert command("history", name).code == 0


def test_clear_history_without_remote_says_what_it_would_take(command: Command, name: str) -> None:
    ran = command("clear-history", name, "--yes")

    assert ran.code == 2
    assert "--remote" in ran.err
