"""`tool-executor local up`: a local cloud that serves until it is told to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tool_executor.local.cloud import LocalCloud

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(BaseException):
    """A stop signal arrived; not an Exception, so that nothing on the way swallows it."""


def serve_until_stopped(cloud: LocalCloud, *, on_ready: Callable[[LocalCloud], None]) -> None:
    """Serve a local cloud until SIGINT or SIGTERM; call it from the main thread.

    `on_ready` is called once everything answers.

    Raises:
        LocalCloudError: if it could not be started.
    """
    with _signals_raise_stopped():
        try:
            with cloud:
                on_ready(cloud)
                threading.Event().wait()
        except Stopped:
            return


@contextmanager
def _signals_raise_stopped() -> Iterator[None]:
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        if stopping.is_set():
            return  # the clean-up that the first signal began is not to be cut short by a second
        stopping.set()
        raise Stopped

    before = {number: signal.signal(number, stop) for number in _STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
