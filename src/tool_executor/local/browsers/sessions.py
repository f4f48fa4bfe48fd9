"""Sessions by key: one living browser for each key and generation."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from tool_executor.local.browsers.host_errors import SessionLost, TooManySessions

if TYPE_CHECKING:
    from tool_executor.local.browsers.session import BrowserSession

_KEPT_ENDED: Final = 1000
_LISTED_SECONDS: Final = 600.0


@dataclass
class Kept:
    """What is known of a key.

    Attributes:
        generation: of `session`; 0 before the first.
        touched: when somebody last asked for it, and `ended` when it was found to have ended: `time.monotonic()`.
    """

    key: str
    generation: int = 0
    session: BrowserSession | None = None
    timeout_seconds: float = 0.0
    touched: float = 0.0
    ended: float | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_open(self) -> bool:
        """Whether its browser lives."""
        return self.session is not None and self.session.state == "open"


class Opened(NamedTuple):
    """The answer to `open`: whether this call started the browser."""

    kept: Kept
    session: BrowserSession
    created: bool


class Sessions:
    """Opens and closes sessions. What has ended is remembered: that generation never comes back."""

    def __init__(self, launch: Callable[[], Awaitable[BrowserSession]], *, maximum: int) -> None:
        self._launch = launch
        self._maximum = maximum
        self._launching = 0
        self._kept: dict[str, Kept] = {}

    async def open(self, key: str, generation: int, timeout_seconds: float) -> Opened:
        """The browser of a key and generation, started if there is none yet.

        Raises:
            SessionLost: it has ended, or was replaced by a higher generation.
            TooManySessions: another one would be too many.
            BrowserFailed, BrowserMissing: it did not start. It may be asked for again.
        """
        kept = self._kept.setdefault(key, Kept(key))
        async with kept.lock:
            self._kept.setdefault(key, kept)  # it may have been forgotten while this waited
            if generation < kept.generation:
                raise SessionLost(f"Generation {generation} was replaced by {kept.generation}.")
            created = generation > kept.generation
            if created:
                await self._replace(kept, generation)
            if kept.session is None or not kept.is_open:
                raise SessionLost(f"The browser of generation {generation} has ended.")
            kept.timeout_seconds = timeout_seconds
            kept.touched = time.monotonic()
            return Opened(kept, kept.session, created)

    def find(self, key: str) -> Kept | None:
        """What is known of a key. Asking keeps its browser open."""
        kept = self._kept.get(key)
        if kept is None or kept.session is None:
            return None
        kept.touched = time.monotonic()
        return kept

    def listed(self) -> list[Kept]:
        """Those that are open, and those that were lost in the last ten minutes."""
        since = time.monotonic() - _LISTED_SECONDS
        return [
            kept
            for kept in self._kept.values()
            if kept.session is not None
            and (kept.is_open or (kept.session.state == "lost" and (kept.ended is None or kept.ended > since)))
        ]

    async def close(self, key: str) -> None:
        """End a key's browser; returns when it is gone."""
        kept = self._kept.get(key)
        if kept is not None:
            async with kept.lock:
                await _end(kept)

    async def close_idle(self) -> None:
        """End what nobody has asked for in its time, and forget what ended long ago."""
        now = time.monotonic()
        for kept in list(self._kept.values()):
            if kept.is_open and now - kept.touched > kept.timeout_seconds and not kept.lock.locked():
                async with kept.lock:
                    await _end(kept)
            elif kept.session is not None and not kept.is_open and kept.ended is None:
                kept.ended = now
        ended = [kept for kept in self._kept.values() if kept.ended is not None and not kept.lock.locked()]
        for kept in sorted(ended, key=lambda kept: kept.ended or 0.0)[:-_KEPT_ENDED]:
            del self._kept[kept.key]

    async def close_all(self) -> None:
        """End every browser."""
        await asyncio.gather(*(self.close(key) for key in list(self._kept)))

    async def _replace(self, kept: Kept, generation: int) -> None:
        living = sum(other.is_open for other in self._kept.values() if other is not kept)
        if living + self._launching >= self._maximum:
            raise TooManySessions(f"{self._maximum} sessions are open, which is as many as may be.")
        self._launching += 1
        try:
            await _end(kept)
            kept.session = await self._launch()
        finally:
            self._launching -= 1
        kept.generation = generation
        kept.ended = None


async def _end(kept: Kept) -> None:
    if kept.session is not None:
        await kept.session.close()
        kept.ended = kept.ended or time.monotonic()
