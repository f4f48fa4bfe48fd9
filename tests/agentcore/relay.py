"""The stand-in's server: the data plane's operations and the automation stream, each only with a right signature."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
from aiohttp import WSMsgType, web
from botocore.credentials import Credentials

from tests.agentcore.model import check_output, input_problems
from tests.agentcore.sessions import ServiceError, Session, Sessions
from tests.agentcore.signatures import Request, Unsigned, Verifier

REGION: Final = "eu-west-1"
BROWSER: Final = "aws.browser.v1"
ACCESS_KEY: Final = "AKIAAGENTCORESTANDIN"
SECRET_KEY: Final = "stand-in/secret+key/of/no/account0000000"  # noqa: S105 - of no account
#: A function's credentials are temporary ones.
SESSION_TOKEN: Final = "token/of+the==stand-in"  # noqa: S105 - as above
_STREAM: Final = "/browser-streams/{browserIdentifier}/sessions/{sessionId}/automation"

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Relay:
    """A running stand-in, and what was seen of its callers.

    ``asked``: every operation that was answered, with its input. ``refused``: why a request was not let in.
    ``faults``: what an operation answers instead, by its name. ``page_size``: how many sessions a list holds at most.
    """

    loop: asyncio.AbstractEventLoop
    url: str = ""
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    faults: dict[str, ServiceError] = field(default_factory=dict)
    page_size: int = 100
    sessions: Sessions = field(default_factory=lambda: Sessions(frozenset({BROWSER})))
    verifier: Verifier = field(
        default_factory=lambda: Verifier(REGION, {ACCESS_KEY: Credentials(ACCESS_KEY, SECRET_KEY, SESSION_TOKEN)})
    )

    def operations(self) -> list[str]:
        return [operation for operation, _ in self.asked]

    def ready(self) -> list[Session]:
        return [session for session in self.sessions.by_id.values() if session.status == "READY"]

    def end(self, session: Session) -> None:
        """End a session as the service does by itself, from whatever thread."""
        asyncio.run_coroutine_threadsafe(self.sessions.end(session), self.loop).result(10)

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self._only_signed])
        below = "/browsers/{browserIdentifier}/sessions"
        app.add_routes(
            [
                web.put(f"{below}/start", self._operation("StartBrowserSession", self._start)),
                web.get(f"{below}/get", self._operation("GetBrowserSession", self._get)),
                web.put(f"{below}/stop", self._operation("StopBrowserSession", self._stop)),
                web.post(f"{below}/list", self._operation("ListBrowserSessions", self._list)),
                web.get(_STREAM, self._stream),
            ]
        )
        return app

    @web.middleware
    async def _only_signed(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        signed = Request(request.method, request.raw_path, request.headers, await request.read())
        try:
            self.verifier.check(signed)
        except Unsigned as error:
            self.refused.append(f"{request.method} {request.path}: {error}")
            return _error(ServiceError(403, error.code, str(error)))
        try:
            return await handler(request)
        except ServiceError as error:
            return _error(error)

    def _operation(self, name: str, work: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]) -> _Handler:
        async def answered(request: web.Request) -> web.Response:
            values = {**request.match_info, **request.query, **json.loads(await request.text() or "{}")}
            self.asked.append((name, values))
            if name in self.faults:
                raise self.faults[name]
            if problems := input_problems(name, values):
                raise ServiceError(400, "ValidationException", "; ".join(problems), reason="FieldValidationFailed")
            answer = await work(values)
            check_output(name, answer)
            return web.json_response(answer)

        return answered

    async def _start(self, values: dict[str, Any]) -> dict[str, Any]:
        session = await self.sessions.start(values)
        kept = {name: value for name, value in session.summary().items() if name not in {"name", "status"}}
        return {**kept, "streams": self._streams(session)}

    async def _get(self, values: dict[str, Any]) -> dict[str, Any]:
        session = self.sessions.find(values)
        streams = {"streams": self._streams(session)} if session.status == "READY" else {}
        return {**session.summary(), **streams}

    async def _stop(self, values: dict[str, Any]) -> dict[str, Any]:
        session = self.sessions.find(values)
        await self.sessions.end(session)
        told = session.summary()
        return {
            "browserIdentifier": told["browserIdentifier"],
            "sessionId": session.session_id,
            "lastUpdatedAt": told["createdAt"],
        }

    async def _list(self, values: dict[str, Any]) -> dict[str, Any]:
        self.sessions.check_browser(values)
        wanted = values.get("status")
        found = [each.summary() for each in self.sessions.by_id.values() if wanted in {None, each.status}]
        start = int(values.get("nextToken", "0"))
        end = start + min(values.get("maxResults", self.page_size), self.page_size)
        more = {"nextToken": str(end)} if end < len(found) else {}
        return {"items": found[start:end], **more}

    def _streams(self, session: Session) -> dict[str, Any]:
        path = _STREAM.format(browserIdentifier=session.request["browserIdentifier"], sessionId=session.session_id)
        endpoint = self.url.replace("http://", "ws://") + path
        return {"automationStream": {"streamEndpoint": endpoint, "streamStatus": "ENABLED"}}

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        session = self.sessions.find(request.match_info)
        if session.status != "READY":
            raise ServiceError(404, "ResourceNotFoundException", "The session has ended.")
        client = web.WebSocketResponse(max_msg_size=0)
        await client.prepare(request)
        session.connections.add(client)
        try:
            async with (
                aiohttp.ClientSession() as http,
                http.ws_connect(session.browser.url, max_msg_size=0) as browser,
            ):
                await _joined(client, browser)
        finally:
            session.connections.discard(client)
        return client


async def _joined(client: web.WebSocketResponse, browser: aiohttp.ClientWebSocketResponse) -> None:
    """Pass messages on in both directions until one side ends."""

    async def passed(source: Any, target: Any) -> None:
        async for message in source:
            if message.type is not WSMsgType.TEXT:
                break
            with contextlib.suppress(ConnectionError):
                await target.send_str(message.data)

    both = {asyncio.ensure_future(passed(client, browser)), asyncio.ensure_future(passed(browser, client))}
    _, left = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    for task in left:
        task.cancel()
    await asyncio.gather(*both, return_exceptions=True)
    await client.close()


def _error(error: ServiceError) -> web.Response:
    return web.json_response(
        {"message": str(error), **error.more}, status=error.status, headers={"x-amzn-errortype": error.code}
    )


@asynccontextmanager
async def _serving() -> AsyncIterator[Relay]:
    relay = Relay(asyncio.get_running_loop())
    runner = web.AppRunner(relay.application(), shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        relay.url = f"http://{host}:{port}"
        yield relay
    finally:
        await relay.sessions.end_all()
        await runner.cleanup()


@contextmanager
def running() -> Iterator[Relay]:
    """Run a stand-in in a thread of its own; whatever it started is gone afterwards."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="agentcore-stand-in")
    thread.start()
    serving = _serving()
    try:
        relay = asyncio.run_coroutine_threadsafe(serving.__aenter__(), loop).result(30)
        try:
            yield relay
        finally:
            asyncio.run_coroutine_threadsafe(serving.__aexit__(None, None, None), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
