"""An event loop whose time is made of its own waits: an hour of sleeping takes no time, and each run is the same."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

_Answer = TypeVar("_Answer")


class _LeapingSelector(selectors.DefaultSelector):  # type: ignore[valid-type,misc]
    """Where the loop would wait for its next timer, it is that time at once."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise AssertionError("nothing will ever happen")  # a deadlock of what is tested
        self.now += max(0.0, timeout)
        found: list[Any] = super().select(0)
        return found


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop."""

    def __init__(self) -> None:
        self._leaping = _LeapingSelector()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.now


class VirtualClock:
    """A clock of the loop that runs; it began in 2026."""

    def now_ms(self) -> int:
        return 1_795_000_000_000 + round(self.elapsed_ms())

    def elapsed_ms(self) -> float:
        return asyncio.get_running_loop().time() * 1000

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def run(coroutine: Coroutine[Any, Any, _Answer]) -> _Answer:
    """Run to the end in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(coroutine)
