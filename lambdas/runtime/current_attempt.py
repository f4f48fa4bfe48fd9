"""Which attempt is running: for tools that pass a key of their own to what they call."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from tool_contract.attempt import AttemptContext

if TYPE_CHECKING:
    from collections.abc import Iterator

_NONE: Final = AttemptContext()
_current: ContextVar[AttemptContext | None] = ContextVar("current_attempt", default=None)


def current_attempt() -> AttemptContext:
    """Return the attempt that the calling tool runs in; without a workflow, one with no ids and number 1."""
    return _current.get() or _NONE


@contextmanager
def running(context: AttemptContext) -> Iterator[None]:
    """Make ``context`` the current attempt in the body."""
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)
