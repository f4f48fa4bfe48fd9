"""What is read in the logs: metrics counted once per call, and no input."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.chaos.logs import Closed, inputs_stay_out, metrics_agree

if TYPE_CHECKING:
    from pathlib import Path

RECORDS: list[dict[str, Any]] = [
    {"tool_name": "look", "status": "success"},
    {"tool_name": "look", "status": "success"},
    {"tool_name": "add_line", "status": "failed"},
]
CLOSE = {"message": "finished", "execution_id": "chaos-7-x-0"}


def metric(tool: str, status: str) -> dict[str, Any]:
    return {"_aws": {}, "tool": tool, "Calls": [1.0], f"Calls_{status}": [1.0]}


COUNTED = [metric("look", "success"), metric("look", "success"), metric("add_line", "failed")]


def logged(folder: Path, *lines: dict[str, Any], function: str = "t-finisher") -> Path:
    file = folder / function / "0001.log"
    file.parent.mkdir(parents=True)
    text = ["START RequestId: 1", *(json.dumps(line) for line in lines), "END RequestId: 1", "{no json"]
    file.write_text("\n".join(text), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([CLOSE, *COUNTED], []),
        ([CLOSE, *COUNTED, CLOSE, *COUNTED], ["2 times"]),
        ([CLOSE, *COUNTED[1:]], ["counted were"]),
        ([CLOSE, *COUNTED, COUNTED[0]], ["counted were"]),
        ([{**CLOSE, "execution_id": "other"}, *COUNTED], ["not counted"]),
    ],
)
def test_outcomes_that_are_not_counted_once_each_are_named(
    tmp_path: Path, lines: list[dict[str, Any]], said: list[str]
) -> None:
    found = list(metrics_agree(logged(tmp_path, *lines), {"chaos-7-x-0": Closed(RECORDS)}))
    assert [violation.execution_id for violation in found] == ["chaos-7-x-0"] * len(said)
    assert all(words in violation.said for words, violation in zip(said, found, strict=True))


def test_a_finisher_that_was_killed_may_have_counted_nothing_but_not_twice(tmp_path: Path) -> None:
    execution = {"chaos-7-x-0": Closed(RECORDS, may_go_uncounted=True)}
    assert not list(metrics_agree(logged(tmp_path / "a", CLOSE), execution))
    assert list(metrics_agree(logged(tmp_path / "b", CLOSE, CLOSE), execution))


def test_an_input_in_a_log_is_found(tmp_path: Path) -> None:
    logged(tmp_path, {"message": "input was /tmp/canary-7-x"}, function="t-ledger")
    (found,) = inputs_stay_out(tmp_path, {"canary-7-x": "chaos-7-x-0", "canary-8-x": "chaos-8-x-0"})
    assert (found.rule, found.execution_id) == ("no input in a log", "chaos-7-x-0")
