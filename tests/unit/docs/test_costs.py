"""The numbers of docs/costs.md are what its commands print."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from tests.unit.costs.works import ASSUMED, call_work
from tool_executor.cli.main import main
from tool_executor.costs.bill import bill_of
from tool_executor.costs.comparison import by_express
from tool_executor.costs.execution_usage import parts_of
from tool_executor.costs.work import ExecutionWork

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "costs.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```console\n\$ (tool-executor [^\n]+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
EXPRESS = re.findall(r"^\| (\d+) \| ([\d.]+) \| ([\d.]+) \| (\d+) s \|$", PAGE, re.MULTILINE)
ROWS = re.findall(r"^\| (.+) \| ([\d,]+\.\d\d) \| `(tool-executor .+)` \|$", PAGE, re.MULTILINE)


def _printed(command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("FORCE_COLOR", "1")  # the page shows what a terminal does
    monkeypatch.setattr(sys, "argv", shlex.split(command))
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    return "\n".join(line.rstrip() for line in capsys.readouterr().out.splitlines()).strip("\n")


def test_the_page_has_commands_with_their_output_and_tables_with_commands() -> None:
    assert len(BLOCKS) == 3, [command for command, _ in BLOCKS]
    assert len(ROWS) >= 8


@pytest.mark.parametrize(("command", "shown"), BLOCKS, ids=[command for command, _ in BLOCKS])
def test_a_command_prints_what_the_page_shows(
    command: str, shown: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = _printed(command, monkeypatch, capsys)
    if "..." in shown:
        assert printed.endswith(shown.split("...\n", 1)[1].strip("\n"))
    else:
        assert printed == shown.strip("\n")


@pytest.mark.parametrize(("what", "dollars", "command"), ROWS, ids=[what for what, _, _ in ROWS])
def test_a_number_in_a_table_is_the_months_sum_that_the_command_beside_it_prints(
    what: str, dollars: str, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert what
    printed = _printed(command, monkeypatch, capsys)
    assert re.findall(r"^ a month +([\d,.]+)", printed, re.MULTILINE) == [dollars]


def _machine_dollars(calls: int, seconds: float) -> tuple[float, float]:
    """The state machine's part of an execution of so many seconds, Standard and Express: with its logs."""
    around = (ASSUMED.planner_ms + ASSUMED.finisher_ms) / 1000
    alike = ASSUMED.model_copy(
        update={"planner_ms_per_call": 0, "finisher_ms_per_call": 0, "runtime_ms": 0, "cold_starts": 0}
    )
    work = ExecutionWork(calls=(call_work(run_seconds=seconds - around),) * calls, lanes=calls)
    bills = [bill_of(parts_of(work, each)) for each in (alike, by_express(alike))]
    logs = bills[1].by_service["CloudWatch"] - bills[0].by_service["CloudWatch"]
    return bills[0].by_service["Step Functions"], bills[1].by_service["Step Functions"] + logs


@pytest.mark.parametrize(("calls", "standard", "express", "seconds"), EXPRESS)
def test_express_is_cheaper_for_as_long_as_the_page_says(calls: str, standard: str, express: str, seconds: str) -> None:
    def a_million(length: float) -> tuple[float, float]:
        one, other = _machine_dollars(int(calls), length)
        return round(one * 1e6, 2), round(other * 1e6, 2)

    assert a_million(1) == (float(standard), float(express))
    before, after = a_million(int(seconds) - 1), a_million(int(seconds) + 2)
    assert before[1] < before[0]
    assert after[1] > after[0]


def test_the_page_says_it_for_one_call_and_for_ten() -> None:
    assert [calls for calls, *_ in EXPRESS] == ["1", "3", "10"]
