"""A filtering forward proxy: the only way from a session's browser to any network.

It takes CONNECT, and requests in absolute form for plain HTTP; one request a connection. It resolves names itself and
connects to the address that it has checked.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

import h11

from browser_policy.headers import REFUSED_HEADER, UNREACHABLE_HEADER
from tool_executor.local.browsers.client_side import BadRequest, ClientSide
from tool_executor.local.browsers.dialer import Dialer, Refused, Resolver, Unreachable
from tool_executor.local.browsers.forwarding import forward
from tool_executor.local.browsers.proxy_limits import Meter, ProxyLimits, TooMuch
from tool_executor.local.browsers.refusals import Refusals
from tool_executor.local.browsers.request_target import RequestTarget
from tool_executor.local.browsers.tunnel import tunnel

if TYPE_CHECKING:
    from browser_policy import OriginRules

_log = logging.getLogger(__name__)
_ADDRESS: Final = "127.0.0.1"


class FilteringProxy:
    """One session's proxy.

    Attributes:
        refusals: what it has refused so far.
    """

    def __init__(
        self, rules: OriginRules, *, limits: ProxyLimits | None = None, resolve: Resolver | None = None
    ) -> None:
        self.refusals = Refusals()
        self._rules = rules
        self._limits = limits or ProxyLimits()
        self._dialer = Dialer(rules, connect_seconds=self._limits.connect_seconds, resolve=resolve)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> int:
        """Listen on a free port of 127.0.0.1, and return the port."""
        self._server = await asyncio.start_server(self._accept, _ADDRESS, 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        """Stop listening and cut every connection; once more does nothing."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= self._limits.connections:
            writer.transport.abort()
            return
        task = asyncio.get_running_loop().create_task(self._serve(ClientSide(reader, writer, self._limits.head_bytes)))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, client: ClientSide) -> None:
        try:
            async with Meter(self._limits) as meter:
                await self._answer(client, meter)
                await client.finish()
        except (OSError, TimeoutError, h11.ProtocolError):
            pass  # either side is gone, silent, or speaks no HTTP: the connection ends, which says as much
        except Exception:  # noqa: BLE001 - one connection's failure is not the proxy's end
            _log.exception("A connection of the proxy failed.")
        finally:
            client.abort()

    async def _answer(self, client: ClientSide, meter: Meter) -> None:
        label = ""
        try:
            request = await client.request()
            if request is None:
                return
            target = RequestTarget.of(request)
            label = target.label
            await self._pass_on(client, request, target, meter)
        except BadRequest as error:
            await client.answer(error.status, str(error))
        except Refused as error:
            self.refusals.add(label, str(error))
            await client.answer(403, str(error), REFUSED_HEADER)
        except Unreachable as error:
            await client.answer(502, str(error), UNREACHABLE_HEADER)
        except TooMuch:
            self.refusals.add(label, self._limits.download_sentence)

    async def _pass_on(self, client: ClientSide, request: h11.Request, target: RequestTarget, meter: Meter) -> None:
        if sentence := target.refusal(self._rules):
            raise Refused(sentence)
        upstream = await self._dialer.connect(target.host, target.port)
        try:
            if target.is_tunnel:
                await tunnel(await client.become_tunnel(), upstream, meter)
            else:
                await forward(client, request, target, upstream, meter)
        finally:
            upstream[1].transport.abort()
