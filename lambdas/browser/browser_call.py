"""One call in its session: acquire the session, drive the page, and leave both as whoever comes next expects them."""

from __future__ import annotations

import functools
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from playwright.async_api import Error

from lambdas.browser import snapshot
from lambdas.browser.action import Action
from lambdas.browser.artifacts import keep
from lambdas.browser.current_page import CurrentPage, crashed
from lambdas.browser.driver import NotConnected, driver
from lambdas.browser.errors import NavigationBlocked, NavigationFailed, PageUnresponsive
from lambdas.browser.navigation import TUNNEL_FAILED
from lambdas.browser.places import Places
from lambdas.browser.playwright_agent import PlaywrightAgent
from lambdas.browser.secrets import SessionSecrets
from lambdas.runtime.current_attempt import current_attempt
from lambdas.runtime.sessions.browser_sessions import BrowserSessions, OpenSession
from lambdas.runtime.sessions.keys import is_shared, session_key
from lambdas.runtime.sessions.provider import SessionLost
from lambdas.runtime.telemetry import logger
from lambdas.runtime.time_limit import seconds_left
from tool_contract.errors import Effect, ToolError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from lambdas.browser.snapshot import Snapshot
    from tool_contract.secret import SecretRef

_T = TypeVar("_T")

#: What a call keeps of its time to say how it went.
_RESERVE_SECONDS: Final = 6.0
_LEAST_SECONDS: Final = 1.0
_LONGEST_SECONDS: Final = 600.0
_GONE: Final = "The browser of this session has ended, and with it what was done there."


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

    def run(self, work: Callable[[PlaywrightAgent, SessionSecrets], Awaitable[_T]]) -> _T:
        """Do ``work`` in the attempt's session. Raises ToolError with what is known of the browser."""
        key = session_key(current_attempt(), uuid.uuid4().hex)
        try:
            session = self.sessions.acquire(key, anew=self.anew)
            return self._run(session, work)
        finally:
            if not is_shared(key):
                self.sessions.close_all([key])

    def _run(self, session: OpenSession, work: Callable[[PlaywrightAgent, SessionSecrets], Awaitable[_T]]) -> _T:
        secrets = SessionSecrets.of(session.known, self.secret)
        action = Action(
            before=functools.partial(self.sessions.act, session),
            before_secret=functools.partial(self.sessions.type_secret, session),
        )
        until = time.monotonic() + max(min(seconds_left(), _LONGEST_SECONDS) - _RESERVE_SECONDS, _LEAST_SECONDS)

        async def driven() -> _T:
            async with driver().connected(session.endpoint) as browser:
                current = await CurrentPage.of(browser, until)
                try:
                    return await work(PlaywrightAgent(current, Places.from_environment(), action), secrets)
                except (Error, ToolError) as error:
                    connected = browser.is_connected()
                    raise _Failure(
                        crashed() if current.crashed and not isinstance(error, ToolError) else error,
                        await snapshot.taken(current, self.selector, secrets.texts) if connected else None,
                    ) from None

        try:
            return driver().run(driven)
        except NotConnected:
            raise self._not_connected(session) from None
        except _Failure as failure:
            raise self._told(session, action, failure) from None

    def _told(self, session: OpenSession, action: Action, failure: _Failure) -> ToolError:
        """Return the error with its effect, and with what stood in the browser as its metadata."""
        error = failure.error
        if not isinstance(error, ToolError):
            error = self._of_playwright(session, action, error, gone=failure.snapshot is None)
        if isinstance(error, NavigationFailed):
            error = self._blocked(session, error)
        if error.effect is None and not isinstance(error, SessionLost):
            error.effect = action.effect if action.effect is not Effect.NONE else None
        if failure.snapshot is not None and error.metadata is None:
            error.metadata = failure.snapshot.metadata
            if failure.snapshot.picture is not None:
                self._keep_picture(error, failure.snapshot)
        return error

    def _keep_picture(self, error: ToolError, taken: Snapshot) -> None:
        if taken.picture is None:
            return
        try:
            kept = keep("failure.png", taken.picture.png, "image/png")
        except ToolError:
            logger.exception("a failure's screenshot could not be kept")
            return
        error.metadata = {**taken.metadata, "screenshots": [kept.model_dump()]}

    def _of_playwright(self, session: OpenSession, action: Action, error: Exception, *, gone: bool) -> ToolError:
        """Return what a failure of the driver means. Its words may hold what was typed: they are not repeated."""
        if gone or "has been closed" in str(error) or "Target closed" in str(error):
            try:
                self.sessions.provider.endpoint(session.key, session.known.session_id)
            except SessionLost:
                return self._lost(session, action.effect)
        logger.warning("the browser's driver failed", extra={"error_type": type(error).__name__})
        if action.effect is Effect.NONE:
            return PageUnresponsive("The page changed while it was being used; it can be tried again.")
        return PageUnresponsive("The page changed while it was being used; whether the action was done is not known.")

    def _not_connected(self, session: OpenSession) -> ToolError:
        try:
            self.sessions.provider.endpoint(session.key, session.known.session_id)
        except SessionLost:
            return self._lost(session, Effect.NONE)
        return PageUnresponsive("The browser does not take a connection.")

    def _lost(self, session: OpenSession, effect: Effect) -> SessionLost:
        self.sessions.lose(session)
        # Another attempt opens a fresh browser, where nothing is lost by it.
        again = self.anew and not session.known.acted
        return SessionLost(_GONE, effect=effect, retryable=again)

    def _blocked(self, session: OpenSession, error: NavigationFailed) -> ToolError:
        """Tell the proxy's "no" from "not there": the page sees the same of both."""
        if TUNNEL_FAILED not in getattr(error, "__notes__", ()):
            return error
        refusals = self.sessions.refusals(session)
        if not refusals:
            return error
        return NavigationBlocked(f"The address must not be visited: {refusals[-1].sentence}", pointer="/url")
