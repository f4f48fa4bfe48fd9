"""What protects calls must not harm them: where the tool state table does not answer, calls go on without it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from lambdas.runtime import telemetry

#: How long the table is left alone after an error: a call that waits for it once more gains nothing.
PAUSE_SECONDS: Final = 5


class ToolStateUnavailable(Exception):
    """The tool state table did not answer, or holds something else than it should."""


@dataclass
class Pause:
    """Until when (milliseconds since 1970) a table is left alone."""

    until_ms: int = 0


@cache
def pause_of(table: str) -> Pause:  # noqa: ARG001 - the cache's key
    """Return the process's pause for a table: what one of its users has learnt, the others need not wait for again."""
    return Pause()


class Outage:
    """Remembers that the table failed. ``without`` says in the log what calls do without, e.g. "circuit breaker"."""

    def __init__(self, without: str, pause: Pause | None = None) -> None:
        self._without = without
        self._pause = pause or Pause()

    def lasts(self, now_ms: int) -> bool:
        """Whether the table is to be left alone now."""
        return 0 < self._pause.until_ms - now_ms <= PAUSE_SECONDS * 1000

    def begin(self, tool_name: str, error: Exception, now_ms: int) -> None:
        """Leave the table alone for a while, and say so in the log."""
        self._pause.until_ms = now_ms + PAUSE_SECONDS * 1000
        said = {"tool": tool_name, "reason": str(error), "for_seconds": PAUSE_SECONDS}
        telemetry.logger.warning(f"calls go on without {self._without}", extra=said)
