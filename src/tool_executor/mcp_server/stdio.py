"""Serves one client on standard input and output, until its input or the process is ended."""

from __future__ import annotations

import asyncio
import os
import threading
from contextlib import suppress
from signal import SIGINT, SIGTERM
from typing import TYPE_CHECKING, Any, Final, Self, cast

from mcp.server.stdio import stdio_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    import anyio
    from mcp.server.lowlevel import Server

_STANDARD_INPUT: Final = 0
_READ_BYTES: Final = 65_536


class InputLines:
    """The lines of a file descriptor, read by a thread that no end of the program waits for.

    The SDK's own reader cannot be stopped while it waits for a line; a client that is killed, or a person who presses
    Ctrl-C, would leave a process that hangs. :meth:`end` looks to the server as if the client had closed its side.
    """

    def __init__(self, descriptor: int, loop: asyncio.AbstractEventLoop) -> None:
        self._descriptor = descriptor
        self._loop = loop
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()

    def start(self) -> None:
        """Begin to read."""
        threading.Thread(target=self._read, name="mcp-stdin", daemon=True).start()

    def end(self) -> None:
        """Tell no further line. To be called in the loop."""
        self._lines.put_nowait(None)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        line = await self._lines.get()
        if line is None:
            raise StopAsyncIteration
        return line

    def _read(self) -> None:
        with suppress(RuntimeError):  # the loop has ended before the input did
            with suppress(OSError):  # no input, or none any more
                for line in self._received():
                    self._loop.call_soon_threadsafe(self._lines.put_nowait, line)
            self._loop.call_soon_threadsafe(self.end)

    def _received(self) -> Iterator[str]:
        """Yield whole lines; os.read, for the lock of a buffered file would be held at the program's end."""
        rest = bytearray()
        while chunk := os.read(self._descriptor, _READ_BYTES):
            rest += chunk
            if b"\n" in chunk:
                *lines, last = bytes(rest).split(b"\n")
                rest = bytearray(last)
                yield from (line.decode("utf-8", "replace") for line in lines)
        if rest:
            yield rest.decode("utf-8", "replace")


async def serve_stdio(server: Server[Any]) -> None:
    """Serve until the client closes the input, or the process gets SIGTERM or SIGINT; then calls are cancelled.

    While it serves, whatever is printed goes to standard error: standard output is the protocol's alone.
    """
    loop = asyncio.get_running_loop()
    lines = InputLines(_STANDARD_INPUT, loop)
    for signal in (SIGINT, SIGTERM):
        with suppress(NotImplementedError):  # Windows: Ctrl-C ends the program at once
            loop.add_signal_handler(signal, lines.end)
    lines.start()
    try:
        async with stdio_server(stdin=cast("anyio.AsyncFile[str]", lines)) as (read, write):
            await server.run(read, write, server.create_initialization_options())
    except* BrokenPipeError:
        pass  # the client has gone; the lifespan has cancelled what it waited for
