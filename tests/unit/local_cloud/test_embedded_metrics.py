"""Metrics are read from the functions' logs as CloudWatch reads them: each line once, whole lines alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tool_executor.local.embedded_metrics import Datum, EmbeddedMetrics, data_of

if TYPE_CHECKING:
    from pathlib import Path


def line(**more: Any) -> dict[str, Any]:
    directive = {
        "Namespace": "ToolExecutor",
        "Dimensions": [["tool", "stage"]],
        "Metrics": [{"Name": "Calls", "Unit": "Count"}],
    }
    return {
        "_aws": {"Timestamp": 1_795_000_000_000, "CloudWatchMetrics": [directive]},
        "tool": "ask",
        "stage": "dev",
        "Calls": [1.0, 2.0],
        **more,
    }


def test_a_line_in_the_format_is_its_values() -> None:
    assert data_of(json.dumps(line(execution_id="e1"))) == [
        Datum("ToolExecutor", "Calls", "Count", {"tool": "ask", "stage": "dev"}, 1_795_000_000_000, (1.0, 2.0))
    ]


def test_one_value_needs_no_list() -> None:
    assert data_of(json.dumps(line(Calls=3)))[0].values == (3.0,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "START RequestId: 1",
        '{"message": "an ordinary line"}',
        '{"_aws": 1}',
        '{"_aws": {"CloudWatchMetrics": [{}]}}',
        '{"_aws": {"CloudWatchMetrics": [',
        '["_aws"]',
        json.dumps(line(Calls=[float("nan")])),
        json.dumps(line(Calls=[float("inf")])),
        json.dumps(line(Calls="many")),
        json.dumps(line(Calls=list(range(101)))),
        json.dumps({name: value for name, value in line().items() if name != "tool"}),
    ],
)
def test_what_is_not_in_the_format_is_nothing(text: str) -> None:
    """A value that is no number costs the whole line, on AWS too."""
    assert data_of(text) == []


def test_each_line_is_read_once_and_a_half_one_when_it_is_whole(tmp_path: Path) -> None:
    log = tmp_path / "function" / "0001.log"
    log.parent.mkdir()
    metrics = EmbeddedMetrics(tmp_path)
    text = json.dumps(line())

    log.write_text(f"START\n{text}\n{text[:40]}")
    first = metrics.new()
    second = metrics.new()
    with log.open("a") as more:
        more.write(f"{text[40:]}\n")

    assert (len(first), second, len(metrics.new())) == (1, [], 1)


def test_new_files_are_found(tmp_path: Path) -> None:
    metrics = EmbeddedMetrics(tmp_path)
    assert metrics.new() == []
    (tmp_path / "0001.log").write_text(f"{json.dumps(line())}\n")

    assert len(metrics.new()) == 1
