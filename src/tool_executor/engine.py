"""Runs requests by one route or the other, and turns what comes back into results."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tool_contract.limits import DEFAULT_EXECUTION_TIMEOUT_SECONDS, EXPRESS_SECONDS
from tool_executor.bounded import leave
from tool_executor.clock import Clock, SystemClock
from tool_executor.direct import DirectRoute
from tool_executor.errors import (
    ExecutionIdTakenError,
    ExecutionNotFoundError,
    ExecutionNotStartedError,
    ExecutionTimeoutError,
    ServiceError,
)
from tool_executor.execution import Execution
from tool_executor.express_route import ExpressRoute, fitting
from tool_executor.history import History
from tool_executor.result_reader import ResultReader, envelopes_of
from tool_executor.state_machine_route import NotStarted, StateMachineRoute, split
from tool_executor.ways import Route, Wait

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from tool_contract.envelope import Envelope
    from tool_executor.aws import Aws
    from tool_executor.deployment import Deployment
    from tool_executor.direct.hedging import Hedging
    from tool_executor.direct.lambda_http import LambdaHttp
    from tool_executor.history import Record
    from tool_executor.result import ToolExecutionResult

_log = logging.getLogger("tool_executor")
_Answer = TypeVar("_Answer")

#: How long an execution that was asked for with a timeout may take to say how it ended.
_ANSWERS_WITHIN_SECONDS: Final = 0.4
#: How long past its deadline any other is waited for: what docs/semantics.md promises.
_MARGIN_SECONDS: Final = 30.0
_RECORD_POLL_SECONDS: Final = 0.25
#: Step Functions ends an Express execution after five minutes; then the finisher has a moment to end its records.
_EXPRESS_ANSWERS_WITHIN_SECONDS: Final = EXPRESS_SECONDS + 10.0


@dataclass(frozen=True, slots=True)
class Engine:
    """Runs requests on one deployment.

    ``wait_by`` is of :meth:`run` alone: what is started to be waited for later is the Standard state machine's.
    """

    aws: Aws
    deployment: Deployment
    route: Route
    http: LambdaHttp
    threads: Executor
    clock: Clock = field(default_factory=SystemClock)
    hedging: Hedging | None = None
    wait_by: Wait = Wait.POLL

    async def run(
        self, request: dict[str, Any], execution_id: str, wait_seconds: float | None = None
    ) -> list[ToolExecutionResult]:
        """Run a request to its end and return the results in the order of its calls.

        With ``wait_seconds`` the answer comes a moment after that at the latest; calls that have not ended by then are
        timeouts. Where this task is cancelled, so is the execution.

        Raises:
            InvalidRequestError, ExecutionIdTakenError, ExecutionNotStartedError: nothing was run.
            CredentialsMissingError, ServiceError: AWS, before the start or after it.
            ExecutionFailedError, ExecutionTimeoutError: it has an id, and the history says what it came to.
        """
        if self.route is Route.DIRECT:
            return await self._directly(request, execution_id, wait_seconds)
        if self.wait_by is Wait.SYNC:
            request = fitting(request)
        try:
            return await self._by_state_machine(request, execution_id, wait_seconds)
        except NotStarted as error:
            if self.route is Route.STATE_MACHINE:
                raise not_started(error) from error
            _log.warning("execution %s is run directly: %s", execution_id, error.reason)
            return await self._instead(request, execution_id, wait_seconds, error)

    async def start(self, request: dict[str, Any], execution_id: str) -> Execution:
        """Start an execution by the state machine; cancelled meanwhile, it does not go on.

        Raises NotStarted, or as :meth:`run` before anything was run.
        """
        starting = asyncio.create_task(self._state_machine.start(request, execution_id))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            await asyncio.shield(self._take_back(starting, execution_id))
            raise

    async def follow(self, execution: Execution, wait_seconds: float | None) -> list[ToolExecutionResult]:
        """Wait for an execution of the state machine; cancelled, it cancels the execution."""
        try:
            envelopes = await self._state_machine.envelopes(execution, wait_seconds)
        except asyncio.CancelledError:
            _log.info("cancelling execution %s", execution.execution_id)
            await asyncio.shield(self._state_machine.cancel(execution.execution_id))
            raise
        return await self.results(envelopes, execution.execution_id)

    async def wait(self, execution_id: str, wait_seconds: float | None = None) -> list[ToolExecutionResult]:
        """Wait for an execution that anybody started, by either route, by its records.

        Raises:
            ExecutionNotFoundError: the history does not know it.
            ExecutionTimeoutError: it runs on.
        """
        ends = None if wait_seconds is None else self.clock.elapsed_ms() + wait_seconds * 1000
        while True:
            own, calls = split(await self._state_machine.records(execution_id))
            if own is not None and "open" not in own:
                return await self.results(envelopes_of(calls), execution_id)
            if own is None and not await self._is_known(execution_id):
                raise ExecutionNotFoundError(f"The history holds no execution {execution_id!r}.")
            if ends is not None and self.clock.elapsed_ms() >= ends:
                raise ExecutionTimeoutError(
                    f"The execution {execution_id} had not ended after {wait_seconds:g} s.",
                    execution_id=execution_id,
                    hint="It goes on: wait again, or cancel it.",
                )
            await self.clock.sleep(_RECORD_POLL_SECONDS)

    async def cancel(self, execution_id: str) -> Any:  # noqa: ANN401 - Cancellation
        """Stop an execution by either route and end its open records."""
        return await self._state_machine.cancel(execution_id)

    async def records(self, execution_id: str) -> list[Record]:
        """Return an execution's own record, then its calls'."""
        return await self._state_machine.records(execution_id)

    async def results_of(self, records: list[Record]) -> list[ToolExecutionResult]:
        """Return the results that calls' records amount to, whole ones."""
        return [
            result
            for record in records
            for result in await self.results(envelopes_of([record]), record["execution_id"])
        ]

    async def plan_directly(
        self, request: dict[str, Any], execution_id: str, instead_of: NotStarted | None = None
    ) -> dict[str, Any]:
        """Have a request planned that this process is to run.

        ``instead_of`` says why the state machine did not: the results are marked ``degraded``.
        """
        try:
            return await self._direct.plan(request, execution_id, degraded=instead_of is not None)
        except ExecutionNotStartedError as error:
            if instead_of is None or instead_of.certain:
                raise
            raise ServiceError(f"{instead_of.reason} {error.sentence}") from error

    async def run_directly(
        self, plan: dict[str, Any], on_finished: Callable[[Envelope], None] | None = None
    ) -> list[Envelope]:
        """Run a plan from this process and return its envelopes."""
        return await self._direct.run(plan, on_finished)

    async def envelopes(self, execution: Execution) -> list[Envelope]:
        """Wait for an execution of the state machine, as long as it takes."""
        return await self._state_machine.envelopes(execution)

    async def has_ended(self, execution: Execution) -> bool:
        """Whether an execution of the state machine runs no more."""
        return await self._state_machine.has_ended(execution)

    async def progress(self, execution: Execution) -> list[Record]:
        """Return how the calls of an execution stand, without inputs and results."""
        return await self._in_thread(self._history.progress, execution.execution_id, execution.correlation_id)

    async def result_of(self, execution_id: str, call_id: str) -> list[ToolExecutionResult]:
        """Return the result of one call, if its record has ended."""
        record = await self._in_thread(self._history.call, execution_id, call_id)
        return await self.results(envelopes_of([record]), execution_id) if record and "finished_at" in record else []

    async def results(self, envelopes: list[Envelope], execution_id: str) -> list[ToolExecutionResult]:
        """Return the results of an execution's envelopes, large ones fetched."""
        return await self._in_thread(ResultReader(self.aws).results, envelopes, execution_id)

    async def _by_state_machine(
        self, request: dict[str, Any], execution_id: str, wait_seconds: float | None
    ) -> list[ToolExecutionResult]:
        """Run by the Standard or the Express state machine. Raises NotStarted, or as :meth:`run`."""
        if self.wait_by is Wait.POLL:
            return await self.follow(await self.start(request, execution_id), _wait(request, wait_seconds))
        express = ExpressRoute(self.aws, self.deployment, self.threads, self.clock)
        give_up_after = _EXPRESS_ANSWERS_WITHIN_SECONDS if wait_seconds is None else _wait(request, wait_seconds)
        return await self.results(await express.envelopes(request, execution_id, give_up_after), execution_id)

    async def _directly(
        self,
        request: dict[str, Any],
        execution_id: str,
        wait_seconds: float | None,
        instead_of: NotStarted | None = None,
    ) -> list[ToolExecutionResult]:
        running = asyncio.create_task(self._plan_and_run(request, execution_id, instead_of))
        try:
            await asyncio.wait([running], timeout=_wait(request, wait_seconds))
        except asyncio.CancelledError:
            running.cancel()
            await asyncio.wait([running])
            raise
        if running.done():
            return await self.results(running.result(), execution_id)
        leave(running)
        return await self.results(await self._state_machine.so_far(execution_id), execution_id)

    async def _instead(
        self, request: dict[str, Any], execution_id: str, wait_seconds: float | None, not_started: NotStarted
    ) -> list[ToolExecutionResult]:
        """Run directly what the state machine did not start; if it did after all, the claim on the id tells."""
        try:
            return await self._directly(request, execution_id, wait_seconds, not_started)
        except ExecutionIdTakenError:
            return await self.wait(execution_id, _wait(request, wait_seconds))

    async def _plan_and_run(
        self, request: dict[str, Any], execution_id: str, instead_of: NotStarted | None
    ) -> list[Envelope]:
        return await self.run_directly(await self.plan_directly(request, execution_id, instead_of))

    async def _take_back(self, starting: asyncio.Task[Execution], execution_id: str) -> None:
        """Cancel an execution whose start nobody waits for any longer, if it started."""
        await asyncio.wait([starting])
        if not starting.cancelled() and starting.exception() is None:
            await self._state_machine.cancel(execution_id)

    async def _is_known(self, execution_id: str) -> bool:
        execution = Execution(execution_id, self._state_machine.arn(execution_id), execution_id)
        try:
            return not await self._state_machine.has_ended(execution)
        except ServiceError:
            return False

    async def _in_thread(self, function: Callable[..., _Answer], *arguments: Any) -> _Answer:  # noqa: ANN401
        return await asyncio.get_running_loop().run_in_executor(self.threads, function, *arguments)

    @property
    def _history(self) -> History:
        return History.of(self.aws, self.deployment)

    @property
    def _direct(self) -> DirectRoute:
        return DirectRoute(self.aws, self.deployment, self.http, self.clock, self.hedging)

    @property
    def _state_machine(self) -> StateMachineRoute:
        return StateMachineRoute(self.aws, self.deployment, self.threads, self.clock)


def not_started(error: NotStarted) -> ServiceError:
    """Return the error for a state machine that has not started an execution where nothing else may."""
    refusal = ServiceError(f"The execution was not started: {error.reason}")
    refusal.nothing_ran = error.certain
    return refusal


def _wait(request: dict[str, Any], wait_seconds: float | None) -> float:
    if wait_seconds is not None:
        return wait_seconds + _ANSWERS_WITHIN_SECONDS
    return float(request.get("timeout_seconds", DEFAULT_EXECUTION_TIMEOUT_SECONDS)) + _MARGIN_SECONDS
