"""Serves the page on loopback until it is told to stop."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import uvicorn

from tool_executor.ui.app import make_app
from tool_executor.ui.errors import PortTakenError
from tool_executor.ui.guard import Key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tool_executor.ui.place import Place

_LOOPBACK: Final = "127.0.0.1"
#: A browser keeps connections open; they do not hold up the end for longer than this.
_GRACE_SECONDS: Final = 2


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End in order at Ctrl-C and SIGTERM. Uvicorn's own would raise the signal again, past whoever cleans up."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        self._on_ready()


def serve(place: Place, port: int, on_ready: Callable[[str], None]) -> None:
    """Serve the page of a place; ``on_ready`` is told the link to open, key included. Returns after Ctrl-C.

    Raises PortTakenError.
    """
    listening = _listening(port)
    key, taken = Key(), int(listening.getsockname()[1])
    debugs = "TOOL_EXECUTOR_DEBUG" in os.environ
    config = uvicorn.Config(
        make_app(place, key, taken),
        log_level="info" if debugs else "critical",
        access_log=False,  # a line of it would have the key
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    with listening:
        _Server(config, lambda: on_ready(f"http://{_LOOPBACK}:{taken}/?key={key.value}")).run(sockets=[listening])


def _listening(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((_LOOPBACK, port))
    except OSError as error:
        listening.close()
        raise PortTakenError(
            f"The port {port} cannot be listened on: {error.strerror}.",
            hint="Give another --port, or 0 for a free one.",
        ) from None
    return listening
