"""Runs an execution by the state machine: starts it, waits for it, and reads its results."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from tool_contract.envelope import Envelope
from tool_contract.record import EXECUTION_CALL_ID
from tool_executor.aws import translated_errors
from tool_executor.cancellation import Canceller
from tool_executor.clock import Clock, SystemClock
from tool_executor.errors import ExecutionFailedError, ExecutionTimeoutError, ServiceError, ToolExecutorError
from tool_executor.execution import Execution, Runner, correlation_id_of
from tool_executor.history import History
from tool_executor.result_reader import envelopes_of
from tool_executor.sent_request import sent_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from tool_executor.aws import Aws
    from tool_executor.deployment import Deployment
    from tool_executor.history import Record

_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")

_FIRST_POLL_SECONDS: Final = 0.03
_SLOWEST_POLL_SECONDS: Final = 2.0
#: What Step Functions says when it has not started, and will not have started, an execution.
_NOT_STARTED: Final = frozenset(
    {
        "ExecutionLimitExceeded",
        "ServiceQuotaExceededException",
        "StateMachineDeleting",
        "StateMachineDoesNotExist",
        "ThrottlingException",
    }
)
_LOOK_UPS: Final = 4
_LOOK_UP_PAUSE_SECONDS: Final = 0.5
_SERVER_ERROR: Final = 500
#: A stopped execution's records are ended by the status event, a moment later.
_CLOSES_WITHIN_SECONDS: Final = 5.0


class NotStarted(Exception):
    """The state machine has not started the execution. ``reason`` is one sentence.

    ``certain`` is false where Step Functions did not say so: it may start it yet.
    """

    def __init__(self, reason: str, *, certain: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.certain = certain


@dataclass(frozen=True, slots=True)
class StateMachineRoute:
    """Runs requests of one deployment by its state machine. Calls of AWS run in ``threads``."""

    aws: Aws
    deployment: Deployment
    threads: Executor
    clock: Clock = field(default_factory=SystemClock)

    async def start(self, request: object, execution_id: str) -> Execution:
        """Start an execution; a start whose answer is lost is looked up, and never made twice.

        Raises:
            NotStarted: it did not start.
            InvalidRequestError, ExecutionIdTakenError, CredentialsMissingError, ServiceError: nothing was run.
        """
        text = await self._in_thread(sent_text, request, self.aws, self.deployment.artifact_bucket)
        execution = Execution(execution_id, self.arn(execution_id), correlation_id_of(request) or execution_id)
        try:
            await self._in_thread(self._start, execution_id, text)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ExecutionAlreadyExists" and await self._is_ours(execution, text):
                return execution  # it has ended already, and the SDK's repeated start came too late
            refusal = refusal_to_start(error)
            if refusal is not None:
                raise refusal from error
            await self._look_up(execution, error)
        except BotoCoreError as error:
            await self._look_up(execution, error)
        return execution

    async def envelopes(self, execution: Execution, give_up_after: float | None = None) -> list[Envelope]:
        """Wait for an execution's end and return its envelopes, in the order of its calls.

        After ``give_up_after`` seconds the calls that have not ended are timeouts, and the execution goes on.

        Raises:
            InvalidRequestError: the planner refused it.
            ExecutionFailedError: it failed before anything was written down.
            ExecutionTimeoutError: the time is up, and not even its plan is known.
        """
        ends = None if give_up_after is None else self.clock.elapsed_ms() + give_up_after * 1000
        pause = _FIRST_POLL_SECONDS
        while not await self.has_ended(execution):
            left = None if ends is None else (ends - self.clock.elapsed_ms()) / 1000
            if left is not None and left <= 0:
                return await self.so_far(execution.execution_id)
            await self.clock.sleep(pause if left is None else min(pause, left))
            pause = min(pause * 1.4, _SLOWEST_POLL_SECONDS)
        return await self._ended(execution)

    async def has_ended(self, execution: Execution) -> bool:
        """Whether an execution runs no more. Raises ServiceError, CredentialsMissingError."""
        described = await self._in_thread(self._runner.describe, execution)
        return bool(described["status"] != "RUNNING")

    async def records(self, execution_id: str) -> list[Record]:
        """Return an execution's own record, then its calls'."""
        return await self._in_thread(self._history.execution, execution_id)

    async def cancel(self, execution_id: str) -> Any:  # noqa: ANN401 - Cancellation
        """Stop an execution and end its open records."""
        return await self._in_thread(Canceller(self.aws, self.deployment).cancel, execution_id)

    def arn(self, execution_id: str) -> str:
        """Return the ARN of an execution."""
        return f"{self.deployment.state_machine_arn.replace(':stateMachine:', ':execution:', 1)}:{execution_id}"

    @property
    def _runner(self) -> Runner:
        return Runner(self.aws, self.deployment)

    @property
    def _history(self) -> History:
        return History(self.aws, self.deployment.history_table)

    def _start(self, execution_id: str, text: str) -> None:
        self.aws.step_functions.start_execution(
            stateMachineArn=self.deployment.started_arn, name=execution_id, input=text
        )

    async def _is_ours(self, execution: Execution, text: str) -> bool:
        described = await self._in_thread(self._runner.describe, execution)
        return bool(described.get("input") == text)

    async def _look_up(self, execution: Execution, cause: Exception) -> None:
        """Find out whether an execution was started whose start was not acknowledged. Raises NotStarted."""
        _log.warning("the start of %s was not acknowledged (%s); looking it up", execution.execution_id, cause)
        for number in range(_LOOK_UPS):
            try:
                await self._in_thread(self._runner.describe, execution)
            except ServiceError:
                if number + 1 < _LOOK_UPS:
                    await self.clock.sleep(_LOOK_UP_PAUSE_SECONDS)
            else:
                return
        # Should it start after all, its planner finds the id claimed by whoever runs it now, and runs nothing.
        raise NotStarted("Step Functions did not answer.", certain=False) from cause

    async def _ended(self, execution: Execution) -> list[Envelope]:
        try:
            output = await self._in_thread(self._runner.output, execution)
        except ExecutionFailedError:
            envelopes = await self.recorded(execution.execution_id)
            if not envelopes:
                raise
            return envelopes
        return [Envelope.model_validate(envelope) for envelope in output["results"]]

    async def recorded(self, execution_id: str) -> list[Envelope]:
        """Return the envelopes of an execution that was cut short, once its records have ended."""
        ends = time.monotonic() + _CLOSES_WITHIN_SECONDS
        while True:
            own, calls = split(await self.records(execution_id))
            if own is None or "open" not in own or time.monotonic() >= ends:
                return envelopes_of(calls)
            await self.clock.sleep(_LOOK_UP_PAUSE_SECONDS)

    async def so_far(self, execution_id: str) -> list[Envelope]:
        """Return the envelopes as they stand; calls that have not ended are timeouts. Raises ExecutionTimeoutError."""
        own, calls = split(await self.records(execution_id))
        if own is None or len(calls) < own["calls"]:
            raise ExecutionTimeoutError(
                f"The execution {execution_id} has not been planned yet.",
                execution_id=execution_id,
                hint="Wait on with executor.wait(execution_id).",
            )
        return envelopes_of(calls)

    async def _in_thread(self, function: Callable[..., _Answer], *arguments: Any) -> _Answer:  # noqa: ANN401
        return await asyncio.get_running_loop().run_in_executor(self.threads, function, *arguments)


def refusal_to_start(error: ClientError) -> NotStarted | ToolExecutorError | None:
    """Return Step Functions' refusal to start an execution; None where nobody knows whether it has started."""
    code = error.response["Error"]["Code"]
    if code in _NOT_STARTED:
        return NotStarted(f"Step Functions refused: {code}.")
    return _refusal(error) if error.response["ResponseMetadata"]["HTTPStatusCode"] < _SERVER_ERROR else None


def _refusal(error: ClientError) -> ToolExecutorError:
    """Return Step Functions' refusal to start as an error of this package."""
    try:
        with translated_errors():
            raise error
    except ToolExecutorError as translated:
        translated.nothing_ran = True
        return translated


def split(records: list[Record]) -> tuple[Record | None, list[Record]]:
    """Return an execution's own record and its calls'."""
    own = next((record for record in records if record["call_id"] == EXECUTION_CALL_ID), None)
    return own, [record for record in records if record is not own]
