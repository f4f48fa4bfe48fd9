"""Starting, stopping, keeping and describing executions as Step Functions does."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from moto.stepfunctions.exceptions import (
    ExecutionAlreadyExists,
    InvalidExecutionInput,
    InvalidName,
    ValidationException,
)
from moto.stepfunctions.models import StateMachine, StepFunctionBackend
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.parser.utils import TMP_THREADS
from moto.stepfunctions.responses import StepFunctionResponse

from tool_executor.local.aws_json import STATE_LIMIT_BYTES, NotJson, compact, deeper_than, parse_json, utf8_bytes
from tool_executor.local.moto_patches import express
from tool_executor.local.moto_patches.correction import Correction
from tool_executor.local.moto_patches.execution_end import EXPRESS

_NAME_LIMIT: Final = 80
#: What this interpreter can walk through. How deep AWS goes is not written down.
_DEPTH_LIMIT: Final = 200
_KEPT_EXECUTIONS: Final = 500
_KEPT_EVENTS: Final = 200_000

EndListener = Callable[[Any], None]
"""Is called with moto's Execution when one has ended."""

_start_lock = threading.Lock()
_original_start = StepFunctionsParserBackend.start_execution
_original_terminated = BaseExecutionWorkerCommunication.terminated


@dataclass(frozen=True)
class ForgottenExecution:
    """What stays of an execution that is kept no longer: AWS remembers its name for 90 days."""

    name: str
    execution_arn: str
    execution_input: str
    status: str = "FORGOTTEN"


def check_start(name: str, execution_input: str) -> None:
    """Step Functions' checks of StartExecution.

    Raises:
        ValidationException: too long, or too large.
        InvalidName: a character that names may not hold.
        InvalidExecutionInput: no JSON.
    """
    if not name or len(name) > _NAME_LIMIT:
        side = f"less than or equal to {_NAME_LIMIT}" if name else "greater than or equal to 1"
        raise ValidationException(
            f"1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: "
            f"Member must have length {side}"
        )
    forbidden = (*StepFunctionBackend.invalid_chars_for_name, *StepFunctionBackend.invalid_unicodes_for_name)
    if any(character in name for character in forbidden) or any(character.isspace() for character in name):
        raise InvalidName(f"Invalid Name: '{name}'")
    if utf8_bytes(execution_input) > STATE_LIMIT_BYTES:
        raise ValidationException(
            "1 validation error detected: Value at 'input' failed to satisfy constraint: "
            f"Member must have length less than or equal to {STATE_LIMIT_BYTES}"
        )
    try:
        value = parse_json(execution_input)
    except NotJson as error:
        raise InvalidExecutionInput(f"Invalid State Machine Execution Input: '{error}'") from error
    if deeper_than(_DEPTH_LIMIT, value):
        raise InvalidExecutionInput(
            f"Invalid State Machine Execution Input: 'nested deeper than {_DEPTH_LIMIT} levels'"
        )


def _start_execution(
    self: Any,  # noqa: ANN401 - a method of moto's
    state_machine_arn: str,
    name: str | None = None,
    execution_input: str | None = None,
    trace_header: str | None = None,
) -> Any:  # noqa: ANN401 - moto's Execution
    name = str(uuid.uuid4()) if name is None else name
    execution_input = "{}" if execution_input is None else execution_input
    check_start(name, execution_input)
    machine = self.describe_state_machine(state_machine_arn)
    if machine.type == EXPRESS:
        return express.started(machine, name, execution_input, trace_header)
    with _start_lock:
        _forget_old(machine)
        return _original_start(self, state_machine_arn, name, execution_input, trace_header)  # type: ignore[arg-type]


def _handle_name_input_idempotency(self: Any, name: str, execution_input: str) -> Any:  # noqa: ANN401 - as moto's
    for execution in (*self.executions, *vars(self).get("_forgotten", ())):
        if execution.name != name:
            continue
        if execution.execution_input == execution_input and execution.status == "RUNNING":
            return execution
        raise ExecutionAlreadyExists(f"Execution Already Exists: '{execution.execution_arn}'")
    return None


def _forget_old(state_machine: Any) -> None:  # noqa: ANN401 - moto's StateMachine
    """Drop the oldest that have ended, and threads that moto would keep for ever."""
    TMP_THREADS[:] = [thread for thread in TMP_THREADS if thread.is_alive()]
    executions = state_machine.executions
    events = [_event_count(execution) for execution in executions]
    surplus, total = len(executions) - _KEPT_EXECUTIONS, sum(events)
    kept, forgotten = [], []
    for execution, count in zip(executions, events, strict=True):
        if (surplus > 0 or total > _KEPT_EVENTS) and execution.status != "RUNNING":
            forgotten.append(ForgottenExecution(execution.name, execution.execution_arn, execution.execution_input))
            surplus -= 1
            total -= count
        else:
            kept.append(execution)
    if forgotten:
        executions[:] = kept
        vars(state_machine).setdefault("_forgotten", []).extend(forgotten)


def _event_count(execution: Any) -> int:  # noqa: ANN401 - moto's Execution
    env = execution.exec_worker.env if execution.exec_worker else None
    return len(env.event_manager._history_event_list) if env else 0  # noqa: SLF001 - moto has no other way


def _stop_execution(self: Any) -> Any:  # noqa: ANN401 - a method of moto's
    express.refuse(self._get_param("executionArn"))
    backend = self.stepfunction_backend
    execution = backend.describe_execution(self._get_param("executionArn"))
    now = dt.datetime.now(tz=dt.UTC)
    if execution.status == "RUNNING":
        execution.error, execution.cause = self._get_param("error"), self._get_param("cause")
        execution.stop(stop_date=now, error=execution.error, cause=execution.cause)
    return stepfunctions_action_result({"stopDate": execution.stop_date or now})


def stepfunctions_action_result(body: dict[str, Any]) -> Any:  # noqa: ANN401 - moto's ActionResult
    """An answer of moto's Step Functions."""
    from moto.core.responses import ActionResult  # noqa: PLC0415 - only for this

    return ActionResult(body)


_original_describe = StepFunctionResponse.describe_execution


def _describe_execution(self: Any) -> Any:  # noqa: ANN401 - a method of moto's
    express.refuse(self._get_param("executionArn"))
    result = _original_describe(self)
    described: Any = result.result
    execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
    if execution.stop_date is not None and execution.status != "RUNNING":
        described["stopDate"] = execution.stop_date
    if execution.status == "SUCCEEDED":
        described["output"] = compact(execution.output)
    return result


def corrections(listeners: Sequence[EndListener]) -> list[Correction]:
    """The corrections of this module. `listeners` are told of every execution that ends."""

    def terminated(self: Any) -> None:  # noqa: ANN401 - a method of moto's
        _original_terminated(self)
        for listener in listeners:
            listener(self.execution)

    return [
        Correction(
            StepFunctionsParserBackend, "start_execution", _start_execution, "names, input and size are checked"
        ),
        Correction(
            StateMachine,
            "_handle_name_input_idempotency",
            _handle_name_input_idempotency,
            "names of executions that are kept no longer stay taken",
        ),
        Correction(StepFunctionResponse, "stop_execution", _stop_execution, "moto drops the error and the cause given"),
        Correction(
            StepFunctionResponse,
            "describe_execution",
            _describe_execution,
            "moto leaves stopDate out after a timeout, and the quotes around an output that is a string",
        ),
        Correction(BaseExecutionWorkerCommunication, "terminated", terminated, "AWS emits an event at the end"),
    ]
