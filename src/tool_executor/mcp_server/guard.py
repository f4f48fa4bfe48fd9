"""What stands before MCP's HTTP: a request must be meant for this server, from no strange page, and bear the token."""

from __future__ import annotations

import hmac
import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_BEARER: Final = "bearer "
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
#: Browsers write schemes and names in lower case, and leave out the port that is a scheme's own.
_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^\sA-Z/?#@*]+")
_USUAL_PORTS: Final = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True)
class Guard:
    """An ASGI application that lets requests through to another, or answers them itself.

    421: the Host header names another host (what DNS rebinding comes down to). 403: the request comes from a page of
    another origin than a loopback one or one of ``origins``. 401: the bearer token is missing or wrong. In this order,
    for a page must not find out by the 401 that there is a server.
    """

    app: ASGIApp
    token: str
    hosts: frozenset[str] = LOOPBACK_NAMES
    origins: frozenset[str] = frozenset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or have it answered."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)  # the lifespan; MCP has no websockets, and there is no route for one
            return
        refusal = self._refusal(scope["method"], Headers(scope=scope))
        await (refusal or self.app)(scope, receive, send)

    def _refusal(self, method: str, headers: Headers) -> JSONResponse | None:
        if _host_of(f"//{headers.get('host', '')}") not in self.hosts:
            return _refused(421, "HostNotServed", "This server is not the host that the request names.")
        origin = headers.get("origin")
        if origin is not None and origin not in self.origins and not _is_loopback(origin):
            return _refused(403, "OriginNotAllowed", "Pages of this origin may not use this server.")
        if method == "OPTIONS" and origin in self.origins:
            return None  # a browser asks whether it may send a token before it sends one
        return self._refusal_of_token(headers.get("authorization"))

    def _refusal_of_token(self, said: str | None) -> JSONResponse | None:
        challenge = 'Bearer realm="tool-executor"'
        if said is None or not said.lower().startswith(_BEARER):
            return _refused(401, "TokenMissing", "The request bears no token.", challenge)
        # Compared in constant time: how far a guess was right must not be measurable.
        if not hmac.compare_digest(said[len(_BEARER) :].strip().encode(), self.token.encode()):
            return _refused(401, "TokenWrong", "The token is not this server's.", f'{challenge}, error="invalid_token"')
        return None


def is_host_name(text: str) -> bool:
    """Whether a Host header can be meant by it: a name or an address, without a port."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return bool(_NAME.fullmatch(text))
    return True


def is_origin(text: str) -> bool:
    """Whether it is written as browsers write an Origin header: ``https://name`` or ``https://name:port``, no more."""
    return bool(_ORIGIN.fullmatch(text)) and not text.endswith(_USUAL_PORTS.get(text.partition(":")[0], " "))


def _refused(status: int, code: str, sentence: str, challenge: str | None = None) -> JSONResponse:
    body = {"error_code": code, "error": sentence, "retryable": False, "details": []}
    return JSONResponse(body, status, headers={"WWW-Authenticate": challenge} if challenge else None)


def _is_loopback(origin: str) -> bool:
    return origin.startswith(("http://", "https://")) and _host_of(origin) in LOOPBACK_NAMES


def _host_of(url: str) -> str | None:
    """Return the host that a URL names, in lower case; None of what is no URL."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # a port that is no number raises
    except ValueError:
        return None
    return parts.hostname if parts.username is None and not parts.path.strip("/") else None
