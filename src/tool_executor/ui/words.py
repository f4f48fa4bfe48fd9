"""How the page writes times, figures, statuses and JSON: the filters of its templates."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from tool_contract.problems import shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tool_executor.artifact_files import ArtifactFile

#: Each status with a sign of its own, so that colour is not needed to tell them apart.
_SIGNS: Final = {
    "success": "✓",
    "succeeded": "✓",
    "closed": "✓",
    "partial": "◐",
    "half_open": "◐",
    "running": "▶",
    "retrying": "↻",
    "failed": "✕",
    "open": "✕",
    "forced_open": "✕",
    "unreadable": "?",
    "timeout": "◔",
    "skipped": "»",
    "cancelled": "■",
    "pending": "…",
    "planning": "…",
    "forced_closed": "✓",
}
#: The colours that a status has: ``good``, ``bad``, ``warn``, ``busy`` or ``quiet``.
_TONES: Final = {
    "good": {"success", "succeeded", "closed"},
    "bad": {"failed", "timeout", "open", "forced_open", "unreadable"},
    "warn": {"partial", "half_open", "retrying", "forced_closed"},
    "busy": {"running", "planning"},
}
#: Pictures are shown. Whatever else a tool has kept is a file to save: a page's HTML must not run as one of ours.
_PICTURES: Final = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"}
#: Of an error in a list: all of it is on the call's own page.
_LONGEST_SENTENCE: Final = 160
_SECOND_MS: Final = 1000
_MINUTE_MS: Final = 60_000
_KILO: Final = 1024


def sign(status: str) -> str:
    """Return a status's sign."""
    return _SIGNS.get(status, "·")


def tone(status: str) -> str:
    """Return the colour of a status, by name."""
    return next((name for name, statuses in _TONES.items() if status in statuses), "quiet")


def duration(milliseconds: float | None) -> str:
    """Return a duration, e.g. ``12 ms``, ``3.4 s``, ``2 min 5 s``."""
    if milliseconds is None:
        return ""
    if milliseconds < _SECOND_MS:
        return f"{milliseconds:.0f} ms"
    if milliseconds < _MINUTE_MS:
        return f"{milliseconds / _SECOND_MS:.3g} s"
    minutes, seconds = divmod(round(milliseconds / _SECOND_MS), 60)
    return f"{minutes:,} min {seconds} s"


def size(count: int) -> str:
    """Return a number of bytes, e.g. ``812 B``, ``12.3 KB``."""
    if count < _KILO:
        return f"{count} B"
    return f"{count / _KILO:.1f} KB" if count < _KILO**2 else f"{count / _KILO**2:.1f} MB"


def moment(iso: str) -> str:
    """Return a time of the history, e.g. ``2026-11-20 10:00:03``: UTC, without fractions."""
    return iso[:19].replace("T", " ")


def pretty(value: Any) -> str:  # noqa: ANN401 - JSON is any value
    """Return JSON to be read."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def plain(status: str) -> str:
    """Return a word of the contract as prose has it."""
    return status.replace("_", " ")


def first_sentence(text: str) -> str:
    """Return what a description says first."""
    line = text.partition("\n")[0]
    head, stop, _ = line.partition(". ")
    return head + stop.strip()


def paragraphs(text: str) -> list[str]:
    """Return a docstring's paragraphs, each as one line."""
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]


def counts(row: Mapping[str, Any]) -> str:
    """Return how an execution's calls ended, e.g. ``12 success, 1 failed``; empty while it runs."""
    found = row.get("counts") or {}
    return ", ".join(f"{int(count)} {status}" for status, count in found.items() if count and status != "total")


def is_picture(file: ArtifactFile) -> bool:
    """Whether a file is shown."""
    return picture_type(file.name) is not None


def picture_type(name: str) -> str | None:
    """Return the media type of a picture's name; None of any other file."""
    return _PICTURES.get(name.rpartition(".")[2].lower())


def segment(text: str) -> str:
    """Return a text as one segment of a path."""
    return quote(text, safe="")


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "sign": sign,
    "tone": tone,
    "duration": duration,
    "size": size,
    "moment": moment,
    "pretty": pretty,
    "plain": plain,
    "segment": segment,
    "first_sentence": first_sentence,
    "counts": counts,
    "shortened": partial(shortened, limit=_LONGEST_SENTENCE),
    "paragraphs": paragraphs,
    "is_picture": is_picture,
}
