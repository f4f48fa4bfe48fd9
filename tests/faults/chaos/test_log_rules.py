"""What is read in the logs: metrics counted once per call, and no input."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.chaos.generator import scenario
from tests.faults.chaos.logs import Closed, inputs_stay_out, metrics_agree, redeliveries_are_apart
from tests.faults.chaos.secrets import secret_in_history, secret_in_logs

if TYPE_CHECKING:
    from pathlib import Path

ONCE = json.dumps(
    [
        {
            "attempt": 1,
            "tool_name": "look",
            "started_at": "2026-11-20T10:00:00.000Z",
            "duration_ms": 1.0,
            "decision": one,
        }
        for one in ("retry", "done")
    ]
)
RECORDS: list[dict[str, Any]] = [
    {"tool_name": "look", "status": "success", "attempts": 2, "attempt_log": ONCE},
    {"tool_name": "look", "status": "success", "attempts": 1},
    {"tool_name": "add_line", "status": "failed", "attempts": 1},
]


def metric(tool: str, execution_id: str = "chaos-7-x-0", **counts: float) -> dict[str, Any]:
    values = {name: [value] for name, value in counts.items()}
    return {"_aws": {}, "tool": tool, "execution_id": execution_id, **values}


COUNTED = [
    metric("look", Calls=2, CallsSuccess=2, Attempts=3, Retries=1),
    metric("add_line", Calls=1, CallsFailed=1, Attempts=1),
]


def logged(folder: Path, *lines: dict[str, Any], function: str = "t-finisher") -> Path:
    file = folder / function / "0001.log"
    file.parent.mkdir(parents=True)
    text = ["START RequestId: 1", *(json.dumps(line) for line in lines), "END RequestId: 1", "{no json"]
    file.write_text("\n".join(text), "utf-8")
    return folder


def test_metrics_that_are_the_records_own_are_no_violation(tmp_path: Path) -> None:
    assert not list(metrics_agree(logged(tmp_path, *COUNTED), {"chaos-7-x-0": Closed(RECORDS)}))


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [*COUNTED, *COUNTED],
        COUNTED[1:],
        [*COUNTED, metric("look", Retries=1)],
        [*COUNTED, metric("look", Attempts=1)],
        [metric("add_line", Calls=2, CallsSuccess=2, Attempts=3, Retries=1), COUNTED[1]],
        [metric("look", "other", Calls=2, CallsSuccess=2, Attempts=3, Retries=1), COUNTED[1]],
    ],
)
def test_metrics_that_are_not_are_named(tmp_path: Path, lines: list[dict[str, Any]]) -> None:
    (found,) = metrics_agree(logged(tmp_path, *lines), {"chaos-7-x-0": Closed(RECORDS)})
    assert (found.execution_id, found.rule) == ("chaos-7-x-0", "metrics agree with records")


def test_a_finisher_that_was_killed_may_have_counted_nothing_but_not_twice(tmp_path: Path) -> None:
    execution = {"chaos-7-x-0": Closed(RECORDS, may_go_uncounted=True)}
    assert not list(metrics_agree(logged(tmp_path / "a"), execution))
    assert list(metrics_agree(logged(tmp_path / "b", *COUNTED, *COUNTED), execution))


def test_more_redeliveries_than_there_were_are_found(tmp_path: Path) -> None:
    line = {**metric("look", Redeliveries=1), "call_id": "c1"}
    logged(tmp_path, line, line, function="t-ledger")
    assert not list(redeliveries_are_apart(tmp_path, {"chaos-7-x-0": Closed(RECORDS, repeats={"c1": 2})}))
    (found,) = redeliveries_are_apart(tmp_path, {"chaos-7-x-0": Closed(RECORDS, repeats={"c1": 1})})
    assert found.execution_id == "chaos-7-x-0"


def test_an_input_in_a_log_is_found(tmp_path: Path) -> None:
    logged(tmp_path, {"message": "input was /tmp/canary-7-x"}, function="t-ledger")
    (found,) = inputs_stay_out(tmp_path, {"canary-7-x": "chaos-7-x-0", "canary-8-x": "chaos-8-x-0"})
    assert (found.rule, found.execution_id) == ("no input in a log", "chaos-7-x-0")


def test_a_secret_in_a_log_or_an_event_is_found(tmp_path: Path) -> None:
    logged(tmp_path, {"message": "it is hunter22"}, function="t-ledger")
    history = [{"id": 1, "type": "Started"}, {"id": 2, "type": "TaskFailed", "cause": "hunter22"}]

    assert [found.rule for found in secret_in_logs(tmp_path, "hunter22")] == ["a secret is nowhere"]
    assert not list(secret_in_logs(tmp_path, "another"))
    (found,) = secret_in_history("hunter22", "chaos-7-x-0", history)
    assert (found.execution_id, found.said) == ("chaos-7-x-0", "event 2, TaskFailed, holds it")


def test_some_calls_of_every_few_seeds_have_a_secret() -> None:
    inputs = [call["input"] for seed in range(20) for run in scenario(seed).runs for call in run.request["calls"]]
    assert 0.1 < sum("password" in one for one in inputs) / len(inputs) < 0.4
