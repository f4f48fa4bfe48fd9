"""The numbers of docs/costs.md are what its commands print."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from tool_executor.cli.main import main

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "costs.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```console\n\$ (tool-executor [^\n]+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
ROWS = re.findall(r"^\| (.+) \| ([\d,]+\.\d\d) \| `(tool-executor .+)` \|$", PAGE, re.MULTILINE)


def _printed(command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "80")
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
