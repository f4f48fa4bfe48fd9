"""Which attempt is running: for tools that pass a key of their own to what they call."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

from tool_contract.attempt import AttemptContext
from tool_contract.context_value import Within

_NONE: Final = AttemptContext()
_current: ContextVar[AttemptContext | None] = ContextVar("current_attempt", default=None)


def current_attempt() -> AttemptContext:
    """Return the attempt that the calling tool runs in; without a workflow, one with no ids and number 1."""
    return _current.get() or _NONE


def running(context: AttemptContext) -> Within[AttemptContext | None]:
    """Make ``context`` the current attempt in the body."""
    return Within(_current, context)
