"""What programs import: :class:`ToolExecutor`, asynchronous at heart, with a twin ``..._sync`` of every method."""

from __future__ import annotations

import logging
import os
import uuid
from functools import partial
from typing import TYPE_CHECKING, Final, Self
from weakref import WeakSet, finalize

from tool_contract.secret_fields import one_time_names
from tool_executor.arguments import checked_text, checked_timeout
from tool_executor.background_loop import BackgroundLoop
from tool_executor.batches import Batch, parallel_batches, sequence_batch, single
from tool_executor.bounded import all_of, within
from tool_executor.bulk_methods import BulkMethods
from tool_executor.calls import WithFallbacks
from tool_executor.configuration import configuration_of
from tool_executor.connection import Connection
from tool_executor.execution_handle import ExecutionHandle
from tool_executor.questions import Questions
from tool_executor.recent import RecentResults
from tool_executor.result import told_without_its_error
from tool_executor.sync_executor import SyncMethods

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from tool_contract.options import ToolExecutorOptions
    from tool_executor.aws import Aws
    from tool_executor.calls import Call
    from tool_executor.cancellation import Cancellation
    from tool_executor.configuration import ConfigurationManager
    from tool_executor.deployment import Deployment
    from tool_executor.result import ToolExecutionResult
    from tool_executor.ways import Route, Wait

_log = logging.getLogger("tool_executor")
_log.addHandler(logging.NullHandler())  # quiet until the program asks: else Python prints warnings by itself


