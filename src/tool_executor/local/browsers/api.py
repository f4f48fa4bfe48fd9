"""The host's API. JSON in and out; every path begins with the token."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from tool_executor.local.browsers.host_errors import BadRequest, HostError, Unknown
from tool_executor.local.errors import BrowserMissing

if TYPE_CHECKING:
    from tool_executor.local.browsers.sessions import Kept, Sessions

_MAX_BODY_BYTES: Final = 16 * 1024
_MAX_KEY_CHARACTERS: Final = 512
_MAX_TIMEOUT_SECONDS: Final = 24 * 3600

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class HostApi:
    """The paths below `/TOKEN/sessions`."""

    def __init__(self, sessions: Sessions, *, token: str, default_timeout_seconds: float) -> None:
        self._sessions = sessions
        self._token = token
        self._default_timeout_seconds = default_timeout_seconds

    def application(self) -> web.Application:
        """The application that serves them."""
        app = web.Application(middlewares=[_errors_as_json, self._check_caller], client_max_size=_MAX_BODY_BYTES)
        app.add_routes(
            [
                web.get("/{token}/sessions", self._list),
                web.put("/{token}/sessions/{key}", self._open),
                web.get("/{token}/sessions/{key}", self._show),
                web.delete("/{token}/sessions/{key}", self._close),
            ]
        )
        return app

    @web.middleware
    async def _check_caller(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        token = request.path.split("/", 2)[1]
        # A web page sends its Origin: it has no business here, whatever it knows.
        if "Origin" in request.headers or not hmac.compare_digest(token.encode(), self._token.encode()):
            raise Unknown("There is nothing here.")
        return await handler(request)

    async def _open(self, request: web.Request) -> web.Response:
        body = await _json_body(request)
        generation = body.get("generation", 1)
        timeout = body.get("timeout_seconds", self._default_timeout_seconds)
        if type(generation) is not int or generation < 1:
            raise BadRequest("generation is a whole number from 1.")
        if type(timeout) not in {int, float} or not 0 < timeout <= _MAX_TIMEOUT_SECONDS:
            raise BadRequest(f"timeout_seconds is a number above 0 and up to {_MAX_TIMEOUT_SECONDS}.")
        opened = await self._sessions.open(_key(request), generation, timeout)
        return web.json_response(
            {
                "session_id": opened.session.session_id,
                "generation": generation,
                "cdp_url": opened.session.cdp_url,
                "created": opened.created,
            }
        )

    async def _show(self, request: web.Request) -> web.Response:
        after = request.query.get("after", "0")
        if not after.isascii() or not after.isdigit():
            raise BadRequest("after is the number of a refusal.")
        kept = self._sessions.find(_key(request))
        if kept is None or kept.session is None:
            raise Unknown("There is no session of that key.")
        session = kept.session
        return web.json_response(
            _summary(kept)
            | {
                "cdp_url": session.cdp_url,
                "refusals": session.proxy.refusals.after(int(after)),
                "refusal_seq": session.proxy.refusals.last_seq,
                "dialogs": list(session.resident.dialogs),
                "crashes": session.resident.crashes,
                "crashed_at": session.resident.crashed_at,
            }
        )

    async def _list(self, _request: web.Request) -> web.Response:
        return web.json_response({"sessions": [_summary(kept) for kept in self._sessions.listed()]})

    async def _close(self, request: web.Request) -> web.Response:
        await self._sessions.close(_key(request))
        return web.json_response({})


def _summary(kept: Kept) -> dict[str, Any]:
    session = kept.session
    assert session is not None  # noqa: S101 - a key is listed and shown with its session only
    return {
        "key": kept.key,
        "generation": kept.generation,
        "session_id": session.session_id,
        "state": session.state,
        "opened_at": session.opened_at.isoformat(timespec="milliseconds"),
        "pid": session.pid,
        "pages": session.resident.pages if kept.is_open else 0,
    }


def _key(request: web.Request) -> str:
    key = request.match_info["key"]
    if len(key) > _MAX_KEY_CHARACTERS:
        raise BadRequest(f"A key has up to {_MAX_KEY_CHARACTERS} characters.")
    return key


async def _json_body(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read() or b"{}")
    except ValueError as error:
        raise BadRequest("The body is not JSON.") from error
    if not isinstance(body, dict):
        raise BadRequest("The body is not a JSON object.")
    return body


@web.middleware
async def _errors_as_json(request: web.Request, handler: _Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except HostError as error:
        body = {"error": str(error), "code": error.code, "details": error.details}
        return web.json_response({name: value for name, value in body.items() if value}, status=error.status)
    except BrowserMissing as error:
        return web.json_response({"error": str(error), "code": error.code, "hint": error.hint}, status=500)
    except web.HTTPException as error:
        return web.json_response({"error": error.reason, "code": "BadRequest"}, status=error.status)
