"""An execution that was submitted: wait for it, follow it, cancel it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from tool_contract.envelope import CallStatus, Envelope
from tool_executor.arguments import checked_timeout
from tool_executor.bounded import leave
from tool_executor.engine import Engine, not_started
from tool_executor.errors import ExecutionIdTakenError, ExecutionTimeoutError, ToolExecutorError
from tool_executor.execution import correlation_id_of
from tool_executor.state_machine_route import NotStarted
from tool_executor.ways import Route

if TYPE_CHECKING:
    from tool_executor.execution import Execution
    from tool_executor.result import ToolExecutionResult

Remember = Callable[[Sequence["ToolExecutionResult"]], None]

_FIRST_POLL_SECONDS: Final = 0.05
_SLOWEST_POLL_SECONDS: Final = 2.0


@dataclass
class ExecutionHandle:
    """An execution under way. ``execution_id`` names it in the history, for every process.

    Of one on the direct route this process is a part: it ends with the process's event loop.
    """

    execution_id: str
    correlation_id: str
    degraded: bool
    _engine: Engine
    _remember: Remember
    _execution: Execution | None = None
    _task: asyncio.Task[list[Envelope]] | None = None
    _finished: asyncio.Queue[Envelope] = field(default_factory=asyncio.Queue)
    _results: list[ToolExecutionResult] | None = None
    #: Awaited where a wait learns that no call was run, and none will be.
    if_nothing_ran: Callable[[], Awaitable[None]] | None = None

    @classmethod
    async def started(cls, engine: Engine, request: dict[str, Any], execution_id: str, remember: Remember) -> Self:
        """Start an execution by the route of the engine. Raises as Engine.run before anything was run."""
        handle = cls(execution_id, correlation_id_of(request) or execution_id, False, engine, remember)  # noqa: FBT003
        instead_of: NotStarted | None = None
        if engine.route is not Route.DIRECT:
            try:
                handle._execution = await engine.start(request, execution_id)
            except NotStarted as error:
                if engine.route is Route.STATE_MACHINE:
                    raise not_started(error) from error
                handle.degraded, instead_of = True, error
            else:
                return handle
        try:
            plan = await engine.plan_directly(request, execution_id, instead_of)
        except ExecutionIdTakenError:
            if instead_of is None:
                raise
            handle.degraded = False
            return handle  # the state machine did start it, and only its answer was lost
        handle._task = asyncio.create_task(engine.run_directly(plan, handle._finished.put_nowait))
        leave(handle._task)  # whether or not anybody waits
        return handle

    async def wait(self, timeout: float | None = None) -> list[ToolExecutionResult]:  # noqa: ASYNC109 - of the wait
        """Return the results in the order of the calls, once all have ended.

        Raises:
            ExecutionTimeoutError: the execution had not ended after ``timeout`` seconds; it goes on.
            InvalidRequestError: nothing was run.
        """
        checked_timeout(timeout)
        if self._results is not None:
            return self._results
        try:
            async with asyncio.timeout(timeout):
                self._results = await self._ended()
        except TimeoutError as error:
            if isinstance(error, ExecutionTimeoutError):
                raise
            raise ExecutionTimeoutError(
                f"The execution {self.execution_id} had not ended after {timeout:g} s.",
                execution_id=self.execution_id,
                hint="It goes on: wait again, or cancel it.",
            ) from None
        except ToolExecutorError as error:
            if error.nothing_ran and self.if_nothing_ran is not None:
                await self.if_nothing_ran()
            raise
        self._remember(self._results)
        return self._results

    async def stream(self) -> AsyncGenerator[ToolExecutionResult, None]:
        """Yield each result as soon as its call has ended, in the order of the ends."""
        yielded: set[str | None] = set()
        source = self._direct_results() if self._task is not None else self._recorded_results()
        async for result in source:
            yielded.add(result.call_id)
            yield result
        for result in await self.wait():
            if result.call_id not in yielded:
                yield result

    async def cancel(self) -> None:
        """Stop the execution; finished calls keep their results, the rest are ``cancelled``."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])
            return
        await self._engine.cancel(self.execution_id)

    async def cancel_unless_ended(self) -> None:
        """Cancel what nobody waits for any longer."""
        if self._results is None and (self._task is None or not self._task.done()):
            await self.cancel()

    async def _ended(self) -> list[ToolExecutionResult]:
        if self._execution is not None:
            return await self._engine.results(await self._engine.envelopes(self._execution), self.execution_id)
        if self._task is not None:
            await asyncio.wait([self._task])
            if not self._task.cancelled():
                return await self._engine.results(self._task.result(), self.execution_id)
        return await self._engine.wait(self.execution_id)  # cancelled, or run by somebody else: the records say

    async def _direct_results(self) -> AsyncIterator[ToolExecutionResult]:
        task = self._task
        while task is not None and not (task.done() and self._finished.empty()):
            getter = asyncio.ensure_future(self._finished.get())
            await asyncio.wait([getter, task], return_when=asyncio.FIRST_COMPLETED)
            if not getter.done():
                getter.cancel()
                continue
            for result in await self._engine.results([getter.result()], self.execution_id):
                yield result

    async def _recorded_results(self) -> AsyncIterator[ToolExecutionResult]:
        execution, pause, seen = self._execution, _FIRST_POLL_SECONDS, set[str]()
        while execution is not None and not await self._engine.has_ended(execution):
            progress = await self._engine.progress(execution)
            news = [row for row in progress if row["call_id"] not in seen and CallStatus(row["status"]).is_terminal]
            for row in news:
                seen.add(row["call_id"])
                for result in await self._engine.result_of(execution.execution_id, row["call_id"]):
                    yield result
            pause = _FIRST_POLL_SECONDS if news else min(pause * 1.4, _SLOWEST_POLL_SECONDS)
            await self._engine.clock.sleep(pause)
