"""The one place of the client that asks what time it is, or lets time pass."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Time, as the code that decides by it sees it."""

    def now_ms(self) -> int:
        """Return milliseconds since 1970."""

    def elapsed_ms(self) -> float:
        """Return milliseconds since an arbitrary moment; never goes backwards."""

    async def sleep(self, seconds: float) -> None:
        """Let seconds pass."""


class SystemClock:
    """The machine's own clock."""

    def now_ms(self) -> int:
        """Return milliseconds since 1970."""
        return time.time_ns() // 1_000_000

    def elapsed_ms(self) -> float:
        """Return milliseconds since an arbitrary moment; never goes backwards."""
        return time.perf_counter_ns() / 1_000_000

    async def sleep(self, seconds: float) -> None:
        """Let seconds pass."""
        await asyncio.sleep(seconds)
