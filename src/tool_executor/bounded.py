"""Waits that end in time, whatever hangs; runs beside each other; and tasks that nobody waits for any longer."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tool_executor.errors import ExecutionTimeoutError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")

#: The execution is given up after its timeout and a moment; reading what it came to takes this long at the most.
_SLACK_SECONDS: Final = 2.0
_left: Final[set[asyncio.Task[Any]]] = set()


async def within(
    seconds: float | None, run: Coroutine[Any, Any, _Answer], execution_id: str, slack_seconds: float = _SLACK_SECONDS
) -> _Answer:
    """Return what a run comes to, a moment after ``seconds`` at the latest; cancelled, it cancels the run first.

    Raises ExecutionTimeoutError where AWS has not even answered by then: the run goes on.
    """
    running = asyncio.create_task(run)
    try:
        await asyncio.wait([running], timeout=None if seconds is None else seconds + slack_seconds)
    except asyncio.CancelledError:
        running.cancel()
        await asyncio.wait([running])
        raise
    if running.done():
        return running.result()
    leave(running)
    raise ExecutionTimeoutError(
        f"AWS did not answer for the execution {execution_id} within {seconds:g} s.",
        execution_id=execution_id,
        hint="It may run: ask with executor.wait(execution_id).",
    )


async def all_of(runs: Sequence[Coroutine[Any, Any, _Answer]]) -> list[_Answer]:
    """Run all to their ends; the first error ends the others."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(run) for run in runs]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [task.result() for task in tasks]


def leave(running: asyncio.Task[Any]) -> None:
    """Let a task run on that nobody waits for any longer; an event loop alone would forget it."""
    _left.add(running)
    running.add_done_callback(_ended)


def _ended(task: asyncio.Task[Any]) -> None:
    _left.discard(task)
    if not task.cancelled() and task.exception() is not None:
        _log.warning("an execution that nobody waits for ended with %s", type(task.exception()).__name__)
