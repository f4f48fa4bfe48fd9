"""The host's life: it serves until it is told to end, or until whoever started it is gone."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import socket
import stat
import sys
import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aiohttp import web

from tool_executor.local.browsers.api import HostApi
from tool_executor.local.browsers.session import BrowserSession, SessionSettings
from tool_executor.local.browsers.sessions import Sessions
from tool_executor.local.reaper import Reaper

if TYPE_CHECKING:
    from browser_policy import OriginRules

_log = logging.getLogger(__name__)
_SHORT_FOLDER: Final = "/tmp"  # noqa: S108 # nosec B108 - a socket's path has about a hundred characters; mkdtemp makes it ours
_RESOLVER_THREADS: Final = 32
_SWEEP_SECONDS: Final = 1.0


@dataclass(frozen=True)
class HostSettings:
    """How a host is started.

    Attributes:
        socket_fd: a listening socket that was inherited.
        token: begins every path.
        folder: sessions get their folders here.
        idle_seconds: a session's timeout where its PUT names none.
        max_sessions: open at once.
    """

    socket_fd: int
    token: str
    rules: OriginRules
    folder: Path
    idle_seconds: float
    max_sessions: int


async def serve(settings: HostSettings) -> None:
    """Serve until SIGTERM, SIGINT, or the end of stdin; then close every browser and remove every folder."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(_RESOLVER_THREADS))  # names that resolve slowly hold up no others
    end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, end.set)
    _watch_stdin(end)
    async with _sessions(settings) as sessions:
        api = HostApi(sessions, token=settings.token, default_timeout_seconds=settings.idle_seconds)
        runner = web.AppRunner(api.application(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.SockSite(runner, socket.socket(fileno=settings.socket_fd)).start()
        sweeping = asyncio.create_task(_sweep(sessions))
        await end.wait()
        sweeping.cancel()
        await runner.cleanup()


@asynccontextmanager
async def _sessions(settings: HostSettings) -> AsyncIterator[Sessions]:
    folder = settings.folder / "sessions"
    folder.mkdir(parents=True, exist_ok=True)
    temp = Path(tempfile.mkdtemp(prefix="te-", dir=_SHORT_FOLDER))
    reaper = Reaper(remove_at_end=[temp, folder])
    shared = SessionSettings(settings.rules, folder, temp, reaper)
    sessions = Sessions(lambda: BrowserSession.open(shared), maximum=settings.max_sessions)
    try:
        yield sessions
    finally:
        await sessions.close_all()
        shutil.rmtree(temp, ignore_errors=True)
        reaper.close()


async def _sweep(sessions: Sessions) -> None:
    while True:
        await asyncio.sleep(_SWEEP_SECONDS)
        try:
            await sessions.close_idle()
        except Exception:  # noqa: BLE001 - the next round may succeed
            _log.exception("Idle sessions could not be closed.")


def _watch_stdin(end: asyncio.Event) -> None:
    """End with the pipe that the parent holds.

    Its closing says at once that the parent is gone, however it ended; a changed getppid() would have to be polled, and
    a parent that hands the host to another one would look dead. A terminal or /dev/null is no such pipe.
    """
    stdin = sys.stdin.fileno()
    if not stat.S_ISFIFO(os.fstat(stdin).st_mode):
        return
    loop = asyncio.get_running_loop()

    def readable() -> None:
        if not os.read(stdin, 1024):
            loop.remove_reader(stdin)
            end.set()

    loop.add_reader(stdin, readable)
