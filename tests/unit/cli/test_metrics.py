"""``tool-executor metrics``: what CloudWatch has, whether the history agrees, and a picture of it."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import tool_executor
from tool_contract.metrics import NAMESPACE, Metric

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.cli.conftest import Ran
    from tests.unit.client.history_rows import HistoryRows

    Command = Callable[..., Ran]

STAGE = "dev"


def put(rows: HistoryRows, written_at: datetime, tool: str, **counts: float) -> None:
    """Write counts as the functions do."""
    dimensions = [{"Name": "tool", "Value": tool}, {"Name": "stage", "Value": STAGE}]
    rows.aws.cloudwatch.put_metric_data(
        Namespace=NAMESPACE,
        MetricData=[
            {
                "MetricName": Metric(name),
                "Dimensions": dimensions,
                "Value": value,
                "Unit": "Count",
                "Timestamp": written_at,
            }
            for name, value in counts.items()
        ],
    )


@pytest.fixture(scope="module", autouse=True)
def _written(rows: HistoryRows) -> None:
    """Two calls of a tool in metrics and history; the tool that only metrics know is another."""
    now = datetime.now(UTC)
    put(rows, now, "ask", Calls=2, CallsSuccess=1, CallsFailed=1, Attempts=3, Retries=1)
    put(rows, now, "unrecorded", Calls=1, CallsSuccess=1, Attempts=1)
    began = (now - timedelta(seconds=30)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    for call_id, status, attempts in (("c1", "success", 1), ("c2", "failed", 2)):
        rows.put(
            execution_id="e-metrics",
            call_id=call_id,
            correlation_id="k",
            position=0,
            status=status,
            tool_name="ask",
            tool_day=f"ask#{began[:10]}#0",
            attempts=attempts,
            started_at=began,
            execution_time_ms=5,
        )


def test_counts_are_shown_by_tool_and_summed_up(command: Command) -> None:
    ran = command("metrics", "--since", "1h")

    assert ran.code == 0
    (tries,) = [line.split() for line in ran.out.splitlines() if line.split()[:1] == ["all"] and line.split()[1] == "4"]
    assert tries == ["all", "4", "1", "-", "-", "-", "-"]


def test_json_has_the_metrics_names(command: Command) -> None:
    told = json.loads(command("metrics", "--since", "1h", "--json", "--tool", "ask").out)

    assert told["by_tool"] == {"ask": {"Attempts": 3, "Calls": 2, "CallsFailed": 1, "CallsSuccess": 1, "Retries": 1}}


def test_metrics_that_the_history_has_agree(command: Command) -> None:
    ran = command("metrics", "--since", "1h", "--tool", "ask", "--check")

    assert ran.code == 0
    assert "The history agrees: 2 calls, 3 attempts." in ran.out


def test_what_only_the_metrics_know_is_a_difference_and_an_exit_code(command: Command) -> None:
    ran = command("metrics", "--since", "1h", "--check")

    assert ran.code == 1
    assert "unrecorded: Calls 1, the history says 0" in ran.err
    assert "all tools: Attempts 4, the history says 3" in ran.err


def test_a_time_without_metrics_says_so(command: Command) -> None:
    assert (
        "No metrics were written in that time."
        in command("metrics", "--since", "2026-01-01", "--until", "2026-01-02").out
    )


def test_the_dashboard_is_drawn(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "d.png"

    ran = command("metrics", "--since", "1h", "--picture", file)

    assert (ran.code, file.read_bytes()[:4]) == (0, b"\x89PNG")


def test_a_file_that_tells_no_format_is_refused_before_anything_is_asked(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tool_executor.cli.metrics.DeploymentMetrics", _fail)

    ran = command("metrics", "--picture", tmp_path / "d.bmp")

    assert ran.code == 2
    assert "tells no format of a picture" in ran.err


def test_without_matplotlib_the_extra_is_named(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(tool_executor, "pictures", raising=False)
    for name in [name for name in sys.modules if name.startswith("tool_executor.pictures")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    ran = command("metrics", "--picture", "d.png")

    assert ran.code == 2
    assert "pip install '.[plot]'" in ran.err


def _fail(*_: Any) -> None:
    raise AssertionError
