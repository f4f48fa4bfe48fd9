"""The numbers of docs/scaling.md are what the code says."""

from __future__ import annotations

import math
import re
import shlex
import sys
from pathlib import Path

import pytest

from tool_contract.preflight import TRANSITIONS_AROUND_CALLS
from tool_executor.cli.main import main
from tool_executor.costs import records
from tool_executor.costs.work import CallWork

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")
COSTS = re.findall(r"^\| .+ \| ([\d,]+\.\d\d) \| `(tool-executor .+)` \|$", PAGE, re.MULTILINE)
CALLS, EXECUTIONS = 10_000, 1_000
CALL = CallWork(run_seconds=0.3, memory_mb=512, input_bytes=20, result_bytes=20)


def _told(row: str, column: int = 1) -> int:
    """Return the first number in a cell of the row that begins so."""
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| {row}"))
    return int(re.findall(r"\d[\d,]*", line.split("|")[column + 1])[0].replace(",", ""))


def test_units_of_keys_are_those_of_the_records() -> None:
    of_calls, of_executions = int(records.call_writes(CALL)) * CALLS, records.EXECUTION_WRITES * EXECUTIONS

    assert _told("`by-tool`: ") == of_calls
    assert _told("`by-day`: ") == _told("`open-executions`: ") == of_executions
    assert _told("`by-correlation`: ") == of_calls + of_executions
    # A transaction takes two units of an item of a kilobyte.
    assert _told("totals: ") == 2 * EXECUTIONS


@pytest.mark.parametrize("row", ["`by-tool`: ", "`by-day`: ", "`open-executions`: ", "totals: "])
def test_shards_are_the_units_by_what_one_takes(row: str) -> None:
    assert _told(row, 2) == math.ceil(_told(row) / 700)


def test_what_a_second_uses_is_what_executions_use() -> None:
    own = 1 + 2  # planned by a write, ended by a transaction
    totals = 2

    assert _told("StartExecution") == EXECUTIONS
    assert _told("state transitions") == CALLS + TRANSITIONS_AROUND_CALLS * EXECUTIONS
    assert _told("write units of the history table") == 3 * CALLS + (own + totals) * EXECUTIONS


@pytest.mark.parametrize(("dollars", "command"), COSTS, ids=[command for _, command in COSTS])
def test_a_months_cost_is_what_the_command_prints(
    dollars: str, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "argv", shlex.split(command))

    with pytest.raises(SystemExit):
        main()

    assert re.findall(r"^ a month +([\d,.]+)", capsys.readouterr().out, re.MULTILINE) == [dollars]


def test_there_are_costs_to_hold() -> None:
    assert len(COSTS) == 3
