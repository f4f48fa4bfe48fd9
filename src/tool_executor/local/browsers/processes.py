"""The processes of one browser: ended together, and seen to be gone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_POLL_SECONDS: Final = 0.01


async def end_group(group: int, named_by: Path, within_seconds: float) -> bool:
    """Kill a process group and wait until nothing of it runs; False if something still does.

    Args:
        group: of Chromium's main process. Crash handlers leave the group and end with the process that they watch.
        named_by: a folder that stands in the command line of each of its processes.
        within_seconds: how long to wait. Where there is no /proc there is nothing to wait for.
    """
    end = time.monotonic() + within_seconds
    while True:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
        if not processes_naming(named_by):
            return True
        if time.monotonic() > end:
            return False
        await asyncio.sleep(_POLL_SECONDS)


def processes_naming(folder: Path) -> list[int]:
    """The processes in whose command line a folder stands. One that has ended and was not waited for has none."""
    name = str(folder).encode()
    found = []
    for process in _PROC.glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if name in process.read_bytes():
                found.append(int(process.parent.name))
    return found
