"""A provider whose browsers are names in memory."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lambdas.runtime.sessions.browser_sessions import BrowserSessions
from lambdas.runtime.sessions.provider import CdpEndpoint, ListedSession, Refusal, SessionLost
from lambdas.runtime.sessions.registry import SessionRegistry
from tests.unit.runtime.aws import STATE_TABLE
from tests.unit.runtime.fake_clock import FakeClock
from tool_contract.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.unit.runtime.aws import Aws


def do_nothing() -> None:
    """Stand in for what happens while a browser starts."""


@dataclass
class FakeBrowsers:
    """Keeps the protocol's promises: one living browser for a key and generation, whoever asks.

    ``forgets``: asked again it starts another one, as AgentCore may. ``down``: the operations that fail.
    """

    living: dict[str, tuple[str, int]] = field(default_factory=dict)
    opened: list[tuple[str, int]] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    down: set[str] = field(default_factory=set)
    forgets: bool = False
    while_starting: Callable[[], None] = do_nothing
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self, key: str, generation: int) -> str:
        self._answer("open")
        self.while_starting()
        with self._lock:
            found = [session_id for session_id, which in self.living.items() if which == (key, generation)]
            if found and not self.forgets:
                return found[0]
            if (key, generation) in self.opened and not self.forgets:
                message = "The browser of that generation has ended."
                raise SessionLost(message)
            session_id = f"b{next(self._ids)}"
            self.living[session_id] = (key, generation)
            self.opened.append((key, generation))
            return session_id

    def endpoint(self, key: str, session_id: str) -> CdpEndpoint:  # noqa: ARG002 - the protocol's
        self._answer("endpoint")
        if session_id not in self.living:
            message = "The browser is gone."
            raise SessionLost(message)
        return CdpEndpoint(f"ws://browsers/{session_id}")

    def close(self, key: str, session_id: str) -> None:
        self._answer("close")
        of_key = [each for each, (other, _) in self.living.items() if other == key]
        for each in [session_id] if session_id else of_key:
            self.living.pop(each, None)
            self.closed.append(each)

    def listed(self) -> Sequence[ListedSession]:
        self._answer("listed")
        return [
            ListedSession(session_id, key, "2026-11-20T10:00:00.000Z") for session_id, (key, _) in self.living.items()
        ]

    def refusals(self, key: str) -> Sequence[Refusal]:  # noqa: ARG002 - the protocol's
        self._answer("refusals")
        return [Refusal("http://10.0.0.1", "10.0.0.1 is not a public address.")]

    def crash(self, key: str) -> None:
        """End the browsers of a key, without anybody's having asked for it."""
        self.living = {session_id: which for session_id, which in self.living.items() if which[0] != key}

    def _answer(self, operation: str) -> None:
        if operation in self.down:
            message = f"The fake does not {operation}."
            raise Unavailable(message)


def sessions_on(aws: Aws, browsers: FakeBrowsers) -> BrowserSessions:
    return BrowserSessions(browsers, SessionRegistry(STATE_TABLE, aws.dynamodb), FakeClock())
