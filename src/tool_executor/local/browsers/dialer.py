"""Connects to a host by an address that it has checked. The name is resolved once: it cannot change in between."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from browser_policy import OriginRules

Resolver = Callable[[str, int], Awaitable[list[str]]]
"""All addresses of a host, the preferred one first. Raises OSError if there are none."""

Connector = Callable[[str, int], Awaitable["Streams"]]
"""Connects to an address, as `asyncio.open_connection` does."""

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

_ATTEMPT_SECONDS: Final = 4.0
"""How long one of several addresses is tried: a network that drops IPv6 must not use up all of the time."""


class Refused(Exception):
    """Not to be connected to. `str()` is the sentence that says why."""


class Unreachable(Exception):
    """There is no such host, or it did not answer. `str()` is a sentence."""


class Dialer:
    """Opens the connections that the rules allow.

    Args:
        rules: for the addresses; the caller has asked them about host and port.
        connect_seconds: for resolving and connecting together.
        resolve: in place of the machine's resolver.
        connect: in place of the machine's network.
    """

    def __init__(
        self,
        rules: OriginRules,
        *,
        connect_seconds: float = 10.0,
        resolve: Resolver | None = None,
        connect: Connector = asyncio.open_connection,
    ) -> None:
        self._rules = rules
        self._connect_seconds = connect_seconds
        self._resolve = resolve or _resolve_by_system
        self._connect = connect

    async def connect(self, host: str, port: int) -> Streams:
        """Resolve, check every address, connect to the first that answers.

        Raises:
            Refused: one of the addresses is not allowed. One is enough: the browser may not choose among them either.
            Unreachable: no address, or no answer.
        """
        try:
            async with asyncio.timeout(self._connect_seconds):
                addresses = await self._checked_addresses(host, port)
                return await self._first_connection(addresses, port)
        except TimeoutError as error:
            raise Unreachable(f"{host} did not answer in time.") from error
        except (OSError, UnicodeError) as error:
            raise Unreachable(_why(error, host, port)) from error

    async def _checked_addresses(self, host: str, port: int) -> list[str]:
        addresses = await self._resolve(host, port)
        for address in addresses:
            if sentence := self._rules.refusal_of_address(host, port, address):
                raise Refused(sentence)
        return addresses

    async def _first_connection(self, addresses: list[str], port: int) -> Streams:
        failure: Exception = OSError("no address")
        for address in addresses:
            try:
                async with asyncio.timeout(_ATTEMPT_SECONDS if len(addresses) > 1 else None):
                    # An address, not a name: asyncio asks no resolver for it.
                    return await self._connect(address, port)
            except (OSError, TimeoutError) as error:
                failure = error
        raise failure


def _why(error: Exception, host: str, port: int) -> str:
    if isinstance(error, (socket.gaierror, UnicodeError)):
        return f"There is no host of the name {host}."
    if isinstance(error, ConnectionRefusedError):
        return f"{host} refused the connection to port {port}: nothing listens there."
    return f"{host} cannot be reached."


async def _resolve_by_system(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
