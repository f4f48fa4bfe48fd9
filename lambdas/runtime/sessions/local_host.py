"""The provider ``local``: browsers of this machine, run by the local cloud's browser host."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from lambdas.runtime.sessions.provider import BrowserMisconfigured, CdpEndpoint, ListedSession, Refusal, SessionLost
from tool_contract.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: A browser's start takes a second; on a busy machine some more.
_ANSWERS_WITHIN_SECONDS: Final = 30
_GONE: Final = "The browser of this session has ended."


@dataclass(frozen=True, slots=True)
class LocalHost:
    """The browser host at an address of this machine: see ``tool_executor.local.browsers``.

    A session that nobody has used for ``session_seconds`` is ended by the host.
    """

    address: str
    session_seconds: int = 900

    def open(self, key: str, generation: int) -> str:
        """Return the browser's id. Raises SessionLost, Unavailable, BrowserMisconfigured."""
        wanted = {"generation": generation, "timeout_seconds": self.session_seconds}
        return str(self._asked("PUT", _of(key), wanted)["session_id"])

    def endpoint(self, key: str, session_id: str) -> CdpEndpoint:
        """Return where the browser listens. Raises SessionLost, Unavailable."""
        session = self._asked("GET", _of(key))
        if session["state"] != "open" or session["session_id"] != session_id:
            raise SessionLost(_GONE)
        return CdpEndpoint(session["cdp_url"])

    def close(self, key: str, session_id: str) -> None:
        """End the browser, unless another one has taken its place. Raises Unavailable."""
        try:
            # Where no id is known, the browser may be starting at this moment: the host waits for it, and ends it.
            if not session_id or session_id == self._asked("GET", _of(key))["session_id"]:
                self._asked("DELETE", _of(key))
        except SessionLost:
            return

    def listed(self) -> Sequence[ListedSession]:
        """Return the open browsers. Raises Unavailable."""
        sessions = self._asked("GET", "/sessions")["sessions"]
        return [
            ListedSession(session["session_id"], session["key"], session["opened_at"])
            for session in sessions
            if session["state"] == "open"
        ]

    def refusals(self, key: str) -> Sequence[Refusal]:
        """Return what the session's proxy has refused. Raises SessionLost, Unavailable."""
        refused = self._asked("GET", _of(key))["refusals"]
        return [Refusal(refusal["target"], refusal["sentence"]) for refusal in refused]

    def _asked(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        host = urlsplit(self.address)
        connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=_ANSWERS_WITHIN_SECONDS)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, f"{host.path}{path}", text, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            said: dict[str, Any] = json.loads(answer.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError) as error:
            message = "The browser host of the local cloud does not answer."
            raise Unavailable(message) from error
        finally:
            connection.close()
        return _checked(answer.status, said)


def _checked(status: int, said: dict[str, Any]) -> dict[str, Any]:
    if status in {HTTPStatus.GONE, HTTPStatus.NOT_FOUND}:
        raise SessionLost(_GONE)
    if status == HTTPStatus.OK:
        return said
    sentence = str(said.get("error", f"The browser host answered {status}."))
    if said.get("code") == "BrowserMissing":
        raise BrowserMisconfigured(sentence)
    raise Unavailable(sentence)


def _of(key: str) -> str:
    return f"/sessions/{quote(key, safe='')}"
