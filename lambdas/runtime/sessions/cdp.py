"""The provider ``cdp``: any service that gives a fresh browser to each connection, such as Browserless.

One address serves all keys: the session's id is the key's own name for it, put into the address where that has
``{session}``. A service that keeps a browser per address keeps sessions; without ``{session}`` each call has a browser
of its own, and a sequence is refused rather than run in several.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdas.runtime.sessions.keys import is_shared
from lambdas.runtime.sessions.provider import BrowserMisconfigured, CdpEndpoint, ListedSession, Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

_PLACE = "{session}"


@dataclass(frozen=True, slots=True)
class AnyCdp:
    """A CDP address. ``{session}`` in it stands for the session's id."""

    address: str

    def open(self, key: str, generation: int) -> str:
        """Return the id. Raises BrowserMisconfigured where calls are to share a browser that nobody keeps."""
        if is_shared(key) and _PLACE not in self.address:
            message = "A sequence needs a CDP address with {session} in it: otherwise each call has another browser."
            raise BrowserMisconfigured(message)
        return hashlib.sha256(f"{key}#{generation}".encode()).hexdigest()[:32]

    def endpoint(self, key: str, session_id: str) -> CdpEndpoint:  # noqa: ARG002 - the id says it all
        """Return where to connect to."""
        return CdpEndpoint(self.address.replace(_PLACE, session_id))

    def close(self, key: str, session_id: str) -> None:
        """Do nothing: the service ends what nobody is connected to."""

    def listed(self) -> Sequence[ListedSession]:
        """Return nothing: the protocol cannot ask."""
        return ()

    def refusals(self, key: str) -> Sequence[Refusal]:  # noqa: ARG002 - as above
        """Return nothing: the protocol cannot ask."""
        return ()
