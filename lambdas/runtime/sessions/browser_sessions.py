"""Opens, finds again and closes sessions: the registry says which browser is meant, the provider has it."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lambdas.runtime.clock import Clock, SystemClock
from lambdas.runtime.sessions.keys import is_named
from lambdas.runtime.sessions.provider import SessionLost, provider_from_environment
from lambdas.runtime.sessions.registry import KnownSession, SessionRegistry, SessionState
from lambdas.runtime.telemetry import logger
from tool_contract.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdas.runtime.sessions.provider import BrowserSessionProvider, CdpEndpoint, ListedSession, Refusal

#: A session that nobody knows is begun, opened, found lost, begun anew, opened and found, each in a round.
_ROUNDS: Final = 6
_CLOSED_AT_ONCE: Final = 16
_LOST: Final = "The browser of this session has ended, and with it what was done there."
_CLOSED: Final = "The session is over: its execution has ended."


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session with a browser that answered a moment ago."""

    known: KnownSession
    endpoint: CdpEndpoint

    @property
    def key(self) -> str:
        """The session's key."""
        return self.known.key


@dataclass(frozen=True, slots=True)
class BrowserSessions:
    """The sessions of one deployment."""

    provider: BrowserSessionProvider
    registry: SessionRegistry
    clock: Clock = field(default_factory=SystemClock)

    @classmethod
    def from_environment(cls) -> BrowserSessions:
        """Return the deployment's. Raises BrowserMisconfigured."""
        return cls(provider_from_environment(), SessionRegistry(os.environ["TOOL_STATE_TABLE"]))

    def acquire(self, key: str, *, anew: bool) -> OpenSession:
        """Return the session of a key, opened if it is new.

        ``anew``: whoever asks needs nothing of what was there, and takes a fresh browser for a lost one in which
        nothing was clicked or typed. Raises SessionLost, Unavailable, BrowserMisconfigured.
        """
        for _ in range(_ROUNDS):
            known = self.registry.find(key)
            if known is None:
                self.registry.begin(key, 1, self.clock.now_ms())
            elif known.state is SessionState.OPENING:
                self._open(known)
            elif known.state is SessionState.OPEN:
                try:
                    return OpenSession(known, self.provider.endpoint(key, known.session_id))
                except SessionLost:
                    self.registry.lose(known)
            elif known.state is SessionState.CLOSED and not is_named(key):
                raise SessionLost(_CLOSED)
            elif known.state is SessionState.LOST and (known.acted or not anew):
                raise SessionLost(_LOST)
            else:
                self.registry.begin(key, known.generation + 1, self.clock.now_ms())
        raise SessionLost(_LOST)

    def lose(self, session: OpenSession) -> None:
        """Write down that the browser is gone, and let the provider clean up behind it."""
        self.registry.lose(session.known)
        self._end(session.known)

    def act(self, session: OpenSession) -> None:
        """Write down that something is about to be clicked or typed. Raises SessionLost, Unavailable."""
        if not session.known.acted and not self.registry.act(session.known):
            raise SessionLost(_CLOSED)

    def type_secret(self, session: OpenSession, name: str, origin: str) -> None:
        """Write down that a secret is about to be typed. Raises SessionLost, Unavailable."""
        secrets = {**session.known.typed_secrets, name: origin}
        if not self.registry.typed(session.known, secrets):
            raise SessionLost(_CLOSED)

    def saw_pages(self, session: OpenSession, pages: Sequence[str]) -> None:
        """Write down the browser's pages in the order in which they were opened. Raises Unavailable."""
        self.registry.saw_pages(session.known, pages)

    def close(self, key: str) -> None:
        """End a session, whether it is open or not; nobody opens it again. Raises Unavailable."""
        self._close(key, self.registry.find(key))

    def close_all(self, keys: Sequence[str], *, for_good: Sequence[str] = ()) -> None:
        """End those of the sessions that there are; ``for_good`` also where there are none yet.

        What cannot be ended now is logged: the provider's own time limit, and the minute's sweep, end it later.
        """
        try:
            found = {known.key: known for known in self.registry.find_all(keys)}
            living = [key for key, known in found.items() if known.state is not SessionState.CLOSED]
            # At once: each may take as long as the provider hangs, and whoever asks has less than a minute for all.
            with ThreadPoolExecutor(_CLOSED_AT_ONCE) as threads:
                for closing in [threads.submit(self._close, key, found.get(key)) for key in {*for_good, *living}]:
                    closing.result()
        except ToolError:
            logger.exception("browser sessions could not all be closed", extra={"sessions": len(keys)})

    def end_listed(self, listed: ListedSession) -> None:
        """End a session that the provider holds; one that cannot be ended is logged."""
        try:
            self.registry.close(listed.key, self.clock.now_ms())
            self.provider.close(listed.key, listed.session_id)
        except ToolError:
            logger.exception("a browser could not be ended", extra={"session": listed.key})

    def refusals(self, session: OpenSession) -> Sequence[Refusal]:
        """Return what the session's browser wanted to reach and must not, as far as that is known."""
        try:
            return self.provider.refusals(session.key)
        except ToolError:
            return ()

    def _close(self, key: str, known: KnownSession | None) -> None:
        """Close a session. Since it was looked at it may have been opened; what was closed may be this very write."""
        before = self.registry.close(key, self.clock.now_ms())
        living = [seen for seen in (before, known) if seen is not None and seen.state is not SessionState.CLOSED]
        if living:
            self._end(living[0])

    def _open(self, known: KnownSession) -> None:
        try:
            session_id = self.provider.open(known.key, known.generation)
        except SessionLost:
            self.registry.lose(known)
            return
        if self.registry.opened(known, session_id):
            return
        now = self.registry.find(known.key)
        if now is None or (now.session_id, now.state) != (session_id, SessionState.OPEN):
            # The session was closed, or replaced, while its browser was starting: nobody else knows of this one.
            self.provider.close(known.key, session_id)

    def _end(self, known: KnownSession) -> None:
        """End a session's browser, also one whose id was never written down."""
        try:
            self.provider.close(known.key, known.session_id)
        except ToolError:
            logger.exception("a browser could not be ended", extra={"session": known.key})
