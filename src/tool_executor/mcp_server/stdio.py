"""Serves one client on standard input and output, until its input or the process is ended."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from signal import SIGINT, SIGTERM
from typing import TYPE_CHECKING, Any, Final, cast

from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage

from tool_executor.mcp_server.input_lines import InputLines

if TYPE_CHECKING:
    import anyio
    from mcp.server.lowlevel import Server
    from mcp_types import JSONRPCError

_STANDARD_INPUT: Final = 0


async def serve_stdio(server: Server[Any]) -> None:
    """Serve until the client closes the input, or the process gets SIGTERM or SIGINT; then calls are cancelled.

    While it serves, whatever is printed goes to standard error: standard output is the protocol's alone.
    """
    loop = asyncio.get_running_loop()
    lines = InputLines(_STANDARD_INPUT, loop)
    for signal in (SIGINT, SIGTERM):
        with suppress(NotImplementedError):  # Windows: Ctrl-C ends the program at once
            loop.add_signal_handler(signal, lines.end)
    try:
        async with stdio_server(stdin=cast("anyio.AsyncFile[str]", lines)) as (read, write):

            async def answer(refusal: JSONRPCError) -> None:
                await write.send(SessionMessage(refusal))

            lines.start(answer)
            await server.run(read, write, server.create_initialization_options())
    except* BrokenPipeError:
        pass  # the client has gone; the lifespan has cancelled what it waited for
