"""Ends a process whose tool never returns to Python, with a traceback of where it stands.

Native code that never returns holds the interpreter lock, so no thread of Python's can help. On Linux it is a timer of
the kernel's that aborts the process; elsewhere, faulthandler's own thread, which costs ten times as much a call.
"""

from __future__ import annotations

import ctypes
import faulthandler
import functools
import math
import os
import signal
import sys
from typing import Final, Protocol

_STDERR: Final = 2
_CLOCK_MONOTONIC: Final = 1


class LastResort(Protocol):
    """What ends the process, once armed."""

    def arm(self, seconds: float) -> None:
        """End the process in that many seconds, unless disarmed."""

    def disarm(self) -> None:
        """Let the process live."""


class _Event(ctypes.Structure):
    """glibc's ``sigevent``, which is 64 bytes long: which signal the timer sends, to the process as a whole."""

    _fields_ = (
        ("value", ctypes.c_void_p),
        ("signal_number", ctypes.c_int),
        ("notify", ctypes.c_int),
        ("rest", ctypes.c_char * 48),
    )


class _Times(ctypes.Structure):
    """``itimerspec``: once after so long."""

    _fields_ = tuple((name, ctypes.c_long) for name in ("again_s", "again_ns", "after_s", "after_ns"))


class KernelTimer:
    """A timer of the kernel's that sends SIGABRT, at which faulthandler writes the traceback and lets it end."""

    def __init__(self) -> None:
        """Create the timer. Raises AttributeError, OSError where the system has none."""
        faulthandler.enable(_STDERR)
        library = ctypes.CDLL(None, use_errno=True)
        self._set = library.timer_settime
        self._timer = ctypes.c_void_p()
        event = _Event(signal_number=signal.SIGABRT)
        if library.timer_create(_CLOCK_MONOTONIC, ctypes.byref(event), ctypes.byref(self._timer)) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        self._off = ctypes.byref(_Times())

    def arm(self, seconds: float) -> None:
        """End the process in that many seconds, unless disarmed."""
        fraction, whole = math.modf(max(seconds, 0.001))
        times = _Times(after_s=int(whole), after_ns=int(fraction * 1e9))
        self._set(self._timer, 0, ctypes.byref(times), None)

    def disarm(self) -> None:
        """Let the process live."""
        self._set(self._timer, 0, self._off, None)


class TracebackThread:
    """faulthandler's thread, which needs no interpreter lock."""

    def arm(self, seconds: float) -> None:
        """End the process in that many seconds, unless disarmed."""
        faulthandler.dump_traceback_later(seconds, exit=True, file=_STDERR)

    def disarm(self) -> None:
        """Let the process live."""
        faulthandler.cancel_dump_traceback_later()


def last_resort() -> LastResort:
    """Return the process's own: a fork's timer is not its parent's."""
    return _of_process(os.getpid())


@functools.cache
def _of_process(_pid: int) -> LastResort:
    if sys.platform != "linux":
        return TracebackThread()
    try:
        return KernelTimer()
    except (AttributeError, OSError):
        return TracebackThread()
