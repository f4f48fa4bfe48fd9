"""The browser sessions of a deployment: which are open, and ends those that are named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tool_contract import strict_json
from tool_executor.aws import translated_errors
from tool_executor.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tool_executor.aws import Aws
    from tool_executor.deployment import Deployment


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """An open session. ``opened_at`` is ISO 8601; ``execution_id`` is None where no execution has it."""

    key: str
    session_id: str
    opened_at: str
    execution_id: str | None

    def to_json(self) -> dict[str, Any]:
        """Return the session as plain JSON values."""
        return {
            "key": self.key,
            "session_id": self.session_id,
            "opened_at": self.opened_at,
            "execution_id": self.execution_id,
        }


@dataclass(frozen=True, slots=True)
class BrowserSessions:
    """Asks the finisher, which may see and end sessions: who asks needs no rights on browsers.

    Its methods raise ServiceError where the finisher or the browsers' provider does not answer.
    """

    aws: Aws
    deployment: Deployment

    def open_ones(self) -> list[BrowserSession]:
        """Return the open sessions, oldest first."""
        return _sessions(self._asked({})["sessions"])

    def close(self, keys: Sequence[str]) -> list[str]:
        """End the sessions of these keys; return the keys of those that there were."""
        return list(self._asked({"close": list(keys)})["closed"])

    def close_all(self) -> list[str]:
        """End all sessions; return their keys. Calls that use one fail as ``SessionLost``."""
        return list(self._asked({"close": "all"})["closed"])

    def _asked(self, wanted: dict[str, Any]) -> dict[str, Any]:
        with translated_errors():
            answer = self.aws.functions.invoke(
                FunctionName=self.deployment.finisher_function,
                Payload=strict_json.dumps({"browser_sessions": wanted}).encode(),
            )
            text = answer["Payload"].read()
        if "FunctionError" in answer:
            message = "The browser sessions could not be listed; the finisher's log says why."
            raise ServiceError(message)
        said: dict[str, Any] = strict_json.parse(text.decode())
        return said


def _sessions(listed: Sequence[dict[str, Any]]) -> list[BrowserSession]:
    return sorted((BrowserSession(**session) for session in listed), key=lambda session: session.opened_at)
