"""Stops a tool that runs too long: first by an exception in the tool, then by ending the process."""

from __future__ import annotations

import math
import signal
import threading
import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from lambdas.runtime.last_resort import last_resort
from tool_contract.context_value import Within
from tool_contract.limits import HARD_TIMEOUT_ALLOWANCE_SECONDS

try:
    # CPython's own, without the wrapper that makes enums of handlers: that costs more than all else here.
    from _signal import signal as _set_handler  # type: ignore[import-not-found]
except ImportError:
    from signal import signal as _set_handler

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

#: The process outlives the task's own limit by this, so that the state machine names what happened.
_LAST_RESORT_SECONDS: Final = HARD_TIMEOUT_ALLOWANCE_SECONDS + 2
_ends_at: ContextVar[float] = ContextVar("ends_at", default=math.inf)


class TimeLimitReached(BaseException):
    """Raised in the tool when its time is up. No ``Exception``, so that a tool's own handlers let it through."""


def seconds_left() -> float:
    """Return how long the tool that asks may still run; infinite where nothing limits it.

    For tools that do their work in parts and answer with what they have done.
    """
    return _ends_at.get() - time.monotonic()


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise :class:`TimeLimitReached` in the body after ``seconds``.

    Native code that never returns to Python cannot be interrupted: the process is ended after some seconds more,
    so that a hung function does not cost its full 15 minutes.
    """
    with Within(_ends_at, time.monotonic() + seconds):
        if threading.current_thread() is not threading.main_thread():
            yield  # signals reach the main thread only, which is where Lambda runs a handler
            return
        previous = _set_handler(signal.SIGALRM, _raise)
        resort = last_resort()
        resort.arm(seconds + _LAST_RESORT_SECONDS)
        try:
            try:
                signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
                yield
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        finally:
            # In a block of its own: the alarm may strike in the one above, and a forgotten timer ends a later call.
            resort.disarm()
            _set_handler(signal.SIGALRM, previous)


def _raise(_number: int, _frame: FrameType | None) -> None:
    raise TimeLimitReached
