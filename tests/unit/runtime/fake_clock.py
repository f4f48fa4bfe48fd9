"""A clock that stands still until a test moves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: 2026-11-20T10:00:00.000Z
START_MS: Final = 1_795_168_800_000
START: Final = "2026-11-20T10:00:00.000Z"


@dataclass
class FakeClock:
    """Milliseconds since 1970; elapsed time is the same time."""

    ms: int = START_MS

    def now_ms(self) -> int:
        return self.ms

    def elapsed_ms(self) -> float:
        return float(self.ms)

    def sleep(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)

    def advance(self, milliseconds: int) -> None:
        self.ms += milliseconds
