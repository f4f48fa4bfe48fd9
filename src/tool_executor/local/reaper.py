"""Nothing that this process starts may outlive it, however it ends.

A tiny process of its own waits at the end of a pipe. When the pipe closes, because this process ended well, was
interrupted, or was killed with -9, it kills every process group that is still registered and removes the run's folder.
A parent-death signal (Linux' PR_SET_PDEATHSIG) would not do: it is bound to the thread that started the child, and it
leaves grandchildren alone.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

_END_SECONDS = 5.0


class Reaper:
    """Registers process groups with the waiting process."""

    def __init__(self, remove_at_end: Sequence[Path] = ()) -> None:
        script = Path(__file__).with_name("reaper_process.py")
        self._lock = threading.Lock()
        self._process = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, "-I", "-S", str(script), *map(str, remove_at_end)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """The waiting process."""
        return self._process.pid

    def add(self, process_group: int) -> None:
        """Have a group killed when this process is gone."""
        self._tell(f"+{process_group}\n")

    def remove(self, process_group: int) -> None:
        """Forget a group that has ended: its number may be used again."""
        self._tell(f"-{process_group}\n")

    def close(self) -> None:
        """Kill and remove what is left, and wait until that is done."""
        if self._process.stdin is not None:
            with self._lock, contextlib.suppress(OSError):
                self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)

    def _tell(self, line: str) -> None:
        if self._process.stdin is None:
            return
        with self._lock, contextlib.suppress(OSError, ValueError):  # it is gone: nothing is left to tell
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()
