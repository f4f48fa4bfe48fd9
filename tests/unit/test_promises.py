"""The pages of promises, and of threats, name tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "semantics.md").read_text(encoding="utf-8")
TESTS = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
PAGES = (TEXT, *((ROOT / page).read_text(encoding="utf-8") for page in ("SECURITY.md", "docs/security.md")))
QUOTED = [quoted for page in PAGES for quoted in re.findall(r"`([^`\n]+)`", page)]


@pytest.mark.parametrize("path", sorted({quoted.split("::")[0] for quoted in QUOTED if quoted.startswith("tests/")}))
def test_a_file_that_is_named_exists(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("name", sorted({name for quoted in QUOTED for name in re.findall(r"\btest_\w+$", quoted)}))
def test_a_test_that_is_named_exists(name: str) -> None:
    assert f"def {name}(" in TESTS


def test_every_promise_names_a_test() -> None:
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", TEXT.split("Not promised")[0], re.MULTILINE)[2:]
    assert len(rows) > 15
    assert all("test" in shown for _, shown in rows)
