"""The README as the tests read it: what it tells a user to type."""

from __future__ import annotations

import re
from functools import cache

from tests.e2e.conftest import ROOT


@cache
def text() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Return the README's code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text(), re.MULTILINE | re.DOTALL)


def marked(name: str) -> str:
    """Return the shell block that is marked for the tests by ``name``."""
    (block,) = re.findall(rf"<!-- run-by-tests: {name} -->\n```sh\n(.*?)^```", text(), re.MULTILINE | re.DOTALL)
    return str(block)
