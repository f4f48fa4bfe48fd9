"""Playwright's driver, in a thread of its own: started once a process, for its start takes longer than most calls.

A tool waits for its coroutine in Lambda's main thread, where its time limit strikes; the loop that drives the browser
is then told to stop, and is whole for the next call.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar

from playwright.async_api import Browser, Error, Playwright, async_playwright

from tool_contract.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from lambdas.runtime.sessions.provider import CdpEndpoint

_T = TypeVar("_T")

_CONNECTS_WITHIN_SECONDS: Final = 10.0
_STOPS_WITHIN_SECONDS: Final = 2.0


class NotConnected(Exception):
    """The browser did not take the connection."""


@dataclass(slots=True)
class Driver:
    """Runs coroutines on the thread's loop, and connects to browsers there."""

    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _playwright: Playwright | None = None
    _starting: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        threading.Thread(target=self._loop.run_forever, name="browser-driver", daemon=True).start()

    def run(self, work: Callable[[], Awaitable[_T]]) -> _T:
        """Run a coroutine to its end. Where this thread is interrupted, the coroutine is cancelled, and cleans up."""
        ended = threading.Event()

        async def worked() -> _T:
            try:
                return await work()
            finally:
                ended.set()

        future = asyncio.run_coroutine_threadsafe(worked(), self._loop)
        try:
            return future.result()
        except BaseException:
            if not future.done():
                future.cancel()
                ended.wait(_STOPS_WITHIN_SECONDS)
            raise

    @contextlib.asynccontextmanager
    async def connected(self, endpoint: CdpEndpoint) -> AsyncIterator[Browser]:
        """Give the body a connection to a browser. Raises NotConnected, Unavailable."""
        browser = await self._connect(endpoint)
        try:
            yield browser
        finally:
            # Of a browser that somebody else runs this ends the connection only.
            with contextlib.suppress(Error, TimeoutError):
                async with asyncio.timeout(_STOPS_WITHIN_SECONDS):
                    await browser.close()

    async def _connect(self, endpoint: CdpEndpoint) -> Browser:
        for _ in range(2):
            playwright = await self._started()
            try:
                async with asyncio.timeout(_CONNECTS_WITHIN_SECONDS):
                    return await playwright.chromium.connect_over_cdp(
                        endpoint.url,
                        headers=dict(endpoint.headers),
                        timeout=_CONNECTS_WITHIN_SECONDS * 1000,
                        no_defaults=True,  # its own would allow downloads
                    )
            except TimeoutError as error:
                raise NotConnected from error
            except Error as error:
                if type(error).__name__ != "TargetClosedError":
                    raise NotConnected from error
                self._playwright = None  # the driver itself has ended, not the browser that it was to connect to
        raise NotConnected

    async def _started(self) -> Playwright:
        async with self._starting:
            if self._playwright is None:
                try:
                    self._playwright = await async_playwright().start()
                except (Error, OSError) as error:
                    message = "The driver of the browser did not start."
                    raise Unavailable(message) from error
            return self._playwright


@cache
def driver() -> Driver:
    """Return the process's driver."""
    return Driver()
