"""The process behind `reaper.Reaper`. A script: it imports nothing but the standard library, and little of that.

stdin: `+GROUP` and `-GROUP` lines until the other side is gone. argv: folders and files to remove then.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys


def main(paths: list[str]) -> None:
    """Wait for the end of stdin, then kill what is registered and remove `paths`."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        change = groups.add if line.startswith("+") else groups.discard
        change(int(line[1:]))
    for group in groups:
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGKILL)
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - pathlib would double this process's start
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                os.unlink(path)  # noqa: PTH108 - as above


if __name__ == "__main__":
    main(sys.argv[1:])
