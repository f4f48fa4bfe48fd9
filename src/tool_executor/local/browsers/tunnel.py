"""A granted CONNECT: bytes in both directions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from tool_executor.local.browsers.client_side import READ_BYTES
from tool_executor.local.browsers.proxy_limits import Meter, TooMuch

if TYPE_CHECKING:
    from tool_executor.local.browsers.dialer import Streams


async def tunnel(
    client: tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes], upstream: Streams, meter: Meter
) -> None:
    """Pass bytes on until both sides have ended.

    Raises:
        TooMuch: the other side sent more than the limit.
        OSError: either side has broken off.
    """
    client_reader, client_writer, early = client
    upstream_reader, upstream_writer = upstream
    upstream_writer.write(early)
    pumps = [
        asyncio.ensure_future(_pump(client_reader, upstream_writer, meter.sent)),
        asyncio.ensure_future(_pump(upstream_reader, client_writer, meter.received)),
    ]
    try:
        await asyncio.gather(*pumps)
    except TooMuch:
        client_writer.transport.abort()
        raise
    finally:
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: Callable[[int], None]) -> None:
    while data := await reader.read(READ_BYTES):
        count(len(data))
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
