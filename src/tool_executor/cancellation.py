"""Stops executions, and ends at once what they left open; and has the finisher end what an outage left open."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from tool_contract import strict_json
from tool_contract.envelope import CallStatus
from tool_contract.record import EXECUTION_CALL_ID
from tool_executor.aws import translated_errors
from tool_executor.errors import ExecutionNotFoundError, ServiceError
from tool_executor.history import History

if TYPE_CHECKING:
    from collections.abc import Callable

    from tool_executor.aws import Aws
    from tool_executor.deployment import Deployment
    from tool_executor.history import Record

_STOPPED_BY: Final = {"error": "Cancelled", "cause": "Stopped by a client of Tool Executor."}
_ENDED_BADLY: Final = frozenset({"ABORTED", "FAILED", "TIMED_OUT"})
_NOT_THERE: Final = frozenset({"ExecutionDoesNotExist", "InvalidArn"})
#: Executions that a client runs itself, and those of Express, which knows no StopExecution.
_NOT_STOPPED: Final = frozenset({"direct", "express"})
_TRIES: Final = 20
#: A planner that was at work when the execution was stopped claims its id within this many.
_TRIES_WITHOUT_PLAN: Final = 4
_PAUSE_SECONDS: Final = 0.25
_LEFT_TO_THE_RULE: Final = (
    "The execution was stopped. Its status event, at the latest the sweep after its deadline, ends its records; "
    "'tool-executor cancel' again does so now."
)


@dataclass(frozen=True, slots=True)
class Cancellation:
    """What came of a cancel. ``status`` is the execution's; ``calls`` are its calls' records, in call order.

    ``stopped`` is false where the execution had ended before. ``status`` is ``cancelled`` where it was stopped before
    anything was planned: then there are no calls.
    """

    execution_id: str
    stopped: bool
    status: str
    calls: tuple[Record, ...]

    @property
    def cancelled(self) -> tuple[Record, ...]:
        """The calls that the cancel ended."""
        return tuple(call for call in self.calls if call["status"] == CallStatus.CANCELLED)

    def to_json(self) -> dict[str, Any]:
        """Return the cancellation as plain JSON values."""
        shown = ("call_id", "tool_name", "status", "effect", "attempts")
        calls = [{name: call[name] for name in shown if name in call} for call in self.calls]
        return {"execution_id": self.execution_id, "stopped": self.stopped, "status": self.status, "calls": calls}


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Ids of the executions that the finisher ended, and of those that it could not end."""

    ended: tuple[str, ...]
    failed: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the reconciliation as plain JSON values."""
        return {"ended": list(self.ended), "failed": list(self.failed)}


@dataclass(frozen=True, slots=True)
class Canceller:
    """Ends executions of one deployment."""

    aws: Aws
    deployment: Deployment
    sleep: Callable[[float], None] = time.sleep

    def cancel(self, execution_id: str) -> Cancellation:
        """Stop an execution and end every open record of it; finished calls keep theirs.

        An attempt that runs at that moment is not interrupted, but its result is not taken any more: its record says
        ``effect: unknown`` unless the tool only reads.

        Raises:
            ExecutionNotFoundError: there is none of that id.
            ServiceError: AWS refused or did not answer; the sentence or hint says if it was stopped nevertheless.
        """
        own = _own(self._records(execution_id))
        if own is not None and own.get("route") in _NOT_STOPPED:
            return self._cancel_by_records(execution_id, own)
        arn = own["execution_arn"] if own else self._arn(execution_id)
        before = self._state_of(arn, execution_id)
        status = self._stopped(arn, execution_id) if before == "RUNNING" else before
        if status in _ENDED_BADLY:
            self.end_records(arn, execution_id, status)
        records = self._records(execution_id)
        own = _own(records)
        return Cancellation(
            execution_id,
            stopped=before == "RUNNING" and status == "ABORTED",
            status=str(own["status"]) if own else CallStatus.CANCELLED.value,
            calls=tuple(record for record in records if record is not own),
        )

    def reconcile(self, older_than_seconds: float | None = None) -> Reconciliation:
        """End all executions that are open past their deadline, 30 s past it where nothing else is said.

        Raises:
            ServiceError: AWS refused or did not answer.
        """
        margin = {} if older_than_seconds is None else {"margin_seconds": older_than_seconds}
        answer = self._finisher({"sweep": True, **margin})
        if answer is None:
            message = "The finisher failed; its log says why."
            raise ServiceError(message)
        return Reconciliation(tuple(answer["ended"]), tuple(answer["failed"]))

    def _cancel_by_records(self, execution_id: str, own: Record) -> Cancellation:
        """End the records of an execution that cannot be stopped: its further attempts find the calls ended."""
        if "open" in own:
            self.end_records(own["execution_arn"], execution_id, "ABORTED")
        records = self._records(execution_id)
        standing = _own(records) or own
        return Cancellation(
            execution_id,
            stopped="open" in own,
            status=str(standing["status"]),
            calls=tuple(record for record in records if record["call_id"] != EXECUTION_CALL_ID),
        )

    def _records(self, execution_id: str) -> list[Record]:
        return History(self.aws, self.deployment.history_table).execution(execution_id)

    def _arn(self, execution_id: str) -> str:
        """Return the ARN of an execution that the planner has not written down yet."""
        return f"{self.deployment.state_machine_arn.replace(':stateMachine:', ':execution:', 1)}:{execution_id}"

    def _state_of(self, arn: str, execution_id: str) -> str:
        with translated_errors():
            try:
                return self.aws.step_functions.describe_execution(executionArn=arn)["status"]
            except ClientError as error:
                if error.response["Error"]["Code"] not in _NOT_THERE:
                    raise
                message = f"Step Functions has no execution {execution_id!r}."
                hint = "If it stands open in the history, 'tool-executor reconcile' ends it once its deadline is past."
                raise ExecutionNotFoundError(message, hint=hint) from error

    def _stopped(self, arn: str, execution_id: str) -> str:
        """Stop an execution and return how it then stands, which Step Functions may learn a moment later."""
        with translated_errors():
            self.aws.step_functions.stop_execution(executionArn=arn, **_STOPPED_BY)
        status = "RUNNING"
        for _ in range(_TRIES):
            status = self._state_of(arn, execution_id)
            if status != "RUNNING":
                break
            self.sleep(_PAUSE_SECONDS)
        return status

    def end_records(self, arn: str, execution_id: str, status: str) -> None:
        """Have the finisher end the records, as the status event does. Again where the planner is still writing.

        Raises ServiceError.
        """
        detail = {"executionArn": arn, "stateMachineArn": self.deployment.state_machine_arn, "name": execution_id}
        event = {
            "source": "aws.states",
            "detail-type": "Step Functions Execution Status Change",
            "detail": {**detail, "status": status},
        }
        for attempt in range(_TRIES):
            with suppress(ServiceError):  # refused for the moment; the execution is stopped whatever comes
                self._finisher(event)
            own = _own(self._records(execution_id))
            if (own is None and attempt >= _TRIES_WITHOUT_PLAN) or (own is not None and "open" not in own):
                return
            self.sleep(_PAUSE_SECONDS)
        message = "The finisher did not end the execution's records."
        raise ServiceError(message, hint=_LEFT_TO_THE_RULE)

    def _finisher(self, event: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON is any value
        """Return the finisher's answer, or None where it failed."""
        with translated_errors():
            answer = self.aws.functions.invoke(
                FunctionName=self.deployment.finisher_function, Payload=strict_json.dumps(event).encode()
            )
            text = answer["Payload"].read()
        return None if "FunctionError" in answer else strict_json.parse(text.decode())


def _own(records: list[Record]) -> Record | None:
    return next((record for record in records if record["call_id"] == EXECUTION_CALL_ID), None)
