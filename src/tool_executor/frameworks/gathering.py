"""Gathers the tool calls of one turn, which a framework makes one by one, into one execution.

Correctness comes first: calls are put together only where the framework says that they are of one turn (the same
``key``). A call that comes late, or of which nothing is said, is run by itself, and is as right that way.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from tool_contract.limits import MAX_CALLS
from tool_executor.arguments import problem, refused
from tool_executor.errors import ExecutorClosedError
from tool_executor.model_apis.toolset import Toolset, ToolsetOptions, TurnExecutor

if TYPE_CHECKING:
    from collections.abc import Coroutine, Hashable
    from concurrent.futures import Future

    from tool_contract.catalog import Catalog
    from tool_executor.model_apis.model_call import ModelCall
    from tool_executor.result import ToolExecutionResult

#: Long enough for a framework that starts its calls one after another in one go, short beside any tool.
GATHER_SECONDS: Final = 0.05


class GatheringExecutor(TurnExecutor, Protocol):
    """What is needed of a :class:`~tool_executor.ToolExecutor`."""

    def start_coroutine(self, coroutine: Coroutine[Any, Any, ToolExecutionResult]) -> Future[ToolExecutionResult]:
        """Start a coroutine in the executor's own thread."""


@dataclass(slots=True)
class _Turn:
    """The calls of a turn that have come, each with the future that its result goes to."""

    waiting: list[tuple[ModelCall, asyncio.Future[ToolExecutionResult]]] = field(default_factory=list)
    timer: asyncio.TimerHandle | None = None


class Gatherer:
    """Runs calls that any thread or event loop makes, all in the executor's own thread.

    ``seconds`` is how long the first call of a turn waits for the others at most; 0 gathers nothing.
    """

    def __init__(self, executor: GatheringExecutor, toolset: Toolset, seconds: float) -> None:
        if not 0 <= seconds <= 1:
            raise refused(problem("/gather_seconds", f"It should be a number from 0 to 1, not {seconds!r}."))
        self.toolset: Final = toolset
        self._executor = executor
        self._seconds = seconds
        self._turns: dict[Hashable, _Turn] = {}
        self._running: set[asyncio.Task[None]] = set()

    @classmethod
    def of(cls, executor: GatheringExecutor, seconds: float, options: ToolsetOptions) -> Self:
        """Return a gatherer of calls of the tools that ``options`` say."""
        if options.get("mode", "parallel") != "parallel":
            message = "A framework makes its calls in no certain order: they can be run in parallel only."
            raise refused(problem("/mode", message))
        return cls(executor, Toolset(executor=executor, **options), seconds)

    def offered(self) -> Catalog:
        """Return the tools that are offered. Raises as :meth:`Toolset.offered`."""
        return self._executor.run_coroutine(self.toolset.offered())

    async def result(self, call: ModelCall, key: Hashable | None, expected: int | None = None) -> ToolExecutionResult:
        """Run a call with the others of its turn. ``expected`` is how many those are, if it is known.

        Where this task is cancelled, the call's result is not waited for; when nobody waits for any of the turn's
        calls any more, their execution is cancelled. Raises what the executor raises.
        """
        future = self._executor.start_coroutine(self._gathered(call, key, expected))
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            message = "The executor was closed while this waited; its execution is cancelled."
            raise ExecutorClosedError(message) from None

    def result_sync(self, call: ModelCall, key: Hashable | None, expected: int | None = None) -> ToolExecutionResult:
        """Run a call with the others of its turn, and wait for it. See :meth:`result`."""
        return self._executor.run_coroutine(self._gathered(call, key, expected))

    async def _gathered(self, call: ModelCall, key: Hashable | None, expected: int | None) -> ToolExecutionResult:
        if key is None or self._seconds == 0 or expected == 1:
            return (await self.toolset.results([call]))[0]
        loop = asyncio.get_running_loop()
        turn = self._turns.setdefault(key, _Turn())
        future: asyncio.Future[ToolExecutionResult] = loop.create_future()
        turn.waiting.append((call, future))
        if turn.timer is None:
            turn.timer = loop.call_later(self._seconds, self._depart, key)
        if len(turn.waiting) in {expected, MAX_CALLS}:
            self._depart(key)
        return await future

    def _depart(self, key: Hashable) -> None:
        turn = self._turns.pop(key)
        if turn.timer is not None:
            turn.timer.cancel()
        waiting = [(call, future) for call, future in turn.waiting if not future.done()]
        if not waiting:
            return
        task = asyncio.get_running_loop().create_task(self._run(waiting))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

        def cancel_if_nobody_waits(_future: object) -> None:
            if all(future.cancelled() for _call, future in waiting):
                task.cancel()

        for _call, future in waiting:
            future.add_done_callback(cancel_if_nobody_waits)

    async def _run(self, waiting: list[tuple[ModelCall, asyncio.Future[ToolExecutionResult]]]) -> None:
        try:
            results = await self.toolset.results([call for call, _future in waiting])
        except BaseException as error:
            for _call, future in waiting:
                if not future.done():
                    _fail(future, error)
            if not isinstance(error, Exception):
                raise
        else:
            for (_call, future), result in zip(waiting, results, strict=True):
                if not future.done():
                    future.set_result(result)


def _fail(future: asyncio.Future[ToolExecutionResult], error: BaseException) -> None:
    """End a future as its execution ended; each waiter gets the error, which is one object."""
    if isinstance(error, asyncio.CancelledError):
        future.cancel()
    else:
        future.set_exception(error)
