"""What the failure of a browser call amounts to: its code, its effect, and where the browser stood."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lambdas.browser.artifacts import keep
from lambdas.browser.errors import NavigationBlocked, NavigationFailed, PageUnresponsive
from lambdas.browser.navigation import TUNNEL_FAILED
from lambdas.runtime.sessions.provider import SessionLost
from lambdas.runtime.telemetry import logger
from tool_contract.errors import Effect, ToolError

if TYPE_CHECKING:
    from lambdas.browser.action import Action
    from lambdas.browser.snapshot import Snapshot
    from lambdas.runtime.sessions.browser_sessions import BrowserSessions, OpenSession

_NOTICES_WITHIN_SECONDS: Final = 1.5
_LOOKS_SECONDS: Final = 0.1
_GONE: Final = "The browser of this session has ended, and with it what was done there."


@dataclass(frozen=True, slots=True)
class FailedCall:
    """A call of a session that did not go well. ``anew``: a fresh browser serves the call as well."""

    sessions: BrowserSessions
    session: OpenSession
    action: Action
    anew: bool

    def error_of(self, error: Exception, taken: Snapshot | None) -> ToolError:
        """Return what is told of an error, with its effect, and with what stood in the browser as its metadata."""
        told = error if isinstance(error, ToolError) else self._of_driver(error, gone=taken is None)
        if isinstance(told, NavigationFailed):
            told = self._blocked(told)
        if told.effect is None and not isinstance(told, SessionLost):
            told.effect = self.action.effect if self.action.effect is not Effect.NONE else None
        if taken is not None and told.metadata is None:
            told.metadata = self._metadata(taken)
        return told

    def not_connected(self) -> ToolError:
        """Return why the browser took no connection."""
        if self._has_ended():
            return self._lost(Effect.NONE)
        hint = "navigate leaves a page that is stuck; the session's cookies stay."
        return PageUnresponsive("The browser does not take a connection: a page of it may be stuck.", hint=hint)

    def _of_driver(self, error: Exception, *, gone: bool) -> ToolError:
        """Return what a failure of the driver means. Its words may hold what was typed: they are not repeated."""
        if (gone or "has been closed" in str(error) or "Target closed" in str(error)) and self._has_ended():
            return self._lost(self.action.effect)
        logger.warning("the browser's driver failed", extra={"error_type": type(error).__name__})
        if self.action.effect is Effect.NONE:
            return PageUnresponsive("The page changed while it was being used; it can be tried again.")
        return PageUnresponsive("The page changed while it was being used; whether the action was done is not known.")

    def _has_ended(self) -> bool:
        """Whether the browser is gone. Its provider may notice a moment after whoever was connected to it."""
        until = time.monotonic() + _NOTICES_WITHIN_SECONDS
        while True:
            try:
                self.sessions.provider.endpoint(self.session.key, self.session.known.session_id)
            except SessionLost:
                return True
            if time.monotonic() > until:
                return False
            time.sleep(_LOOKS_SECONDS)

    def _lost(self, effect: Effect) -> SessionLost:
        self.sessions.lose(self.session)
        # Another attempt opens a fresh browser, where nothing is lost by it.
        again = self.anew and not self.session.known.acted
        return SessionLost(_GONE, effect=effect, retryable=again)

    def _blocked(self, error: NavigationFailed) -> ToolError:
        """Tell the proxy's "no" from "not there": the page sees the same of both."""
        if TUNNEL_FAILED not in getattr(error, "__notes__", ()):
            return error
        refusals = self.sessions.refusals(self.session)
        if not refusals:
            return error
        return NavigationBlocked(f"The address must not be visited: {refusals[-1].sentence}", pointer="/url")

    def _metadata(self, taken: Snapshot) -> dict[str, object]:
        if taken.picture is None:
            return taken.metadata
        try:
            kept = keep("failure.png", taken.picture.png, "image/png")
        except ToolError:
            logger.exception("a failure's screenshot could not be kept")
            return taken.metadata
        return {**taken.metadata, "screenshots": [kept.model_dump()]}
