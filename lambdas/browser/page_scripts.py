"""The scripts that are evaluated in pages, as files beside this one: what they return is the page's word."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent


@cache
def script(name: str) -> str:
    """Return the text of ``<name>.js``."""
    return (_HERE / f"{name}.js").read_text(encoding="utf-8")
