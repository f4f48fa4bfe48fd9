"""The executions that clients wait for: each in a task of its own, cancelled with the wait, and told of meanwhile."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
from mcp.shared.exceptions import MCPError
from mcp_types import CONNECTION_CLOSED

from tool_executor.errors import ToolExecutorError
from tool_executor.mcp_server.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tool_executor.mcp_server.executions import Executions
    from tool_executor.mcp_server.progress import Report
    from tool_executor.result import ToolExecutionResult


class BegunError(Exception):
    """An error that leaves open what became of an execution, and the id by which that can be asked for."""

    def __init__(self, error: ToolExecutorError, execution_id: str) -> None:
        super().__init__(error.sentence)
        self.error = error
        self.execution_id = execution_id


@contextmanager
def beginning(execution_id: str) -> Iterator[None]:
    """Raise errors as BegunError, unless they say that nothing ran: then there is nothing to ask for."""
    try:
        yield
    except ToolExecutorError as error:
        if error.nothing_ran:
            raise
        raise BegunError(error, execution_id) from error


@dataclass
class Runs:
    """Runs requests for clients."""

    executions: Executions
    _waited_for: set[asyncio.Task[list[ToolExecutionResult]]] = field(default_factory=set)

    async def to_end(
        self, request: dict[str, Any], execution_id: str, report: Report | None
    ) -> list[ToolExecutionResult]:
        """Run a request to its end. Whoever is cancelled in here has cancelled the execution when that is raised.

        Raises InvalidRequestError and others after which nothing ran, BegunError of what :meth:`Executions.run` raises
        otherwise, or MCPError where the server ends first.
        """
        # A task of its own: the SDK cancels a handler at each step that it takes, also while it cleans up.
        task = asyncio.create_task(self.executions.run(request, execution_id))
        self._waited_for.add(task)
        task.add_done_callback(self._waited_for.discard)
        try:
            if report is None:
                await asyncio.wait([task])
            else:
                await self._told(task, request, execution_id, report)
        except BaseException:  # whatever ends the wait: nobody else would know of the execution
            with anyio.CancelScope(shield=True):
                await _cancelled([task])
            raise
        if task.cancelled():
            raise MCPError(CONNECTION_CLOSED, "The server ends, and the execution was cancelled.")
        with beginning(execution_id):
            return task.result()

    async def close(self) -> None:
        """Cancel every execution that somebody waits for, and return when that is done."""
        await _cancelled(list(self._waited_for))

    async def _told(
        self, task: asyncio.Task[list[ToolExecutionResult]], request: dict[str, Any], execution_id: str, report: Report
    ) -> None:
        """Wait for a task, and report meanwhile how the execution stands."""
        progress = Progress(execution_id, len(request["calls"]), report)
        with suppress(Exception):  # a client that takes no notifications still gets its answer
            await progress.begun()
        look = partial(self.executions.progress, execution_id, request.get("correlation_id") or execution_id)
        teller = asyncio.create_task(progress.follow(look))
        try:
            await asyncio.wait([task, teller], return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait([task])  # the teller may have ended first: as above
        finally:
            teller.cancel()
        await asyncio.gather(teller, return_exceptions=True)
        if not task.cancelled() and task.exception() is None:
            with suppress(Exception):  # as above
                await progress.ended([result.status for result in task.result()])


async def _cancelled(tasks: list[asyncio.Task[list[ToolExecutionResult]]]) -> None:
    """Cancel tasks, each once: a second time would break off what ends its execution."""
    for task in tasks:
        if not task.done() and not task.cancelling():
            task.cancel()
    if tasks:
        await asyncio.wait(tasks)
