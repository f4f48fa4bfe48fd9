"""One call in its session: acquire the session, drive the page, and leave both as whoever comes next expects them."""

from __future__ import annotations

import asyncio
import functools
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from playwright.async_api import Error

from lambdas.browser import snapshot
from lambdas.browser.action import Action
from lambdas.browser.agent import BrowserAgent
from lambdas.browser.current_page import CurrentPage, crashed
from lambdas.browser.driver import NotConnected, driver
from lambdas.browser.failed_call import FailedCall
from lambdas.browser.places import Places
from lambdas.browser.playwright_agent import PlaywrightAgent
from lambdas.browser.rescue import with_blank_page
from lambdas.browser.secrets import SessionSecrets
from lambdas.runtime.current_attempt import current_attempt
from lambdas.runtime.sessions.browser_sessions import BrowserSessions, OpenSession
from lambdas.runtime.sessions.keys import is_shared, session_key
from lambdas.runtime.sessions.provider import SessionLost
from lambdas.runtime.telemetry import logger
from lambdas.runtime.time_limit import seconds_left
from tool_contract.errors import ToolError

if TYPE_CHECKING:
    from lambdas.browser.snapshot import Snapshot
    from tool_contract.secret import SecretRef

_T = TypeVar("_T")

#: What a call keeps of its time to say how it went.
_RESERVE_SECONDS: Final = 6.0
_LEAST_SECONDS: Final = 1.0
_LONGEST_SECONDS: Final = 600.0
#: What a tool does with the page: gets the agent, and the session's secrets.
Work: TypeAlias = Callable[[BrowserAgent, SessionSecrets], Awaitable[_T]]


@functools.cache
def _sessions() -> BrowserSessions:
    return BrowserSessions.from_environment()


@dataclass(slots=True, eq=False)
class _Failure(Exception):
    """What the browser's thread hands back: why, and where the browser stood."""

    error: Exception
    snapshot: Snapshot | None = None


@dataclass(slots=True)
class BrowserCall:
    """A tool's call. ``selector`` is told with a failure; ``anew``: a fresh browser serves as well as the session's.

    ``secret`` is what the call is going to type.
    """

    selector: str | None = None
    anew: bool = False
    secret: SecretRef | None = None
    sessions: BrowserSessions = field(default_factory=_sessions)

    def run(self, work: Work[_T]) -> _T:
        """Do ``work`` in the attempt's session. Raises ToolError with what is known of the browser."""
        key = session_key(current_attempt(), uuid.uuid4().hex)
        try:
            try:
                return self._run(self.sessions.acquire(key, anew=self.anew), work)
            except SessionLost as lost:
                if not lost.retryable:
                    raise
            return self._run(self.sessions.acquire(key, anew=self.anew), work)
        finally:
            if not is_shared(key):
                self.sessions.close_all([key])

    def _run(self, session: OpenSession, work: Work[_T]) -> _T:
        secrets = SessionSecrets.of(session.known, self.secret)
        action = Action(
            before=functools.partial(self.sessions.act, session),
            before_secret=functools.partial(self.sessions.type_secret, session),
        )
        failed = FailedCall(self.sessions, session, action, self.anew)
        try:
            return self._driven(session, functools.partial(self._work, session, action, secrets, work))
        except NotConnected:
            raise failed.not_connected() from None
        except _Failure as failure:
            raise failed.error_of(failure.error, failure.snapshot) from None

    async def _work(self, session: OpenSession, action: Action, secrets: SessionSecrets, work: Work[_T]) -> _T:
        until = time.monotonic() + max(min(seconds_left(), _LONGEST_SECONDS) - _RESERVE_SECONDS, _LEAST_SECONDS)
        async with driver().connected(session.endpoint) as browser:
            current: CurrentPage | None = None
            try:
                current = await CurrentPage.of(browser, until, session.known.pages)
                agent = PlaywrightAgent(current, Places.from_environment(), action, is_shared(session.key))
                done = await work(agent, secrets)
                await self._remember_pages(session, current)
            except (Error, ToolError) as error:
                has_crashed = current is not None and current.crashed
                told = crashed() if has_crashed and not isinstance(error, ToolError) else error
                standing = current if browser.is_connected() else None
                raise _Failure(told, await self._snapshot(standing, secrets)) from None
            return done

    async def _snapshot(self, current: CurrentPage | None, secrets: SessionSecrets) -> Snapshot | None:
        return None if current is None else await snapshot.taken(current, self.selector, secrets.texts)

    async def _remember_pages(self, session: OpenSession, current: CurrentPage) -> None:
        """Write down in which order the pages were opened: the next connection cannot know."""
        try:
            pages = await current.known_pages(session.known.pages)
            if tuple(pages) != session.known.pages:
                await asyncio.to_thread(self.sessions.saw_pages, session, pages)
        except (Error, ToolError):
            logger.warning("the order of a session's pages could not be kept", extra={"session": session.key})

    def _driven(self, session: OpenSession, driven: Callable[[], Awaitable[_T]]) -> _T:
        try:
            return driver().run(driven)
        except NotConnected:
            if not self.anew:
                raise
        # A page whose script never ends keeps the driver out: who wants another page anyway gets a blank one.
        driver().run(functools.partial(with_blank_page, session.endpoint))
        return driver().run(driven)
