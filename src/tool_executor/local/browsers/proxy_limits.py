"""How much a session's proxy lets through."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

_MEGABYTE: Final = 1_000_000


@dataclass(frozen=True)
class ProxyLimits:
    """Limits of a proxy.

    Attributes:
        head_bytes: of a request's or an answer's head.
        connect_seconds: for resolving and connecting.
        idle_seconds: without a byte in either direction; then the connection is cut.
        download_bytes: from the other side, on one connection; then it is cut.
        connections: open at once.
    """

    head_bytes: int = 64 * 1024
    connect_seconds: float = 10.0
    idle_seconds: float = 300.0
    download_bytes: int = 100 * _MEGABYTE
    connections: int = 256

    @property
    def download_sentence(self) -> str:
        """Why a connection was cut that brought too much."""
        return f"More than {self.download_bytes // _MEGABYTE} MB came; the connection was cut."


class TooMuch(Exception):
    """The other side sent more than a connection may bring."""


class Meter:
    """A context manager around one connection: counts what it brings, and ends it with TimeoutError when it is idle."""

    def __init__(self, limits: ProxyLimits) -> None:
        self._limits = limits
        self._downloaded = 0
        self._timeout = asyncio.timeout(limits.idle_seconds)

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._timeout.__aexit__(kind, error, trace)

    def sent(self, _bytes: int) -> None:
        """Bytes went to the other side."""
        self._timeout.reschedule(asyncio.get_running_loop().time() + self._limits.idle_seconds)

    def received(self, count: int) -> None:
        """Bytes came from the other side.

        Raises:
            TooMuch: with these, there are more than the limit.
        """
        self.sent(count)
        self._downloaded += count
        if self._downloaded > self._limits.download_bytes:
            raise TooMuch
