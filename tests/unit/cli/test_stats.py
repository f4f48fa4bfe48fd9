"""`tool-executor stats`, on moto."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.records import FAILED, today

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.conftest import Ran
    from tests.unit.client.history_rows import HistoryRows

    Command = Callable[..., Ran]


def test_stats_of_a_correlation_id_as_table_and_as_json(rows: HistoryRows, command: Command, name: str) -> None:
    rows.execution(name, {}, {"cached": True}, FAILED, {"status": "running"}, {"tool_name": "other", **FAILED})

    table = command("stats", "--correlation-id", name)
    report = json.loads(command("stats", "--correlation-id", name, "--json").out)

    assert (report["overall"]["total_executions"], report["overall"]["cache_hits"]) == (4, 1)
    assert sorted(report["by_tool"]) == ["echo", "other"]
    assert max(map(len, table.out.splitlines())) <= 80
    assert "50.0" in table.out


@pytest.mark.usefixtures("terminal")
def test_stats_fit_into_80_columns_whatever_they_are(rows: HistoryRows, command: Command, name: str) -> None:
    slow = {"execution_time_ms": 840_000.0 * 11, "attempts": 66, "fallback_used": True, "cached": True}
    rows.execution(name, *[{"tool_name": "t" * 64, **slow}] * 3, {"tool_name": "other", **slow})

    said = command("stats", "--correlation-id", name).out

    assert max(map(len, said.splitlines())) <= 80
    assert said.count("9,240,000") == 12
    assert "…" not in said


def test_stats_are_of_todays_calls_of_the_deployments_tools(rows: HistoryRows, command: Command, name: str) -> None:
    rows.execution(name, {"tool_name": "forecast_demand"}, {"tool_name": "gone"}, started_at=today())

    report = json.loads(command("stats", "--json").out)

    assert list(report["by_tool"]) == ["forecast_demand"]
    assert json.loads(command("stats", "--json", "--tool", "gone").out)["overall"]["total_executions"] == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--tool", "forecast_demnd"), "Did you mean 'forecast_demand'?"),
        (("--since", "yesterday"), "24h"),
        (("--since", "40d"), "31 are the most"),
        (("--until", "2026-11-01", "--since", "2026-11-02"), "ends at"),
    ],
)
def test_stats_refuse_what_cannot_be_meant(command: Command, options: tuple[str, ...], said: str) -> None:
    ran = command("stats", *options)

    assert ran.code == 2
    assert said in ran.err
