"""Serves streamable HTTP until the process is ended."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from dataclasses import dataclass
from signal import SIGINT, SIGTERM
from typing import TYPE_CHECKING, Any, Final

import uvicorn

from tool_contract.problems import shortened
from tool_executor.mcp_server.errors import AddressUnusableError
from tool_executor.mcp_server.guard import LOOPBACK_NAMES, is_host_name, is_origin
from tool_executor.mcp_server.http_app import PATH, asgi_app

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from mcp.server.lowlevel import Server
    from starlette.types import ASGIApp

#: Streams that clients hold open are closed after so long.
_CLOSES_WITHIN_SECONDS: Final = 1
_BACKLOG: Final = 128


@dataclass(frozen=True, slots=True)
class Address:
    """Where to serve, and under which names it is reached: ``host`` is bound, ``port`` 0 takes a free one."""

    host: str = "127.0.0.1"
    port: int = 0
    names: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    allow_remote: bool = False

    def check(self) -> None:
        """Refuse what no request could match, and other machines unless they are said. Raises AddressUnusableError."""
        self._check_what_is_allowed()
        if _is_loopback(self.host):
            return
        if not self.allow_remote:
            message = f"{self.host!r} is reached from other machines, and the token would travel in clear text."
            hint = "Behind something that speaks TLS, say --allow-remote; else leave --host out."
            raise AddressUnusableError(message, hint=hint)
        if not self.names and _is_any(self.host):
            message = f"{self.host!r} is no name: the server would not know which Host headers mean it."
            raise AddressUnusableError(message, hint="Say under which name it is reached: --allow-host mcp.example.com")

    def _check_what_is_allowed(self) -> None:
        for name in self.names:
            if not is_host_name(name):
                message = f"{shortened(name)!r} is no name that a Host header is matched by: it is one without a port."
                raise AddressUnusableError(message, hint="For instance --allow-host mcp.example.com")
        for origin in self.origins:
            if not is_origin(origin):
                message = f"{shortened(origin)!r} is no origin as browsers send it: scheme and name, in lower case."
                hint = (
                    "For instance --allow-origin https://chat.example.com, without a slash at its end or a usual port."
                )
                raise AddressUnusableError(message, hint=hint)

    @property
    def hosts(self) -> frozenset[str]:
        """What a request's Host header may name."""
        return LOOPBACK_NAMES | {self.host, *self.names}

    def bound(self) -> socket.socket:
        """Return a listening socket. Raises AddressUnusableError."""
        try:
            family, *_, place = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)[0]
            listening = socket.create_server(place[:2], family=family, backlog=_BACKLOG)
        except OSError as error:
            message = f"Nothing can be served at {self.host}:{self.port}: {error.strerror or error}."
            raise AddressUnusableError(message, hint="Give another --port or --host.") from None
        return listening


class _Uvicorn(uvicorn.Server):
    """Uvicorn that leaves signals to whoever runs it: its own way ends the process by them in the end."""

    def end(self) -> None:
        """End soon."""
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


async def serve_http(server: Server[Any], address: Address, token: str, on_ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; then what clients wait for is cancelled. ``on_ready`` is given the URL.

    Raises AddressUnusableError.
    """
    address.check()
    listening = address.bound()
    serving = _Uvicorn(_config(asgi_app(server, token, hosts=address.hosts, origins=address.origins)))
    loop = asyncio.get_running_loop()
    for signal in (SIGINT, SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C ends the program at once
            loop.add_signal_handler(signal, serving.end)
    on_ready(url_of(listening))  # whoever connects from now on is answered as soon as the next line has begun
    await serving.serve(sockets=[listening])


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,  # Python's own logging, which goes to standard error; requests are not logged
        access_log=False,
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=_CLOSES_WITHIN_SECONDS,
    )


def url_of(listening: socket.socket) -> str:
    """Return the URL at which a listening socket serves."""
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}{PATH}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_any(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False
