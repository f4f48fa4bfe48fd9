"""The parent's side of the browser host. It imports little: the local cloud's start waits for this module."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from browser_policy import OriginRules

_ADDRESS: Final = "127.0.0.1"
_BACKLOG: Final = 128
_END_SECONDS: Final = 5.0


class ProcessRegistry(Protocol):
    """Is told of every process group, so that none outlives this process however it ends."""

    def add(self, process_group: int) -> None:
        """The host has started."""

    def remove(self, process_group: int) -> None:
        """It has ended."""


class BrowserHost:
    """Starts the host and does not wait for it: whoever connects to `address` waits until it has started.

    Args:
        rules: where its browsers may go.
        folder: of its own; made if it is not there. Holds `host.log`, and a folder for each session.
        registry: the local cloud's reaper.
    """

    def __init__(self, rules: OriginRules, folder: Path, registry: ProcessRegistry) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._registry = registry
        self._lock = threading.Lock()
        token = secrets.token_hex(24)
        with socket.create_server((_ADDRESS, 0), backlog=_BACKLOG) as listening:
            self.address: Final[str] = f"http://{_ADDRESS}:{listening.getsockname()[1]}/{token}"
            self._process = _spawn(listening.fileno(), token, rules, folder)
        registry.add(self._process.pid)

    @property
    def pid(self) -> int:
        """The host's process, and its process group."""
        return self._process.pid

    def close(self) -> None:
        """End the host and its browsers, and wait for that up to 5 s; once more does nothing."""
        with self._lock:
            if self._process.returncode is not None:
                return
            self._process.terminate()
            if self._process.stdin is not None:
                self._process.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_SECONDS)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._registry.remove(self._process.pid)


def _spawn(socket_fd: int, token: str, rules: OriginRules, folder: Path) -> subprocess.Popen[bytes]:
    # -P: nothing is imported from the folder that the local cloud happens to run in.
    command = [sys.executable, "-P", "-m", __package__, "--socket-fd", str(socket_fd), "--token", token]
    with (folder / "host.log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - our own program
            [*command, "--rules", rules.to_json(), "--folder", str(folder)],
            stdin=subprocess.PIPE,  # the host ends when this pipe does
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=[socket_fd],
            start_new_session=True,
        )