class ToolExecutor(Questions, SyncMethods, BulkMethods):
    """Runs tools of one deployment.

    Args:
        region: AWS's region; None finds it as boto3 does. With ``AWS_ENDPOINT_URL`` set it is the local cloud's.
        config: where options come from that are not given here; None reads the environment and ``tool-executor.toml``.
        max_workers: how many calls run at once, 10 unless configured otherwise.
        options: retries, timeouts and more; what they say wins over a tool's own defaults.
        route: ``auto`` (the state machine, directly if it did not start), ``state_machine`` or ``direct``.
        wait: ``poll``, or ``sync``: by the Express state machine, in one request that is answered when all has ended;
            timeouts are below 290 s then, 270 s where nothing is said. ``submit`` and ``stream`` always poll.
        stage: the deployment's stage, ``dev`` unless configured otherwise.
        caller: kept in the history.
        hedge: whether a slow attempt of a tool that only reads gets a second one beside it; on the direct route alone.
        aws: what to call AWS with, in place of ``region``.
        deployment: where the parts of the deployment are; None asks CloudFormation once.

    Nothing is called before the first method is. A tool's failure is a result, never an exception.
    """

    def __init__(  # noqa: PLR0913 - one way to say each thing, by name
        self,
        region: str | None = None,
        config: ConfigurationManager | None = None,
        max_workers: int | None = None,
        *,
        options: ToolExecutorOptions | None = None,
        route: Route | str | None = None,
        wait: Wait | str | None = None,
        stage: str | None = None,
        caller: str | None = None,
        hedge: bool | None = None,
        aws: Aws | None = None,
        deployment: Deployment | None = None,
    ) -> None:
        said = {
            "region": region,
            "max_workers": max_workers,
            "route": None if route is None else str(route),
            "wait": None if wait is None else str(wait),
            "stage": stage,
            "caller": caller,
            "hedge": hedge,
        }
        configuration = configuration_of(config, options).with_values(said)
        Questions.__init__(self, configuration, Connection(configuration, aws, deployment))
        SyncMethods.__init__(self)
        self._recent = RecentResults(self.configuration.options.max_history_size)
        _executors.add(self)
        self._let_go = self._when_dropped()

    async def execute_tool(self, call: Call, timeout: float | None = None) -> ToolExecutionResult:  # noqa: ASYNC109 - the execution's
        """Run one call. ``timeout`` (seconds) is for all of its attempts. Raises as :meth:`execute_tools`."""
        return (await self.execute_tools([call], timeout))[0]

    async def execute_tools(
        self,
        calls: Sequence[Call],
        timeout: float | None = None,  # noqa: ASYNC109 - the execution's
        *,
        correlation_id: str | None = None,
        one_execution: bool = False,
    ) -> list[ToolExecutionResult]:
        """Run calls beside each other and return their results in the order of the calls.

        ``timeout`` (seconds, 300 by default, 270 with ``wait="sync"``) is for all: when it is up, finished calls have
        their results and the rest are timeouts. More than 250 calls, or more than 40 at once, are several executions of
        one correlation id; a ``call_id`` names a call in its own execution, so that then it occurs in several (``c1``
        of each). ``one_execution`` makes it one in any case, with 40 at once at the most, and refuses more calls.

        Raises:
            InvalidRequestError: nothing was run; every problem is named (ToolNotFoundError if only names are wrong).
            CredentialsMissingError, DeploymentNotFoundError, ServiceError: AWS, or the deployment, is not there.
        """
        defaults = self._defaults.of_one_execution() if one_execution else self._defaults
        batches = parallel_batches(calls, defaults, timeout, correlation_id or _new_id())
        if one_execution:
            single(batches)
        parts = await all_of([self._run(batch, timeout) for batch in batches])
        placed = {
            position: result
            for batch, results in zip(batches, parts, strict=True)
            for position, result in zip(batch.positions, results, strict=True)
        }
        return [placed[position] for position in range(len(placed))]

    async def execute_sequence(
        self,
        calls: Sequence[Call],
        timeout: float | None = None,  # noqa: ASYNC109 - the execution's
        *,
        correlation_id: str | None = None,
    ) -> list[ToolExecutionResult]:
        """Run calls one after another; after the first that fails for good the rest are ``skipped``.

        Raises as :meth:`execute_tools`.
        """
        return await self._run(sequence_batch(calls, self._defaults, timeout, correlation_id or _new_id()), timeout)

    async def execute_with_fallback(
        self,
        primary: Call,
        fallbacks: Sequence[Call],
        timeout: float | None = None,  # noqa: ASYNC109 - the execution's
    ) -> ToolExecutionResult:
        """Run a call, and where it fails for good the fallbacks in order; ``metadata`` says which one answered.

        Raises as :meth:`execute_tools`.
        """
        return await self.execute_tool(WithFallbacks(primary, fallbacks), timeout)

    async def submit(
        self,
        calls: Sequence[Call],
        timeout: float | None = None,  # noqa: ASYNC109 - the execution's
        *,
        sequence: bool = False,
        correlation_id: str | None = None,
    ) -> ExecutionHandle:
        """Start calls as one execution and return at once; the handle waits, streams and cancels.

        Raises as :meth:`execute_tools`; of calls that need several executions, InvalidRequestError.
        """
        own_id = correlation_id or _new_id()
        if sequence:
            batch = sequence_batch(calls, self._defaults, timeout, own_id)
        else:
            batch = single(parallel_batches(calls, self._defaults, timeout, own_id))
        async with self._connection.secrets.referenced(batch.request) as request:
            handle = await ExecutionHandle.started(await self._connection.engine(), request, _new_id(), self._remember)
        handle.if_nothing_ran = partial(self._connection.secrets.delete, list(one_time_names(request["calls"])))
        return handle

    def stream(
        self,
        calls: Sequence[Call],
        timeout: float | None = None,
    ) -> AsyncGenerator[ToolExecutionResult, None]:
        """Run calls beside each other and yield each result as soon as its call has ended.

        Nothing is started before the first is asked for. Where the iteration is broken off, the execution is cancelled
        when the generator is closed: at once within ``async with contextlib.aclosing(executor.stream(...))``, else
        whenever Python collects it. Raises as :meth:`submit`.
        """
        return self._streamed(calls, timeout)

    async def wait(self, execution_id: str, timeout: float | None = None) -> list[ToolExecutionResult]:  # noqa: ASYNC109 - of the wait
        """Wait for an execution that anybody started, and return its results in the order of its calls.

        Raises:
            ExecutionTimeoutError: it had not ended after ``timeout`` seconds; it goes on.
            ExecutionNotFoundError: the history does not know it.
        """
        checked_text(execution_id, "execution_id")
        checked_timeout(timeout)
        engine = await self._connection.engine()
        return await engine.wait(execution_id, timeout)

    async def cancel(self, execution_id: str) -> Cancellation:
        """Stop an execution; finished calls keep their results, the rest are ``cancelled``.

        Raises ExecutionNotFoundError, ServiceError.
        """
        checked_text(execution_id, "execution_id")
        engine = await self._connection.engine()
        cancellation: Cancellation = await engine.cancel(execution_id)
        return cancellation

    async def aclose(self) -> None:
        """Close this loop's connections. The executor may be used again."""
        await self._connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.aclose()

    async def _streamed(
        self,
        calls: Sequence[Call],
        timeout: float | None,  # noqa: ASYNC109 - the execution's
    ) -> AsyncGenerator[ToolExecutionResult, None]:
        handle = await self.submit(calls, timeout)
        try:
            async for result in handle.stream():
                yield result
        finally:
            await handle.cancel_unless_ended()

    async def _run(self, batch: Batch, timeout: float | None) -> list[ToolExecutionResult]:  # noqa: ASYNC109
        execution_id = _new_id()
        calls = len(batch.request["calls"])
        _log.info("execution %s starts: %d calls", execution_id, calls)
        results = await within(timeout, self._run_to_end(batch, execution_id, timeout), execution_id)
        self._remember(results)
        _log.info(
            "execution %s ended: %d of %d calls succeeded",
            execution_id,
            sum(result.success for result in results),
            calls,
        )
        return results

    async def _run_to_end(self, batch: Batch, execution_id: str, timeout: float | None) -> list[ToolExecutionResult]:  # noqa: ASYNC109
        engine = await self._connection.engine()
        async with self._connection.secrets.referenced(batch.request) as request:
            return await engine.run(request, execution_id, timeout)

    def _remember(self, results: Sequence[ToolExecutionResult]) -> None:
        self._recent.add(results)
        tells_all = _log.isEnabledFor(logging.DEBUG) and self.configuration.options.enable_detailed_logging
        for result in results:
            if result.is_failure:
                _log.warning("%s", told_without_its_error(result))
            if tells_all:
                _log.debug("%s", result.summary)

    def _begin_anew(self) -> None:
        """Forget threads, loops and connections: after a fork, the child has none of them."""
        _of_the_parent.append((self._connection, self._loop))  # collected, they would close what the parent still uses
        self._let_go.detach()
        self._connection, self._loop = self._connection.again(), BackgroundLoop()
        self._let_go = self._when_dropped()

    def _when_dropped(self) -> finalize[..., ToolExecutor]:
        """Have connections closed where nobody closes the executor: an unclosed one would complain."""
        let_go = finalize(self, self._loop.end_when_done, self._connection)
        let_go.atexit = False
        return let_go


def _new_id() -> str:
    return str(uuid.uuid4())


_executors: Final[WeakSet[ToolExecutor]] = WeakSet()
_of_the_parent: Final[list[object]] = []


def _after_fork() -> None:
    for executor in list(_executors):
        executor._begin_anew()  # noqa: SLF001 - of this module


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
