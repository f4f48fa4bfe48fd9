"""Standard input as the protocol's messages: whole lines, and an answer to each that is none."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Self

from mcp_types import INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError, jsonrpc_message_adapter
from pydantic import ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterator

Answer = Callable[[JSONRPCError], Awaitable[None]]

_READ_BYTES: Final = 65_536
_NO_JSON: Final = "json_invalid"


class InputLines:
    """The messages on a file descriptor, read by a thread that no end of the program waits for.

    The SDK's own reader cannot be stopped while it waits for a line; a client that is killed, or a person who presses
    Ctrl-C, would leave a process that hangs. :meth:`end` looks to the server as if the client had closed its side. What
    is no message the SDK leaves without an answer, and its sender waits; here it gets one.
    """

    def __init__(self, descriptor: int, loop: asyncio.AbstractEventLoop) -> None:
        self._descriptor = descriptor
        self._loop = loop
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._answer: Answer | None = None

    def start(self, answer: Answer) -> None:
        """Begin to read. ``answer`` sends what a line that is no message is answered with."""
        self._answer = answer
        threading.Thread(target=self._read, name="mcp-stdin", daemon=True).start()

    def end(self) -> None:
        """Tell no further line. To be called in the loop."""
        self._lines.put_nowait(None)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        while (line := await self._lines.get()) is not None:
            if not line.strip():
                continue
            refusal = refusal_of(line)
            if refusal is None:
                return line
            if self._answer is not None:
                await self._answer(refusal)
        raise StopAsyncIteration

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


def refusal_of(line: str) -> JSONRPCError | None:
    """Return the answer to a line that is no message of JSON-RPC; None of one that is."""
    try:
        jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        if first["type"] == _NO_JSON:
            why = first["msg"].removeprefix("Invalid JSON: ")
            told = ErrorData(code=PARSE_ERROR, message=f"The line is no JSON: {why}.")
        else:
            told = ErrorData(code=INVALID_REQUEST, message="The line is no message of JSON-RPC 2.0.")
        return JSONRPCError(jsonrpc="2.0", id=_id_in(line), error=told)
    return None


def _id_in(line: str) -> str | int | None:
    """Return the id that a line seems to have, so that its sender need not wait for an answer that never comes."""
    try:
        message: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    own = message.get("id") if isinstance(message, dict) else None
    return own if isinstance(own, (str, int)) and not isinstance(own, bool) else None
