"""An event loop in a thread of its own, for callers that are not asynchronous (or are, and call the sync methods)."""

from __future__ import annotations

import asyncio
import atexit
import threading
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tool_executor.errors import ExecutorClosedError

if TYPE_CHECKING:
    from collections.abc import Coroutine

_Answer = TypeVar("_Answer")

_CANCELS_WITHIN_SECONDS: Final = 30


class BackgroundLoop:
    """Runs coroutines for other threads. It starts with the first one and ends with the process or by :meth:`close`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, coroutine: Coroutine[Any, Any, _Answer]) -> _Answer:
        """Run a coroutine to its end.

        Where the wait is interrupted (Ctrl-C), the coroutine is cancelled, and what it does about that is waited for.
        """
        ended, loop = threading.Event(), self._started()
        tasks: list[asyncio.Task[Any]] = []

        async def run_to_end() -> _Answer:
            tasks.extend(filter(None, [asyncio.current_task()]))
            try:
                return await coroutine
            finally:
                ended.set()

        try:
            return asyncio.run_coroutine_threadsafe(run_to_end(), loop).result()
        except CancelledError:
            message = "The executor was closed while this waited; its execution is cancelled."
            raise ExecutorClosedError(message) from None
        except BaseException:
            if not ended.is_set() and tasks:
                loop.call_soon_threadsafe(tasks[0].cancel)
                ended.wait(_CANCELS_WITHIN_SECONDS)
            raise

    def start(self, coroutine: Coroutine[Any, Any, _Answer]) -> Future[_Answer]:
        """Start a coroutine and return at once; cancelling the future cancels the coroutine."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._started())

    def close(self) -> None:
        """Cancel what runs, and end the loop and its thread; once more does nothing.

        Who waits for a coroutine in another thread gets an ExecutorClosedError.
        """
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is not None:
            atexit.unregister(self.close)
            with suppress(TimeoutError):
                asyncio.run_coroutine_threadsafe(_end_tasks(loop), loop).result(_CANCELS_WITHIN_SECONDS)
            loop.call_soon_threadsafe(loop.stop)

    def end_when_done(self, keeping: object) -> None:
        """End the loop once all that runs in it has ended, without waiting for that; ``keeping`` is kept until then.

        For an owner that is no more: it takes no lock, because it may be called wherever garbage is collected.
        """
        loop, self._loop = self._loop, None
        if loop is None or loop.is_closed():
            return
        atexit.unregister(self.close)
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(_end_later, loop, keeping)

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                atexit.register(self.close)
                threading.Thread(target=_serve, args=(self._loop,), name="tool-executor", daemon=True).start()
            return self._loop


async def _end_tasks(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await loop.shutdown_asyncgens()


_ending: Final[set[asyncio.Task[None]]] = set()


def _end_later(loop: asyncio.AbstractEventLoop, keeping: object) -> None:
    task = loop.create_task(_end_by_itself(loop, keeping))
    _ending.add(task)
    task.add_done_callback(_ending.discard)


async def _end_by_itself(loop: asyncio.AbstractEventLoop, keeping: object) -> None:
    while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(tasks)
    await loop.shutdown_asyncgens()
    del keeping
    loop.stop()


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()
