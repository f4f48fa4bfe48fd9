"""A proxy, servers behind it that remember what reached them, and a client that speaks raw bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from browser_policy import OriginRules
from tool_executor.local.browsers.proxy import FilteringProxy

if TYPE_CHECKING:
    from tool_executor.local.browsers.proxy_limits import ProxyLimits

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """Remembers every connection's bytes; answers as it was told to."""

    answer: bytes | Answer = OK
    port: int = 0
    connections: list[bytes] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(b"")
        try:
            if not isinstance(self.answer, bytes):
                await self.answer(reader, writer)
                return
            self.connections[-1] = await reader.readuntil(b"\r\n\r\n")
            writer.write(self.answer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@dataclass
class Proxied:
    """What a test talks to."""

    proxy: FilteringProxy
    port: int
    server: Server

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def exchange(self, sent: bytes) -> bytes:
        """All that the proxy answers until it closes."""
        reader, writer = await self.connect()
        writer.write(sent)
        try:
            async with asyncio.timeout(5):
                return await reader.read()
        except ConnectionResetError:
            return b""
        finally:
            writer.transport.abort()

    @property
    def refused(self) -> list[tuple[str, str]]:
        return [(refusal["target"], refusal["sentence"]) for refusal in self.proxy.refusals.after(0)]


@asynccontextmanager
async def proxied(
    answer: bytes | Answer = OK,
    *,
    private: bool = True,
    limits: ProxyLimits | None = None,
    resolver: Callable[[str], Sequence[str]] | None = None,
) -> AsyncIterator[Proxied]:
    """A proxy in front of a server, which the rules name as private or do not."""
    server = Server(answer)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]

    async def resolve(host: str, _port: int) -> list[str]:
        return list(resolver(host)) if resolver else [host]

    rules = OriginRules.parse(private=[server.origin] if private else [])
    proxy = FilteringProxy(rules, limits=limits, resolve=resolve if resolver else None)
    try:
        yield Proxied(proxy, await proxy.start(), server)
    finally:
        await proxy.close()
        listening.close()
