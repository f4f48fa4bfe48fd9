"""How a bulk gets on: lines checked, batches ended, calls a second, time left. All on standard error."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from tool_executor.cli.console import err

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tool_executor.bulk.machine import RunState
    from tool_executor.bulk.manifest import RunManifest
    from tool_executor.bulk.source import Line

_POLL_SECONDS: Final = 0.5
_SLOWEST_POLL_SECONDS: Final = 5.0
_TOLD_EACH: Final = 1000
#: Without a terminal a line is written each time so much more has ended.
_STEP_PERCENT: Final = 10


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. Calls and seconds are estimates: batches differ."""

    batches: int
    ended: int
    failed: int
    calls: int
    seconds: float

    @classmethod
    def of(cls, run: RunManifest, state: RunState, seconds: float) -> Progress:
        """Return a run's, after so many seconds."""
        failed = sum(state.batches.get(name, 0) for name in ("failed", "timedOut", "aborted"))
        return cls(run.batches, state.ended_batches, failed, run.calls, seconds)

    @property
    def share(self) -> float:
        """How much of it has ended."""
        return self.ended / self.batches if self.batches else 0.0

    def __str__(self) -> str:
        """Return it as a person reads it."""
        calls = round(self.calls * self.share)
        told = [f"{self.ended:,} of {self.batches:,} batches", f"about {calls:,} of {self.calls:,} calls"]
        if self.failed:
            told.append(f"{self.failed:,} failed")
        if self.ended and self.seconds:
            rate = calls / self.seconds
            told.append(f"{rate:,.1f} calls/s")
            told.append(f"{_duration(self.seconds / self.share - self.seconds)} left")
        return ", ".join(told)


def checking(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield lines and say how many have been checked."""
    with err.status("Checking the lines") as status:
        for count, line in enumerate(lines, 1):
            yield line
            if count % _TOLD_EACH == 0:
                status.update(f"Checking the lines: {count:,}")


def follow(look: Callable[[], RunState], run: RunManifest) -> RunState:
    """Show a run until it has ended."""
    began, pause, told = time.monotonic(), _POLL_SECONDS, -1
    with Live(console=err, refresh_per_second=4, transient=True, auto_refresh=err.is_terminal) as live:
        while True:
            state = look()
            progress = Progress.of(run, state, time.monotonic() - began)
            if err.is_terminal:
                live.update(_bar(progress))
            elif int(progress.share * 100) // _STEP_PERCENT > told:
                told = int(progress.share * 100) // _STEP_PERCENT
                err.print(str(progress), markup=False, highlight=False, soft_wrap=True)
            if not state.is_running:
                return state
            time.sleep(pause)
            pause = min(pause * 1.1, _SLOWEST_POLL_SECONDS)


def _bar(progress: Progress) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_row(ProgressBar(total=progress.batches or 1, completed=progress.ended, width=24), str(progress))
    return table


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
