"""The worked cases: published examples with their inputs, expected values and tolerance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_CASES: dict[str, list[dict[str, Any]]] = json.loads((Path(__file__).parent / "cases.json").read_text("utf-8"))


def cases(topic: str) -> list[dict[str, Any]]:
    return _CASES[topic]


def by_id(case: dict[str, Any]) -> str:
    return str(case["id"])
