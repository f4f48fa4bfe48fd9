"""Where browsers come from: one interface, three providers."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final, Protocol

from tool_contract.errors import Effect, ErrorCode, ToolError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROVIDER_SETTING: Final = "BROWSER_PROVIDER"


class SessionLost(ToolError):
    """The browser of the session is gone, and with it what was done in it."""

    code = ErrorCode.SESSION_LOST

    def __init__(self, message: str, *, effect: Effect | None = None, retryable: bool | None = None) -> None:
        hint = "Start again from the first step: a new execution has a fresh browser."
        super().__init__(message, hint=hint, effect=effect, retryable=retryable)


class BrowserMisconfigured(ToolError):
    """The deployment's browser settings cannot be used."""

    code = ErrorCode.MISCONFIGURED


@dataclass(frozen=True, slots=True)
class CdpEndpoint:
    """Where a browser is driven from: the address of its DevTools protocol, and the headers to connect with."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that the browser wanted to reach and must not: what, and why in a sentence."""

    target: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ListedSession:
    """A session that its provider holds. ``opened_at`` is ISO 8601; ``key`` is empty where it has none of ours."""

    session_id: str
    key: str
    opened_at: str


class BrowserSessionProvider(Protocol):
    """Gives a browser for a session's key and generation, and takes it back.

    Every method may raise ``Unavailable`` where the provider does not answer.
    """

    def open(self, key: str, generation: int) -> str:
        """Return the id of the browser of this key and generation, opened if there is none yet.

        Raises SessionLost where that generation's browser is gone: what follows it has a higher number.
        """

    def endpoint(self, key: str, session_id: str) -> CdpEndpoint:
        """Return where to connect to. Raises SessionLost where the browser is known to be gone."""

    def close(self, key: str, session_id: str) -> None:
        """End a browser; one that is gone already is no error. Without an id, whatever there is of the key."""

    def listed(self) -> Sequence[ListedSession]:
        """Return the browsers that are open, ours and others'."""

    def refusals(self, key: str) -> Sequence[Refusal]:
        """Return what the session's browser wanted to reach and must not, oldest first, as far as that is known."""


@cache
def provider_from_environment() -> BrowserSessionProvider:
    """Return the deployment's provider, as the stack named it. Raises BrowserMisconfigured."""
    name = os.environ.get(PROVIDER_SETTING, "")
    # One of them is used: the others' imports cost a cold start its time.
    if name == "agentcore":
        from lambdas.runtime.sessions.agentcore import AgentCore  # noqa: PLC0415

        return AgentCore.from_environment()
    if name == "local":
        from lambdas.runtime.sessions.local_host import LocalHost  # noqa: PLC0415

        return LocalHost(os.environ["BROWSER_HOST"], int(os.environ["BROWSER_SESSION_SECONDS"]))
    if name == "cdp":
        from lambdas.runtime.sessions.cdp import AnyCdp  # noqa: PLC0415

        return AnyCdp(os.environ["BROWSER_CDP_URL"])
    message = f"The setting {PROVIDER_SETTING} must be agentcore, local or cdp."
    raise BrowserMisconfigured(message)
