"""One session: a Chromium, its proxy, the client that stays attached to it, its folders."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Self

from tool_executor.local.browsers.cdp import CdpConnection, CdpFailed
from tool_executor.local.browsers.chromium import find_chromium
from tool_executor.local.browsers.command_line import SessionFolders, chromium_command, chromium_environment
from tool_executor.local.browsers.host_errors import BrowserFailed
from tool_executor.local.browsers.processes import end_group
from tool_executor.local.browsers.proxy import FilteringProxy
from tool_executor.local.browsers.resident import ResidentClient

if TYPE_CHECKING:
    from browser_policy import OriginRules
    from tool_executor.local.browsers.browser_host import ProcessRegistry

State = Literal["open", "lost", "closed"]

_START_SECONDS: Final = 30.0
_END_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.01
_LOG_TAIL_CHARACTERS: Final = 2000
_PORT_FILE_LINES: Final = 2


@dataclass(frozen=True)
class SessionSettings:
    """What all sessions of a host share.

    Attributes:
        folder: where each session gets a folder.
        temp: the same, with a short path, for sockets.
        registry: kills what is left when the host is killed.
    """

    rules: OriginRules
    folder: Path
    temp: Path
    registry: ProcessRegistry


class BrowserSession:
    """A living browser, until it is lost or closed.

    Attributes:
        session_id: of this browser; another generation has another one.
        state: `lost` when the browser has ended by itself.
        cdp_url: for Playwright's `connect_over_cdp`.
        opened_at: in UTC.
    """

    def __init__(self, settings: SessionSettings) -> None:
        self.session_id: Final = uuid.uuid4().hex[:16]
        self.state: State = "open"
        self.cdp_url = ""
        self.opened_at: Final = datetime.now(UTC)
        self.proxy: Final = FilteringProxy(settings.rules)
        self._settings = settings
        self._folders = SessionFolders(settings.folder / self.session_id, settings.temp / self.session_id)
        self._process: asyncio.subprocess.Process | None = None
        self._cdp: CdpConnection | None = None
        self._resident: ResidentClient | None = None
        self._reading: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._cleanup: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, settings: SessionSettings) -> Self:
        """Start a browser and attach to it.

        Raises:
            BrowserMissing: no Chromium is installed.
            BrowserFailed: it did not start; says what Chromium wrote.
        """
        session = cls(settings)
        try:
            await session._start()
        except (CdpFailed, OSError, TimeoutError) as error:
            said = session._log_tail()
            await session._clean_up_once()
            raise BrowserFailed(f"The browser did not start: {error or 'it took too long.'}", details=said) from error
        except BaseException:
            await session._clean_up_once()
            raise
        return session

    @property
    def pid(self) -> int:
        """Chromium's main process."""
        return self._process.pid if self._process else 0

    @property
    def resident(self) -> ResidentClient:
        """What the attached client has seen. Only of a session that was opened."""
        assert self._resident is not None  # noqa: S101 - `open` is the only way to a session
        return self._resident

    async def close(self) -> None:
        """End the browser; returns when its processes are gone. Once more does nothing."""
        if self.state == "open":
            self.state = "closed"
        await self._clean_up_once()

    async def _start(self) -> None:
        program = find_chromium()
        self._folders.make()
        proxy_port = await self.proxy.start()
        with self._folders.log.open("wb") as log:
            # A group of its own, which can be ended as a whole; the registry ends it if the host is killed.
            self._process = await asyncio.create_subprocess_exec(
                *chromium_command(program, self._folders, proxy_port),
                env=chromium_environment(self._folders),
                cwd=self._folders.home,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        self._settings.registry.add(self._process.pid)
        async with asyncio.timeout(_START_SECONDS):
            port, path = await self._devtools_endpoint(self._process)
            await self._attach(f"ws://127.0.0.1:{port}{path}")
        self.cdp_url = f"http://127.0.0.1:{port}"

    async def _devtools_endpoint(self, process: asyncio.subprocess.Process) -> tuple[int, str]:
        while process.returncode is None:
            with contextlib.suppress(FileNotFoundError):
                lines = self._folders.devtools_port_file.read_text().splitlines()
                if len(lines) == _PORT_FILE_LINES:
                    return int(lines[0]), lines[1]
            await asyncio.sleep(_POLL_SECONDS)
        raise CdpFailed(f"it ended with code {process.returncode}.")

    async def _attach(self, url: str) -> None:
        self._cdp = await CdpConnection.connect(url)
        self._resident = ResidentClient(self._cdp)
        self._reading = asyncio.create_task(self._cdp.read(self._resident.on_event))
        self._watching = asyncio.create_task(self._watch())
        await self._resident.settle_in()

    async def _watch(self) -> None:
        """The browser is lost when its process or the connection to it has ended: nobody would answer its dialogs."""
        assert self._process is not None  # noqa: S101 - started just before
        assert self._reading is not None  # noqa: S101 - as above
        ended = asyncio.ensure_future(self._process.wait())
        await asyncio.wait({ended, self._reading}, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        if self.state == "open":
            self.state = "lost"
        await self._clean_up_once()

    async def _clean_up_once(self) -> None:
        if self._cleanup is None:
            self._cleanup = asyncio.create_task(self._clean_up())
        await asyncio.shield(self._cleanup)

    async def _clean_up(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
            await end_group(self._process.pid, self._folders.home, _END_SECONDS)
            self._settings.registry.remove(self._process.pid)
        if self._cdp is not None:
            await self._cdp.close()
        if self._reading is not None:
            await asyncio.gather(self._reading, return_exceptions=True)
        await self.proxy.close()
        for folder in (self._folders.home, self._folders.temp):
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def _log_tail(self) -> str:
        try:
            return self._folders.log.read_text("utf-8", "replace")[-_LOG_TAIL_CHARACTERS:]
        except OSError:
            return ""
