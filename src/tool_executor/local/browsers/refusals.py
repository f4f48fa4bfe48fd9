"""What a session's proxy has refused, for the tool that wants to say why a page did not come."""

from __future__ import annotations

from collections import deque
from typing import Any, Final, NamedTuple

_KEPT: Final = 200
_MAX_TARGET_CHARACTERS: Final = 300


class Refusal(NamedTuple):
    """One refusal: its number, `host:port` or a URL without its query, and why."""

    seq: int
    target: str
    sentence: str


class Refusals:
    """The last two hundred, numbered from 1."""

    def __init__(self) -> None:
        self._kept: deque[Refusal] = deque(maxlen=_KEPT)
        self.last_seq = 0

    def add(self, target: str, sentence: str) -> None:
        """Remember one."""
        self.last_seq += 1
        self._kept.append(Refusal(self.last_seq, target[:_MAX_TARGET_CHARACTERS], sentence))

    def after(self, seq: int) -> list[dict[str, Any]]:
        """Those that came after number `seq`."""
        return [refusal._asdict() for refusal in self._kept if refusal.seq > seq]
