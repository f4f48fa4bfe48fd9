"""What an action has set in motion: whether it has begun, and who is told before it does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tool_contract.errors import Effect

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(slots=True)
class Action:
    """One call's doing. ``before`` and ``before_secret`` write it down in the session, where a thread may wait.

    ``effect`` is none until something is sent to the page, unknown while it is, applied when the browser said so.
    """

    before: Callable[[], None]
    before_secret: Callable[[str, str], None]
    effect: Effect = Effect.NONE

    async def announce(self) -> None:
        """Write down that something is about to be clicked or typed. Raises SessionLost, Unavailable."""
        await asyncio.to_thread(self.before)

    async def announce_secret(self, name: str, origin: str) -> None:
        """Write down that a secret is about to be typed. Raises SessionLost, Unavailable."""
        await asyncio.to_thread(self.before_secret, name, origin)

    def begins(self) -> None:
        """From now on nobody knows."""
        self.effect = Effect.UNKNOWN

    def done(self) -> None:
        """The browser has done it."""
        self.effect = Effect.APPLIED

    def undone(self) -> None:
        """The browser did not get that far."""
        self.effect = Effect.NONE
