"""MCP's streamable HTTP as an ASGI application, behind its guard."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from tool_contract.limits import MAX_REQUEST_BYTES_BY_REFERENCE
from tool_executor.mcp_server.guard import LOOPBACK_NAMES, Guard

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from mcp.server.lowlevel import Server
    from starlette.types import ASGIApp

PATH: Final = "/mcp"
#: Sessions of the protocol's older versions end after so long without a request, also while one is answered; what they
#: wait for is cancelled then. The SDK counts from a request's beginning.
_IDLE_SECONDS: Final = 3600.0
#: The largest request that an execution takes, and room for the protocol around it.
_MAX_BODY_BYTES: Final = MAX_REQUEST_BYTES_BY_REFERENCE + 100_000


def asgi_app(
    server: Server[Any], token: str, *, hosts: Iterable[str] = LOOPBACK_NAMES, origins: Iterable[str] = ()
) -> ASGIApp:
    """Return the application that serves MCP at ``/mcp``. It must be given its lifespan, and be mounted at the root.

    ``hosts`` are the names by which it is reached, without ports; ``origins`` those of web pages that may use it beside
    loopback ones (``https://chat.example.com``).
    """
    manager = StreamableHTTPSessionManager(
        server, session_idle_timeout=_IDLE_SECONDS, max_request_body_size=_MAX_BODY_BYTES
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with manager.run():
            yield

    app = Starlette(routes=[Route(PATH, StreamableHTTPASGIApp(manager))], lifespan=lifespan)
    allowed = frozenset(origins)
    return Guard(_with_cors(app, allowed), token, frozenset(host.lower() for host in hosts), allowed)


def _with_cors(app: Starlette, origins: frozenset[str]) -> ASGIApp:
    """Let the pages of these origins read answers; browsers ask for that apart."""
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=sorted(origins),
        allow_methods=["DELETE", "GET", "POST"],
        allow_headers=["*"],
        expose_headers=["Mcp-Session-Id"],
    )
