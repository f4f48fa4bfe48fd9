"""The Chrome DevTools protocol over one websocket."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Mapping
from typing import Any, Final, Self

import aiohttp

EventHandler = Callable[[str, Mapping[str, Any], "str | None"], None]
"""Is called with an event's method, its parameters and the CDP session that it belongs to."""

_CALL_SECONDS: Final = 10.0
_MAX_MESSAGE_BYTES: Final = 64 * 1024 * 1024


class CdpFailed(Exception):
    """The browser refused a command, did not answer it in time, or is gone."""


class CdpConnection:
    """Sends commands, hands events on. Its owner closes it."""

    def __init__(self, http: aiohttp.ClientSession, websocket: aiohttp.ClientWebSocketResponse) -> None:
        self._http = http
        self._websocket = websocket
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._posted: set[asyncio.Task[None]] = set()

    @classmethod
    async def connect(cls, url: str) -> Self:
        """Open the browser's own endpoint.

        Raises:
            CdpFailed: it does not answer.
        """
        http = aiohttp.ClientSession(trust_env=False)
        try:
            async with asyncio.timeout(_CALL_SECONDS):
                websocket = await http.ws_connect(url, max_msg_size=_MAX_MESSAGE_BYTES, autoping=True)
        except (aiohttp.ClientError, OSError) as error:
            await http.close()
            raise CdpFailed(f"The browser's DevTools did not answer: {error}") from error
        return cls(http, websocket)

    async def read(self, on_event: EventHandler) -> None:
        """Take what the browser sends until the connection ends."""
        try:
            async for message in self._websocket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._take(message.json(), on_event)
        finally:
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(CdpFailed("The browser is gone."))

    async def call(
        self, method: str, parameters: Mapping[str, Any] | None = None, session: str | None = None
    ) -> dict[str, Any]:
        """Send a command and wait for its answer, ten seconds at most.

        Raises:
            CdpFailed: as the class says.
        """
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        command = {"id": number, "method": method, "params": parameters or {}}
        try:
            await self._websocket.send_json(command if session is None else command | {"sessionId": session})
            return await asyncio.wait_for(answer, _CALL_SECONDS)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise CdpFailed(f"{method} was not answered.") from error
        finally:
            del self._waiting[number]

    def post(self, method: str, parameters: Mapping[str, Any] | None = None, session: str | None = None) -> None:
        """Send a command whose answer does not matter: pages come and go at any moment."""

        async def send() -> None:
            with contextlib.suppress(CdpFailed):
                await self.call(method, parameters, session)

        self.in_background(send())

    def in_background(self, work: Any) -> None:  # noqa: ANN401 - a coroutine
        """Run something that is cancelled when the connection is closed."""
        task = asyncio.get_running_loop().create_task(work)
        self._posted.add(task)
        task.add_done_callback(self._posted.discard)

    async def close(self) -> None:
        """Close the connection; once more does nothing."""
        for task in list(self._posted):
            task.cancel()
        await asyncio.gather(*self._posted, return_exceptions=True)
        await self._http.close()

    def _take(self, message: dict[str, Any], on_event: EventHandler) -> None:
        if "id" not in message:
            on_event(message["method"], message.get("params", {}), message.get("sessionId"))
            return
        answer = self._waiting.get(message["id"])
        if answer is None or answer.done():
            return
        if "error" in message:
            answer.set_exception(CdpFailed(str(message["error"].get("message", "The browser refused the command."))))
        else:
            answer.set_result(message.get("result", {}))
