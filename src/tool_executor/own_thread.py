"""Calls that may take minutes: each has a thread of its own, and neither the program's end nor another waits for it."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_Answer = TypeVar("_Answer")


async def in_own_thread(function: Callable[..., _Answer], *arguments: Any) -> _Answer:  # noqa: ANN401 - as the function's
    """Return what a call comes to. Cancelled, it is left to itself: nobody hears of its end."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[_Answer] = loop.create_future()

    def settle(settled: Callable[[Any], None], value: object) -> None:
        if not answer.done():
            settled(value)

    def tell(settled: Callable[[Any], None], value: object) -> None:
        with suppress(RuntimeError):  # the loop has ended, and whoever waited with it
            loop.call_soon_threadsafe(settle, settled, value)

    def work() -> None:
        try:
            value = function(*arguments)
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            tell(answer.set_exception, error)
        else:
            tell(answer.set_result, value)

    # A thread of a pool would be waited for at the program's end.
    threading.Thread(target=work, name="tool-executor-waits", daemon=True).start()
    return await answer
