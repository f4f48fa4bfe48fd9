"""The executor's methods for callers that are not asynchronous, and its memory of what it ran."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from tool_executor.arguments import checked_limit
from tool_executor.background_loop import BackgroundLoop

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence
    from concurrent.futures import Future
    from datetime import datetime

    from tool_contract.catalog import Catalog
    from tool_contract.problems import Problem
    from tool_executor.calls import Call
    from tool_executor.cancellation import Cancellation
    from tool_executor.executor import ToolExecutor
    from tool_executor.history_statistics import StatisticsReport
    from tool_executor.recent import RecentResults
    from tool_executor.result import ToolExecutionResult

_Answer = TypeVar("_Answer")


class SyncMethods:
    """Twins of the asynchronous methods; each waits for its own.

    They work wherever an event loop runs already (notebooks), too: coroutines run in a thread of their own. Ctrl-C
    cancels the execution before it is raised.
    """

    _recent: RecentResults

    def __init__(self) -> None:
        self._loop = BackgroundLoop()

    def execute_tool_sync(self: ToolExecutor, call: Call, timeout: float | None = None) -> ToolExecutionResult:  # type: ignore[misc] # the class that has both
        """Run one call. See :meth:`ToolExecutor.execute_tool`."""
        return self._loop.run(self.execute_tool(call, timeout))

    def execute_tools_sync(  # type: ignore[misc] # as above
        self: ToolExecutor,
        calls: Sequence[Call],
        timeout: float | None = None,
        *,
        correlation_id: str | None = None,
        one_execution: bool = False,
    ) -> list[ToolExecutionResult]:
        """Run calls beside each other. See :meth:`ToolExecutor.execute_tools`."""
        return self._loop.run(
            self.execute_tools(calls, timeout, correlation_id=correlation_id, one_execution=one_execution)
        )

    def execute_sequence_sync(  # type: ignore[misc] # as above
        self: ToolExecutor,
        calls: Sequence[Call],
        timeout: float | None = None,
        *,
        correlation_id: str | None = None,
    ) -> list[ToolExecutionResult]:
        """Run calls one after another. See :meth:`ToolExecutor.execute_sequence`."""
        return self._loop.run(self.execute_sequence(calls, timeout, correlation_id=correlation_id))

    def execute_with_fallback_sync(  # type: ignore[misc] # as above
        self: ToolExecutor, primary: Call, fallbacks: Sequence[Call], timeout: float | None = None
    ) -> ToolExecutionResult:
        """Run a call, and where it fails the fallbacks. See :meth:`ToolExecutor.execute_with_fallback`."""
        return self._loop.run(self.execute_with_fallback(primary, fallbacks, timeout))

    def validate_tool_call_sync(self: ToolExecutor, call: Call) -> bool:  # type: ignore[misc] # as above
        """Whether a call could be run. See :meth:`ToolExecutor.validate_tool_call`."""
        return self._loop.run(self.validate_tool_call(call))

    def problems_of_sync(self: ToolExecutor, call: Call) -> list[Problem]:  # type: ignore[misc] # as above
        """Return everything that is wrong with a call. See :meth:`ToolExecutor.problems_of`."""
        return self._loop.run(self.problems_of(call))

    def catalog_sync(self: ToolExecutor) -> Catalog:  # type: ignore[misc] # as above
        """Return the tools of the deployment. See :meth:`ToolExecutor.catalog`."""
        return self._loop.run(self.catalog())

    def get_execution_history_sync(  # type: ignore[misc] # as above
        self: ToolExecutor, correlation_id: str, limit: int | None = None
    ) -> list[ToolExecutionResult]:
        """Return what the history holds. See :meth:`ToolExecutor.get_execution_history`."""
        return self._loop.run(self.get_execution_history(correlation_id, limit))

    def statistics_sync(  # type: ignore[misc] # as above
        self: ToolExecutor,
        *,
        tool_name: str | None = None,
        correlation_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> StatisticsReport:
        """Return figures from the history table. See :meth:`ToolExecutor.statistics`."""
        return self._loop.run(
            self.statistics(tool_name=tool_name, correlation_id=correlation_id, since=since, until=until)
        )

    def submit_sync(  # type: ignore[misc] # as above
        self: ToolExecutor,
        calls: Sequence[Call],
        timeout: float | None = None,
        *,
        sequence: bool = False,
        correlation_id: str | None = None,
    ) -> str:
        """Start calls as one execution and return its id, for :meth:`wait_sync` and :meth:`cancel_sync`."""
        handle = self._loop.run(self.submit(calls, timeout, sequence=sequence, correlation_id=correlation_id))
        return handle.execution_id

    def wait_sync(  # type: ignore[misc] # as above
        self: ToolExecutor, execution_id: str, timeout: float | None = None
    ) -> list[ToolExecutionResult]:
        """Wait for an execution. See :meth:`ToolExecutor.wait`."""
        return self._loop.run(self.wait(execution_id, timeout))

    def cancel_sync(self: ToolExecutor, execution_id: str) -> Cancellation:  # type: ignore[misc] # as above
        """Stop an execution. See :meth:`ToolExecutor.cancel`."""
        return self._loop.run(self.cancel(execution_id))

    def run_coroutine(self, coroutine: Coroutine[Any, Any, _Answer]) -> _Answer:
        """Run a coroutine that uses this executor in the executor's own thread, and wait for it."""
        return self._loop.run(coroutine)

    def start_coroutine(self, coroutine: Coroutine[Any, Any, _Answer]) -> Future[_Answer]:
        """Start a coroutine in the executor's own thread and return at once; cancelling the future cancels it."""
        return self._loop.start(coroutine)

    @property
    def execution_history(self) -> list[ToolExecutionResult]:
        """What this executor ran lately, oldest first; ``max_history_size`` bounds it."""
        return self._recent.all()

    def get_execution_stats(self) -> dict[str, Any]:
        """Return the figures of :attr:`execution_history`; :meth:`ToolExecutor.statistics` has the table's."""
        return self._recent.statistics().to_json()

    def get_tool_stats(self, tool_name: str) -> dict[str, Any]:
        """Return the figures of one tool in :attr:`execution_history`."""
        return self._recent.statistics(tool_name).to_json()

    def get_recent_executions(self, limit: int = 10) -> list[dict[str, Any]]:
        """Return the latest results, newest first, as plain JSON values; ``limit`` is 0 or more."""
        return [result.to_json() for result in self._recent.all()[::-1][: checked_limit(limit, least=0)]]

    def clear_history(self) -> None:
        """Forget :attr:`execution_history`; the table keeps its records."""
        self._recent.clear()

    def close(self: ToolExecutor) -> None:  # type: ignore[misc] # as above
        """Close connections and end the thread; the executor may be used again."""
        self._loop.run(self.aclose())
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self: ToolExecutor, *_error: object) -> None:  # type: ignore[misc] # as above
        self.close()
