"""The provider ``agentcore``: Amazon Bedrock AgentCore Browser, one managed browser a session.

``StartBrowserSession`` takes a client token, which repeats for the same key and generation: an open that is repeated
after a lost acknowledgement does not start a second browser. Its answer need not be the first one's session, so the id
that counts is the one in the registry.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit, urlunsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, ClientError

from lambdas.runtime import aws_clients
from lambdas.runtime.sessions.provider import BrowserMisconfigured, CdpEndpoint, ListedSession, Refusal, SessionLost
from tool_contract.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_SERVICE: Final = "bedrock-agentcore"
_READY: Final = "READY"
_GONE_CODES: Final = frozenset({"ResourceNotFoundException"})
#: The caller's or the deployment's: the same request would meet it again.
_FINAL_CODES: Final = frozenset(
    {"AccessDeniedException", "InvalidSignatureException", "UnrecognizedClientException", "ValidationException"}
)
_MAX_NAME: Final = 100
#: Of the digest that takes the place of a long key's end; its execution's id still stands before it.
_MARK_DIGITS: Final = 8
_VIEWPORT: Final = {"width": 1280, "height": 720}


@dataclass(frozen=True, slots=True)
class AgentCore:
    """Browsers of AgentCore. ``timeout_seconds`` is when AWS itself ends a session that nobody has closed."""

    browser: str
    timeout_seconds: int
    region: str
    stage: str

    @classmethod
    def from_environment(cls) -> AgentCore:
        """Return the provider that the stack's settings ask for."""
        return cls(
            os.environ["BROWSER_IDENTIFIER"],
            int(os.environ["BROWSER_SESSION_SECONDS"]),
            os.environ["AWS_REGION"],
            os.environ["STAGE"],
        )

    def open(self, key: str, generation: int) -> str:
        """Start the session of this key and generation. Raises Unavailable, BrowserMisconfigured."""
        started = self._asked(
            "start_browser_session",
            name=self._label(key),
            sessionTimeoutSeconds=self.timeout_seconds,
            viewPort=_VIEWPORT,
            clientToken=hashlib.sha256(f"{self.stage}:{key}#{generation}".encode()).hexdigest(),
        )
        return str(started["sessionId"])

    def endpoint(self, key: str, session_id: str) -> CdpEndpoint:  # noqa: ARG002 - the id says it all
        """Return the session's stream, with the headers of a signed request. Raises SessionLost, Unavailable."""
        session = self._asked("get_browser_session", sessionId=session_id)
        if session.get("status", _READY) != _READY:
            message = "The browser of this session has ended."
            raise SessionLost(message)
        try:
            url = session["streams"]["automationStream"]["streamEndpoint"]
        except KeyError:
            message = "AgentCore Browser named no address for the session."
            raise Unavailable(message) from None
        return CdpEndpoint(url, self._signed(url))

    def close(self, key: str, session_id: str) -> None:
        """Stop the session; one whose id was never written down is found by its name.

        Raises Unavailable, BrowserMisconfigured.
        """
        found = [session_id] if session_id else [item["sessionId"] for item in self._items() if self._is_of(key, item)]
        for each in found:
            with contextlib.suppress(SessionLost):
                self._asked("stop_browser_session", sessionId=each)

    def listed(self) -> Sequence[ListedSession]:
        """Return the sessions that are ready. Raises Unavailable, BrowserMisconfigured."""
        return [
            ListedSession(item["sessionId"], self._key(item.get("name", "")), item["createdAt"].isoformat())
            for item in self._items()
        ]

    def _label(self, key: str) -> str:
        """Return a session's name at AgentCore: stages share an account, and a name has 100 characters."""
        label = f"{self.stage}:{key}"
        if len(label) <= _MAX_NAME:
            return label
        mark = f"~{hashlib.sha256(label.encode()).hexdigest()[:_MARK_DIGITS]}"
        return f"{label[: _MAX_NAME - len(mark)]}{mark}"

    def _is_of(self, key: str, item: Mapping[str, Any]) -> bool:
        return bool(item.get("name") == self._label(key))

    def _key(self, label: str) -> str:
        stage, _, key = label.partition(":")
        return key if stage == self.stage else ""

    def refusals(self, key: str) -> Sequence[Refusal]:  # noqa: ARG002 - AgentCore does not tell
        """Return nothing: what AgentCore's network rules refuse shows in the page's error alone."""
        return ()

    def _items(self) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        while True:
            page = self._asked("list_browser_sessions", status=_READY, maxResults=100, **token)
            yield from page["items"]
            if "nextToken" not in page:
                return
            token = {"nextToken": page["nextToken"]}

    def _asked(self, operation: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - the operation's own
        client = aws_clients.agentcore()
        try:
            answer: dict[str, Any] = getattr(client, operation)(browserIdentifier=self.browser, **parameters)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _GONE_CODES and "sessionId" in parameters:
                message = "The browser of this session is not there any more."
                raise SessionLost(message) from error
            if code in _FINAL_CODES or code in _GONE_CODES:
                message = f"AgentCore Browser refused {operation} ({code})."
                raise BrowserMisconfigured(message) from error
            message = f"AgentCore Browser did not do {operation} ({code})."
            raise Unavailable(message) from error
        except BotoCoreError as error:
            message = "AgentCore Browser did not answer."
            raise Unavailable(message) from error
        return answer

    def _signed(self, url: str) -> dict[str, str]:
        """Return the headers of a WebSocket's request to ``url``, signed as AWS signs any request."""
        parts = urlsplit(url)
        target = urlunsplit(("https", parts.netloc, parts.path, parts.query, ""))
        request = AWSRequest("GET", target, headers={"Host": parts.netloc})
        credentials = aws_clients.credentials()
        SigV4Auth(credentials, _SERVICE, self.region).add_auth(request)
        return dict(request.headers.items())
