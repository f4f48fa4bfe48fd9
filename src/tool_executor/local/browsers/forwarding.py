"""A request of plain HTTP, written anew for the other side, and its answer, written anew for the browser."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import h11

from tool_executor.local.browsers.client_side import READ_BYTES, ClientSide
from tool_executor.local.browsers.dialer import Streams, Unreachable

if TYPE_CHECKING:
    from tool_executor.local.browsers.proxy_limits import Meter
    from tool_executor.local.browsers.request_target import RequestTarget

_HOP_BY_HOP: Final = frozenset(
    {b"connection", b"keep-alive", b"te", b"trailer", b"upgrade", b"expect", b"http2-settings"}
)
_CLOSE: Final = (b"Connection", b"close")

Headers = list[tuple[bytes, bytes]]


async def forward(
    client: ClientSide, request: h11.Request, target: RequestTarget, upstream: Streams, meter: Meter
) -> None:
    """Pass a request on and its answer back.

    Raises:
        Unreachable: the other side gave no answer in HTTP.
        TooMuch: it sent more than the limit.
        OSError, h11.ProtocolError: either side broke off in the middle.
    """
    exchange = _Exchange(client, target, upstream, meter, request)
    upload = asyncio.ensure_future(exchange.send_request())
    try:
        await exchange.send_answer()
    finally:
        upload.cancel()
        await asyncio.gather(upload, return_exceptions=True)


class _Exchange:
    def __init__(
        self, client: ClientSide, target: RequestTarget, upstream: Streams, meter: Meter, request: h11.Request
    ) -> None:
        self._client = client
        self._target = target
        self._reader, self._writer = upstream
        self._meter = meter
        self._http = h11.Connection(h11.CLIENT)
        # Its head is known to h11 before the answer is read, whose framing depends on it.
        self._head = self._http.send(self._request(request)) or b""

    async def send_request(self) -> None:
        """Write head and body; then watch whether the client goes away."""
        try:
            self._writer.write(self._head)
            while (part := await self._client.body_part()) is not None:
                await self._write(h11.Data(data=part))
            await self._write(h11.EndOfMessage())
        except OSError:
            return  # the other side reads no more; it may have answered
        except h11.ProtocolError:
            self._writer.transport.abort()  # half a request must not pass for a whole one
            return
        if await self._client.gone():
            self._writer.transport.abort()

    async def send_answer(self) -> None:
        """Read the answer and write it to the client."""
        try:
            answer = await self._answer_head()
        except (h11.RemoteProtocolError, OSError) as error:
            raise Unreachable(f"{self._target.host} did not answer in HTTP.") from error
        headers = [*_end_to_end(answer.headers), _CLOSE]
        await self._client.send(h11.Response(status_code=answer.status_code, reason=answer.reason, headers=headers))
        while isinstance(part := await self._next_event(), h11.Data):
            await self._client.send(h11.Data(data=bytes(part.data)))
        await self._client.send(h11.EndOfMessage())

    def _request(self, request: h11.Request) -> h11.Request:
        url = self._target.url
        host = url.origin.partition("://")[2] if url else self._target.host
        # The host is the one that was checked, whatever the client's own header says.
        headers = [(b"Host", host.encode()), *_end_to_end(request.headers, b"host"), _CLOSE]
        return h11.Request(method=request.method, target=self._target.path.encode("latin-1"), headers=headers)

    async def _write(self, event: h11.Data | h11.EndOfMessage) -> None:
        data = self._http.send(event)
        if data:
            self._meter.sent(len(data))
            self._writer.write(data)
            await self._writer.drain()

    async def _answer_head(self) -> h11.Response:
        while not isinstance(event := await self._next_event(), h11.Response):
            if not isinstance(event, h11.InformationalResponse):
                raise h11.RemoteProtocolError("The answer ended before it began.")
        return event

    async def _next_event(self) -> h11.Event | None:
        while not isinstance(event := self._http.next_event(), h11.Event):
            if event is h11.PAUSED:
                return None
            data = await self._reader.read(READ_BYTES)
            self._meter.received(len(data))
            self._http.receive_data(data)
        return event


def _end_to_end(headers: Iterable[tuple[bytes, bytes]], *without: bytes) -> Headers:
    """Without what concerns one connection only: by name, and by what the Connection header names."""
    headers = list(headers)
    named = {token.strip().lower() for name, value in headers if name == b"connection" for token in value.split(b",")}
    left_out = _HOP_BY_HOP | named - {b"content-length", b"transfer-encoding"} | set(without)
    return [(name, value) for name, value in headers if name not in left_out and not name.startswith(b"proxy-")]
