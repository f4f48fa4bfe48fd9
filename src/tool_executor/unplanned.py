"""Executions that the history does not know yet: Step Functions may have begun one whose planner has not written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from tool_contract.problems import shortened
from tool_executor.errors import ExecutionNotFoundError, ServiceError
from tool_executor.execution import Execution

if TYPE_CHECKING:
    from tool_executor.deployment import Deployment
    from tool_executor.execution import Runner

#: An id that no execution can have is one of no execution.
_NOT_THERE: Final = frozenset(
    {"ExecutionDoesNotExist", "InvalidArn", "InvalidName", "StateMachineDoesNotExist", "ValidationException"}
)


def unplanned_execution(deployment: Deployment, execution_id: str) -> Execution:
    """Return an execution of the Standard state machine by its id alone."""
    arn = f"{deployment.state_machine_arn.replace(':stateMachine:', ':execution:', 1)}:{execution_id}"
    return Execution(execution_id, arn, execution_id)


def still_runs(runner: Runner, execution: Execution) -> bool:
    """Whether Step Functions runs it. Raises ExecutionNotFoundError where it has none of that name, ServiceError."""
    try:
        return bool(runner.describe(execution)["status"] == "RUNNING")
    except ServiceError as error:
        cause = error.__cause__
        if not isinstance(cause, ClientError) or cause.response["Error"]["Code"] not in _NOT_THERE:
            raise
        message = f"There is no execution {shortened(execution.execution_id)!r}."
        raise ExecutionNotFoundError(message, hint="'tool-executor history --open' lists those that run.") from None
