"""Ends browser sessions: an execution's when it ends, and the minute's sweep what is left over."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.runtime.sessions.browser_sessions import BrowserSessions
from lambdas.runtime.sessions.keys import attempt_key, execution_of, sequence_key
from lambdas.runtime.sessions.provider import PROVIDER_SETTING
from lambdas.runtime.telemetry import logger
from tool_contract import strict_json
from tool_contract.catalog import load_catalog
from tool_contract.errors import ToolError
from tool_contract.record import attempt_log_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lambdas.finisher.history import ExecutionRows, History
    from lambdas.runtime.sessions.provider import ListedSession

GROUPS_SETTING: Final = "BROWSER_GROUPS"


@dataclass(frozen=True, slots=True)
class SessionsEnd:
    """The sessions of a deployment that has browser tools, which are ``tools``."""

    sessions: BrowserSessions
    tools: frozenset[str]

    @classmethod
    @cache
    def from_environment(cls) -> SessionsEnd | None:
        """Return the deployment's; None where it has no browser tools."""
        if PROVIDER_SETTING not in os.environ:
            return None
        groups = os.environ.get(GROUPS_SETTING, "").split(",")
        tools = frozenset(spec.name for spec in load_catalog().tools if spec.group in groups)
        return cls(BrowserSessions.from_environment(), tools)

    def end(self, rows: ExecutionRows) -> None:
        """End whatever sessions an execution has; what cannot be ended now is logged, and left to the sweep."""
        execution_id = rows.execution["execution_id"]
        # Fallbacks that lie in the artefact bucket may be browser tools; to look costs more than to close in vain.
        used = [row for row in rows.calls if "fallbacks_ref" in row or self.tools.intersection(_tools_of(row))]
        if not used:
            return
        if rows.execution["mode"] == "sequence":
            key = sequence_key(execution_id)
            # For good: an attempt that is still on its way must not open a browser that nobody ends.
            self.sessions.close_all([key], for_good=[key])
            return
        keys = [
            attempt_key(execution_id, row["call_id"], attempt)
            for row in used
            for attempt in range(1, row.get("attempts", 0) + 1)
        ]
        self.sessions.close_all(keys)

    def end_left_over(self, history: History) -> list[str]:
        """End the sessions of executions that have ended; return their keys."""
        ended = []
        for listed in self._listed():
            execution_id = execution_of(listed.key)
            if execution_id is not None and not _is_open(history, execution_id):
                self.sessions.end_listed(listed)
                ended.append(listed.key)
        if ended:
            logger.warning("browser sessions of executions that have ended", extra={"sessions": ended})
        return ended

    def answer(self, event: dict[str, Any]) -> dict[str, Any]:
        """Answer a client: list the sessions, and close those that it names."""
        wanted = event.get("close", [])
        listed = [session for session in self.sessions.provider.listed() if session.key]
        closing = [session for session in listed if wanted == "all" or session.key in wanted]
        for session in closing:
            self.sessions.end_listed(session)
        return {"sessions": [_told(session) for session in listed], "closed": [session.key for session in closing]}

    def _listed(self) -> Sequence[ListedSession]:
        try:
            return self.sessions.provider.listed()
        except ToolError:
            logger.exception("browser sessions could not be listed")
            return ()


def _is_open(history: History, execution_id: str) -> bool:
    try:
        return history.is_open(execution_id)
    except (BotoCoreError, ClientError):
        logger.exception("it could not be looked up whether an execution is open", extra={"execution_id": execution_id})
        return True  # the next sweep asks again


def _tools_of(row: Any) -> Iterator[str]:  # noqa: ANN401 - a row's values
    """Yield the tools that a call may have used: its own, and its fallbacks'."""
    yield row["tool_name"]
    for fallback in strict_json.parse(row.get("fallbacks") or "[]"):
        yield fallback["tool_name"]
    for entry in attempt_log_of(row):
        yield entry.tool_name


def _told(session: ListedSession) -> dict[str, Any]:
    return {
        "key": session.key,
        "session_id": session.session_id,
        "opened_at": session.opened_at,
        "execution_id": execution_of(session.key),
    }
