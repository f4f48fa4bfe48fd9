"""The file of seeds that once failed."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("failed_seeds.toml")


def kept_seeds(file: Path = FILE) -> tuple[int, ...]:
    """Return the seeds that once failed, in the order in which they were found."""
    entries = tomllib.loads(file.read_text("utf-8")).get("seed", [])
    return tuple(dict.fromkeys(int(entry["number"]) for entry in entries))


def keep(seed: int, what: str, file: Path = FILE) -> bool:
    """Add a seed and a word on what it was; False where it is kept already."""
    if seed in kept_seeds(file):
        return False
    with file.open("a", encoding="utf-8") as toml:
        # A JSON string of printable ASCII is a TOML string.
        toml.write(f"\n[[seed]]\nnumber = {seed}\nwhat = {json.dumps(what)}\n")
    return True
