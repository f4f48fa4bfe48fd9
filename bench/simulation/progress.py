"""How far a simulation is, on stderr: one line that is renewed on a terminal, one a minute in a file."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TERMINAL_SECONDS: Final = 1.0
_FILE_SECONDS: Final = 60.0


class Progress:
    """Counts the calls of all slices. ``kept`` has the calls of slices that an earlier run has finished."""

    def __init__(
        self,
        calls: int,
        slices: int,
        kept: Mapping[int, int],
        stream: TextIO,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._calls = calls
        self._slices = slices
        self._ended = dict(kept)
        self._finished = len(kept)
        self._before = sum(kept.values())
        self._stream = stream
        self._clock = clock
        self._began = self._told = clock()

    def tell(self, number: int, calls: int, *, finished: bool = False) -> None:
        """Take note of how many calls of a slice have ended, and say so if it is time or the slice is finished."""
        self._ended[number] = calls
        self._finished += finished
        now, is_terminal = self._clock(), self._stream.isatty()
        if not finished and now - self._told < (_TERMINAL_SECONDS if is_terminal else _FILE_SECONDS):
            return
        self._told = now
        print(
            f"\r\033[K{self.line()}" if is_terminal else self.line(), end="" if is_terminal else "\n", file=self._stream
        )
        self._stream.flush()

    def end(self) -> None:
        """Leave the line as it stands on a terminal."""
        if self._stream.isatty():
            print(file=self._stream)

    def line(self) -> str:
        """Return how far it is, and about how long it will take at the pace of this run."""
        ended, seconds = sum(self._ended.values()), self._clock() - self._began
        return (
            f"{self._finished} of {self._slices} slices, {ended:,} of {self._calls:,} calls"
            f" ({100 * ended / self._calls:.0f} %), {_told(seconds)} so far, {self._left(ended, seconds)}"
        )

    def _left(self, ended: int, seconds: float) -> str:
        new = ended - self._before
        return f"about {_told(seconds * (self._calls - ended) / new)} left" if new > 0 else "time left not known yet"


def _told(seconds: float) -> str:
    return str(timedelta(seconds=max(0, round(seconds))))
