"""The proxy's side towards the browser: one connection, one request."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

import h11

READ_BYTES: Final = 64 * 1024


class BadRequest(Exception):
    """What came is no request that a proxy takes. `str()` is a sentence."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


class ClientSide:
    """Reads the request and writes the answer. After any answer the connection is closed."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head_bytes: int) -> None:
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=head_bytes)

    @property
    def answer_begun(self) -> bool:
        """Whether the head of an answer has been written."""
        return self._http.our_state is not h11.IDLE and self._http.our_state is not h11.SEND_RESPONSE

    async def request(self) -> h11.Request | None:
        """The request's head; None if the client closed without one.

        Raises:
            BadRequest: it is no HTTP, or too large.
        """
        try:
            event = await self._next_event()
        except h11.RemoteProtocolError as error:
            raise BadRequest("That is no HTTP request.", error.error_status_hint) from error
        return event if isinstance(event, h11.Request) else None

    async def body_part(self) -> bytes | None:
        """The next part of the request's body, None at its end.

        Raises:
            h11.RemoteProtocolError: the body breaks off, or is no HTTP.
        """
        event = await self._next_event()
        return bytes(event.data) if isinstance(event, h11.Data) else None

    async def gone(self) -> bool:
        """Wait for what comes after the request: True if the client closes, False if it goes on to send."""
        return not await self._reader.read(1)

    async def send(self, event: h11.Event) -> None:
        """Write a part of the answer."""
        data = self._http.send(event)
        if data:
            self._writer.write(data)
            await self._writer.drain()

    async def answer(self, status: int, sentence: str, marker: str | None = None) -> None:
        """Write a whole answer of the proxy's own, unless another one has begun."""
        if self.answer_begun or self._http.our_state is h11.ERROR:
            return
        body = f"{sentence}\n".encode()
        headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
        ]
        if marker is not None:
            headers.append((marker, "1"))
        await self.send(h11.Response(status_code=status, headers=headers, reason=b"Proxy"))
        await self.send(h11.Data(data=body))
        await self.send(h11.EndOfMessage())

    async def become_tunnel(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes]:
        """Grant a CONNECT. Returns the connection, and what came on it with the request."""
        await self._next_event()  # the end of a request without a body
        await self.send(h11.Response(status_code=200, headers=[], reason=b"Connection established"))
        return self._reader, self._writer, self._http.trailing_data[0]

    async def finish(self) -> None:
        """Close in order, so that the answer arrives even if the client has sent more than was read."""
        with contextlib.suppress(OSError, RuntimeError):
            await self._writer.drain()
            if self._writer.can_write_eof():
                self._writer.write_eof()
            self._writer.close()
            await self._writer.wait_closed()

    def abort(self) -> None:
        """Cut the connection, if it is still open."""
        self._writer.transport.abort()

    async def _next_event(self) -> h11.Event | None:
        while not isinstance(event := self._http.next_event(), h11.Event):
            if event is h11.PAUSED:
                return None
            if self._http.they_are_waiting_for_100_continue:
                await self.send(h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue"))
            self._http.receive_data(await self._reader.read(READ_BYTES))
        return event
