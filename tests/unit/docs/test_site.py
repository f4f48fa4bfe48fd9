"""The documentation's site builds without a warning, and its reference has every public name."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tool_executor
from tool_executor import agents

ROOT = Path(__file__).resolve().parents[3]
REFERENCE = ROOT / "docs" / "reference"
#: Names that the reference has under the name that the contract gives them.
ELSEWHERE = {"ToolExecutionStatus": "CallStatus"}

pytestmark = pytest.mark.xdist_group("site")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr + done.stdout
    return folder


def test_every_page_is_built_and_in_the_navigation(site: Path) -> None:
    pages = [page.relative_to(ROOT / "docs") for page in (ROOT / "docs").rglob("*.md")]
    start = (site / "index.html").read_text(encoding="utf-8")
    assert len(pages) > 15
    for page in pages:
        assert (site / page.with_suffix(".html")).is_file()
        assert page.name == "index.md" or f'href="{page.with_suffix(".html").as_posix()}"' in start


@pytest.mark.parametrize("name", [*tool_executor.__all__, *agents.__all__])
def test_every_public_name_stands_in_the_reference(site: Path, name: str) -> None:
    identifiers = {
        found.rsplit(".", 1)[-1]
        for page in REFERENCE.glob("*.md")
        for found in re.findall(r' id="([\w.]+)"', _html(site, page.name))
    }
    assert ELSEWHERE.get(name, name) in identifiers


def test_every_method_of_the_executor_stands_there(site: Path) -> None:
    html = _html(site, "client.md")
    methods = [name for name in dir(tool_executor.ToolExecutor) if not name.startswith("_")]
    assert [name for name in methods if f'.ToolExecutor.{name}"' not in html] == []


def test_a_reader_fetches_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        assert re.findall(r'(?:src="|<link[^>]+href=")(https?:[^"]+)', html) == []


def test_no_markup_of_docstrings_is_left_over(site: Path) -> None:
    for page in (site / "reference").glob("*.html"):
        text = re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8"))
        assert re.findall(r":(?:attr|class|func|meth):|``", text) == []


def _html(site: Path, page: str) -> str:
    return (site / "reference" / page).with_suffix(".html").read_text(encoding="utf-8")
