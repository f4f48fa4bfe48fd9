"""Runs an execution by the Express state machine, in one request that is answered when the execution has ended.

Step Functions keeps nothing of it: where the answer is lost, the records say what came of it.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

from tool_contract import strict_json
from tool_contract.envelope import Envelope
from tool_contract.express import timeout_problems, with_timeout
from tool_contract.invalid_request import InvalidRequestError as RequestProblems
from tool_executor.bounded import leave
from tool_executor.cancellation import Canceller
from tool_executor.clock import Clock, SystemClock
from tool_executor.errors import ServiceError, ToolExecutorError, invalid_request, planners_refusal
from tool_executor.execution import failure_of
from tool_executor.own_records import require_own
from tool_executor.own_thread import in_own_thread
from tool_executor.result_reader import envelopes_of
from tool_executor.sent_request import sent_text
from tool_executor.state_machine_route import NotStarted, StateMachineRoute, refusal_to_start, split

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from tool_executor.aws import Aws
    from tool_executor.deployment import Deployment

_log = logging.getLogger("tool_executor")
_Answer = TypeVar("_Answer")

_LOOK_UPS: Final = 4
_LOOK_UP_PAUSE_SECONDS: Final = 0.5
_RECORD_POLL_SECONDS: Final = 0.25
#: A planner that starts cold has claimed the execution's id by then.
_PLANNED_WITHIN_SECONDS: Final = 10.0


def fitting(request: dict[str, Any]) -> dict[str, Any]:
    """Return a request with a timeout that the Express state machine can keep. Raises InvalidRequestError."""
    fitted: dict[str, Any] = with_timeout(request)
    problems = timeout_problems(fitted)
    if problems:
        raise invalid_request(RequestProblems(problems).to_json())
    return fitted


@dataclass(frozen=True, slots=True)
class ExpressRoute:
    """Runs requests of one deployment by its Express state machine. Short calls of AWS run in ``threads``."""

    aws: Aws
    deployment: Deployment
    threads: Executor
    clock: Clock = field(default_factory=SystemClock)

    async def envelopes(self, request: dict[str, Any], execution_id: str, give_up_after: float) -> list[Envelope]:
        """Run a request that is :func:`fitting` and return its envelopes, in the order of its calls.

        After ``give_up_after`` seconds the calls that have not ended are timeouts, and the execution goes on. Where
        this task is cancelled, so is the execution. It is started once: a lost answer is looked up in the records.

        Raises:
            NotStarted: it did not start.
            InvalidRequestError, ExecutionIdTakenError: the planner refused it; nothing was run.
            DeploymentNotFoundError, CredentialsMissingError, ServiceError: nothing was run.
            ExecutionFailedError: it failed before anything was written down.
            ExecutionTimeoutError: the time is up, and not even its plan is known.
        """
        running = asyncio.create_task(self._run(request, execution_id))
        try:
            await asyncio.wait([running], timeout=give_up_after)
        except asyncio.CancelledError:
            await asyncio.shield(self._take_back(running, request, execution_id))
            raise
        if running.done():
            return running.result()
        leave(running)
        require_own(await self._records.records(execution_id), request, execution_id)
        return await self._records.so_far(execution_id)

    async def _run(self, request: dict[str, Any], execution_id: str) -> list[Envelope]:
        machine = self.deployment.express_arn
        text = await self._in_thread(sent_text, request, self.aws, self.deployment.artifact_bucket)
        try:
            answer = await in_own_thread(self._ask, machine, execution_id, text)
        except (ConnectTimeoutError, EndpointConnectionError) as error:
            raise NotStarted("Step Functions cannot be reached.") from error
        except ClientError as error:
            refusal = refusal_to_start(error)
            if refusal is not None:
                raise refusal from error
            return await self._looked_up(request, execution_id, error)
        except BotoCoreError as error:
            return await self._looked_up(request, execution_id, error)
        return await self._told(answer, execution_id)

    def _ask(self, machine: str, execution_id: str, text: str) -> Any:  # noqa: ANN401 - a stubbed TypedDict
        client = self.aws.waiting_step_functions
        return client.start_sync_execution(stateMachineArn=machine, name=execution_id, input=text)

    async def _told(self, answer: Any, execution_id: str) -> list[Envelope]:  # noqa: ANN401 - a stubbed TypedDict
        """Return what Step Functions' answer amounts to: it answers the same way however the execution ended."""
        if answer["status"] == "SUCCEEDED":
            return [Envelope.model_validate(envelope) for envelope in strict_json.parse(answer["output"])["results"]]
        if answer.get("error") == "InvalidRequest":
            raise planners_refusal(strict_json.parse(answer["cause"]))
        canceller = Canceller(self.aws, self.deployment)
        with suppress(ServiceError):  # no event tells the finisher of it; without this the sweep does, a minute later
            await self._in_thread(canceller.end_records, answer["executionArn"], execution_id, answer["status"])
        envelopes = await self._records.recorded(execution_id)
        if not envelopes:
            raise failure_of(answer, execution_id)
        return envelopes

    async def _looked_up(self, request: dict[str, Any], execution_id: str, cause: Exception) -> list[Envelope]:
        """Return what the records say of an execution whose answer is lost, once it has ended.

        Raises NotStarted, ExecutionIdTakenError.
        """
        _log.warning("no answer for the execution %s (%s); looking it up", execution_id, type(cause).__name__)
        for number in range(_LOOK_UPS):
            with suppress(ServiceError):
                records = await self._records.records(execution_id)
                require_own(records, request, execution_id)
                if records:
                    return await self._closed(execution_id)
            if number + 1 < _LOOK_UPS:
                await self.clock.sleep(_LOOK_UP_PAUSE_SECONDS)
        # Should it start after all, its planner finds the id claimed by whoever runs it now, and runs nothing.
        raise NotStarted("Step Functions did not answer.", certain=False) from cause

    async def _closed(self, execution_id: str) -> list[Envelope]:
        while True:
            with suppress(ServiceError):
                own, calls = split(await self._records.records(execution_id))
                if own is not None and "open" not in own:
                    return envelopes_of(calls)
            await self.clock.sleep(_RECORD_POLL_SECONDS)

    async def _take_back(
        self, running: asyncio.Task[list[Envelope]], request: dict[str, Any], execution_id: str
    ) -> None:
        """End the records of an execution that nobody waits for any longer, as soon as it has some."""
        ends = self.clock.elapsed_ms() + _PLANNED_WITHIN_SECONDS * 1000
        _log.info("cancelling execution %s", execution_id)
        try:
            while not running.done() and self.clock.elapsed_ms() < ends:
                records = await self._records.records(execution_id)
                require_own(records, request, execution_id)
                if records:
                    await self._records.cancel(execution_id)
                    break
                await self.clock.sleep(_RECORD_POLL_SECONDS)
        except ToolExecutorError as error:
            _log.warning("the execution %s could not be cancelled: %s", execution_id, error)
        running.cancel()
        leave(running)

    @property
    def _records(self) -> StateMachineRoute:
        return StateMachineRoute(self.aws, self.deployment, self.threads, self.clock)

    async def _in_thread(self, function: Callable[..., _Answer], *arguments: Any) -> _Answer:  # noqa: ANN401
        return await asyncio.get_running_loop().run_in_executor(self.threads, function, *arguments)
