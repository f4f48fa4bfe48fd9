"""Keeps values that were revealed out of what is written and told: each becomes ``***``, however it was escaped."""

from __future__ import annotations

import html
import json
import re
from contextvars import ContextVar
from typing import Any, Final
from urllib.parse import quote, quote_plus

from tool_contract.context_value import Within

MASK: Final = "***"
#: Shorter values are not masked: whatever a tool says would be full of holes. The mask must be shorter than this.
MIN_MASKED_CHARACTERS: Final = 4


class Masks:
    """The values to mask. None yet: nothing is touched."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._forms: list[str] = []
        self._pattern: re.Pattern[str] | None = None

    def add(self, value: str) -> None:
        """Mask a value from now on, if it is long enough."""
        if len(value) < MIN_MASKED_CHARACTERS or value in self._values:
            return
        self._values.add(value)
        forms = {form for one in self._values for form in _forms(one)}
        self._forms = sorted(forms, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join(map(re.escape, self._forms)))

    def text(self, text: str) -> str:
        """Return a text without the values."""
        if self._pattern is None:
            return text
        # What is left around a mask may be a value again; each round is shorter than the one before.
        while (shorter := self._pattern.sub(MASK, text)) != text:
            text = shorter
        return text

    def start(self, text: str) -> str:
        """Return what a longer text begins with: without the values, and without the beginning of one at its end."""
        begun = max((_begun(form, text) for form in self._forms), default=0)
        return self.text(text[: len(text) - begun])

    def json_text(self, text: str) -> str:
        """Return a JSON text without the values, and still JSON: a number that is one becomes text."""
        if self._pattern is None:
            return text
        value = json.loads(text)  # nosemgrep: unguarded-json - the contract wrote it a moment ago
        return json.dumps(self._plain(value), ensure_ascii=False, separators=(",", ":"))

    def _plain(self, value: Any) -> Any:  # noqa: ANN401 - JSON is any value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self._plain(child) for child in value]
        if isinstance(value, dict):
            return {self.text(key): self._plain(child) for key, child in value.items()}
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return MASK if is_number and json.dumps(value) in self._values else value


def _begun(value: str, text: str) -> int:
    """Return how much of a value a text ends with, where that is not all of it."""
    longest = min(len(value) - 1, len(text))
    return next((n for n in range(longest, 0, -1) if value[n - 1] == text[-1] and text.endswith(value[:n])), 0)


def _forms(value: str) -> set[str]:
    """Return how a value may stand in a text: as it is, as Python, JSON, HTML, URLs or JSON pointers escape it."""
    pointer = value.replace("~", "~0").replace("/", "~1")
    plain = {value, repr(value)[1:-1], pointer, quote(value, safe="", errors="replace")}
    plain |= {quote_plus(value, errors="replace"), html.escape(value), html.escape(value, quote=False)}
    plain |= _as_browsers_write(value)
    plain |= _in_json(value)
    # A log line is JSON, and may hold any of these.
    return plain | {form for one in plain for form in _in_json(one)}


def _as_browsers_write(value: str) -> set[str]:
    """Return a value as JavaScript, forms, serialized HTML and collapsed blanks have it: not quite as Python does."""
    attribute = value.replace("&", "&amp;").replace("\u00a0", "&nbsp;").replace('"', "&quot;")
    return {
        quote(value, safe="!'()*~-_.", errors="replace"),
        quote_plus(value, safe="*-._", errors="replace").replace("~", "%7E"),
        attribute,
        attribute.replace("<", "&lt;").replace(">", "&gt;"),
        " ".join(value.split()) or value,
    }


def _in_json(text: str) -> set[str]:
    return {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}


_current: ContextVar[Masks | None] = ContextVar("current_masks", default=None)


def masked(text: str) -> str:
    """Return a text without the values that the running attempt has revealed."""
    masks = _current.get()
    return text if masks is None else masks.text(text)


def masked_start(text: str) -> str:
    """Return what a longer text begins with, without values that the running attempt has revealed, whole or begun."""
    masks = _current.get()
    return text if masks is None else masks.start(text)


def masked_json(text: str) -> str:
    """Return a JSON text without the values that the running attempt has revealed."""
    masks = _current.get()
    return text if masks is None else masks.json_text(text)


def masking(masks: Masks) -> Within[Masks | None]:
    """Make ``masks`` those of :func:`masked` in the body."""
    return Within(_current, masks)
