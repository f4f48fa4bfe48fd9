"""Pictures and the morning review, drawn from what the deployed tools answer."""

from __future__ import annotations

import re
import struct
import sys
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import ROOT, Shell

if TYPE_CHECKING:
    from pathlib import Path

    from tests.local.conftest import Deployed

#: What a machine without a display has, though somebody's settings ask for windows.
NO_DISPLAY = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "MPLBACKEND": "TkAgg"}


@pytest.fixture
def shell(deployed: Deployed, tmp_path: Path) -> Shell:
    return Shell({**deployed.environment, **NO_DISPLAY}, tmp_path)


def check_picture(file: Path) -> None:
    content = file.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", content[16:24]) == (1200, 800)
    assert len(content) > 50_000


def test_plot_draws_what_the_tools_answer(shell: Shell) -> None:
    told = shell.json("tool-executor", "inventory", "plot", "P001", "WH001", "--json")
    assert told["path"] == "P001-WH001.png"
    assert told["order_up_to"] > told["reorder_point"] > 0
    check_picture(shell.folder / told["path"])


def test_plot_of_an_unknown_product_exits_1_with_close_names(shell: Shell) -> None:
    said = shell.run("tool-executor", "inventory", "plot", "P0001", "WH001", code=1)
    assert "NotFound: There is no product 'P0001'" in said
    assert "Did you mean P001" in said


def test_the_morning_review_is_a_report_with_pictures(shell: Shell) -> None:
    example = str(ROOT / "examples" / "morning_review.py")
    options = ("--top", "3", "--pictures", "1", "--output", "out")
    said = shell.run(sys.executable, example, "WH003", "WH009", *options, code=1)
    assert "Missing: WH009: identify_stockout_risks: NotFound" in " ".join(said.split())
    text = (shell.folder / "out" / "review.md").read_text(encoding="utf-8")
    assert len(re.findall(r"^\| \*\*P\d+\*\* \|", text, re.MULTILINE)) == 3
    assert "| WH009 | ? |" in text
    (picture,) = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)
    check_picture(shell.folder / "out" / picture)
