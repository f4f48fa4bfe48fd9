"""The stand-in's sessions: started once a client token, ended by a stop or by their time."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from tests.agentcore.chromium import Chromium

if TYPE_CHECKING:
    from aiohttp import web

_DEFAULT_SECONDS: Final = 900
_DEFAULT_VIEWPORT: Final = {"width": 1456, "height": 819}


class ServiceError(Exception):
    """What the service answers in place of a result."""

    def __init__(self, status: int, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status, self.code, self.more = status, code, more


@dataclass
class Session:
    """One session. ``request`` is what it was started with."""

    request: Mapping[str, Any]
    browser: Chromium
    session_id: str = field(default_factory=lambda: secrets.token_hex(13))
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    status: str = "READY"
    connections: set[web.WebSocketResponse] = field(default_factory=set)
    expiry: asyncio.TimerHandle | None = None

    def summary(self) -> dict[str, Any]:
        named = {"name": self.request["name"]} if "name" in self.request else {}
        return {
            "browserIdentifier": self.request["browserIdentifier"],
            "sessionId": self.session_id,
            "createdAt": self.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "status": self.status,
            **named,
        }


@dataclass
class Sessions:
    """All of them, ended ones too, oldest first."""

    browsers: frozenset[str]
    by_id: dict[str, Session] = field(default_factory=dict)
    by_token: dict[str, Session] = field(default_factory=dict)
    _starting: asyncio.Lock = field(default_factory=asyncio.Lock)
    _ending: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self, request: Mapping[str, Any]) -> Session:
        """Return the session of the token; the same token with another request is refused."""
        self.check_browser(request)
        async with self._starting:
            token = request.get("clientToken", secrets.token_hex(32))
            known = self.by_token.get(token)
            if known is None:
                return await self._started(token, request)
        if known.request != request:
            raise ServiceError(
                400,
                "ValidationException",
                "The token is another request's.",
                reason="IdempotentParameterMismatchException",
            )
        return known

    def find(self, request: Mapping[str, Any]) -> Session:
        self.check_browser(request)
        session = self.by_id.get(request["sessionId"])
        if session is None or session.request["browserIdentifier"] != request["browserIdentifier"]:
            raise ServiceError(404, "ResourceNotFoundException", "There is no such session.")
        return session

    def check_browser(self, request: Mapping[str, Any]) -> None:
        if request["browserIdentifier"] not in self.browsers:
            raise ServiceError(404, "ResourceNotFoundException", "There is no such browser.")

    async def end(self, session: Session) -> None:
        if session.status == "TERMINATED":
            return
        session.status = "TERMINATED"
        if session.expiry is not None:
            session.expiry.cancel()
        for connection in list(session.connections):
            await connection.close()
        await session.browser.end()

    async def end_all(self) -> None:
        await asyncio.gather(*map(self.end, self.by_id.values()), *self._ending)

    async def _started(self, token: str, request: Mapping[str, Any]) -> Session:
        view = request.get("viewPort", _DEFAULT_VIEWPORT)
        session = Session(request, Chromium(view["width"], view["height"]))
        self.by_id[session.session_id] = self.by_token[token] = session  # known before it runs: it is always ended
        await session.browser.start()
        seconds = request.get("sessionTimeoutSeconds", _DEFAULT_SECONDS)
        session.expiry = asyncio.get_running_loop().call_later(seconds, self._expire, session)
        return session

    def _expire(self, session: Session) -> None:
        task = asyncio.ensure_future(self.end(session))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
