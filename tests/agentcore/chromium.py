"""A Chromium for one session: a process group and a profile that end with it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tool_executor.local.browsers.chromium import find_chromium

_SWITCHES: Final = (
    "--headless=new",
    "--remote-debugging-port=0",
    "--no-sandbox",
    "--no-zygote",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
)
_START_SECONDS: Final = 30
_PORT_FILE_LINES: Final = 2


@dataclass
class Chromium:
    """A browser that is started by ``start`` and gone after ``end``; ``url`` is its DevTools WebSocket."""

    width: int
    height: int
    url: str = ""
    profile: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="agentcore-")))
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            find_chromium(),
            *_SWITCHES,
            f"--window-size={self.width},{self.height}",
            f"--user-data-dir={self.profile}",
            "about:blank",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            env={"PATH": os.environ["PATH"], "HOME": str(self.profile)},
        )
        async with asyncio.timeout(_START_SECONDS):
            while not (lines := self._port_file()):
                assert self.process.returncode is None, "Chromium did not start"
                await asyncio.sleep(0.02)
        self.url = f"ws://127.0.0.1:{lines[0]}{lines[1]}"

    async def end(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            await self.process.wait()
        for _ in range(50):  # its children may still be writing
            shutil.rmtree(self.profile, ignore_errors=True)
            if not self.profile.exists():
                return
            await asyncio.sleep(0.02)

    def _port_file(self) -> list[str]:
        try:
            lines = (self.profile / "DevToolsActivePort").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        return lines if len(lines) == _PORT_FILE_LINES else []
