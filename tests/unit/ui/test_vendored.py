"""The page's copies of others' files are those of npm, unchanged, with their licences."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tool_executor.ui.rendering import FOLDER

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ROOT / "tests" / "npm" / "node_modules"
COPIES = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "htmx.LICENSE.txt": "htmx.org/LICENSE",
    "uPlot.iife.min.js": "uplot/dist/uPlot.iife.min.js",
    "uPlot.min.css": "uplot/dist/uPlot.min.css",
    "uPlot.LICENSE.txt": "uplot/LICENSE",
}


@pytest.mark.parametrize(("copy", "original"), COPIES.items())
def test_a_copy_is_the_pinned_packages_own_file(copy: str, original: str) -> None:
    assert (FOLDER / "static" / copy).read_bytes() == (PACKAGES / original).read_bytes()


def test_what_is_installed_is_what_is_pinned() -> None:
    pinned = json.loads((ROOT / "tests" / "npm" / "package.json").read_text())["devDependencies"]
    for name in ("htmx.org", "uplot"):
        assert json.loads((PACKAGES / name / "package.json").read_text())["version"] == pinned[name]


def test_all_that_a_browser_fetches_is_small() -> None:
    files = [path for path in (FOLDER / "static").iterdir() if path.suffix in {".js", ".css", ".svg"}]
    assert sum(path.stat().st_size for path in files) < 140_000


def test_every_file_is_the_projects_own_or_a_known_copy() -> None:
    own = {"charts.js", "icon.svg", "page.css", "page.js"}
    assert {path.name for path in (FOLDER / "static").iterdir()} == own | COPIES.keys()
