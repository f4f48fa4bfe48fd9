"""Executions of Express state machines: each has an ARN of its own, and none is kept once it has ended."""

from __future__ import annotations

import copy
import datetime as dt
import threading
import uuid
from typing import Any, Final

from moto.stepfunctions.exceptions import InvalidArn
from moto.stepfunctions.parser.backend.execution import Execution, SyncExecution

from tool_contract.express import is_express
from tool_executor.local.deployment import ACCOUNT, REGION

_running_lock: Final = threading.Lock()


def refuse(execution_arn: str) -> None:
    """Step Functions' answer to whoever asks for a single Express execution. Raises InvalidArn."""
    if is_express(execution_arn or ""):
        raise InvalidArn("Invalid Arn: 'Resource type not valid in this context: express'")


def started(machine: Any, name: str, execution_input: str, trace_header: str | None) -> Any:  # noqa: ANN401 - moto's
    """Start an execution that nobody waits for. Names are nothing to Express: each start is another execution."""
    execution = _execution(Execution, machine, name, execution_input, trace_header)
    execution.start()
    return execution


def ran(machine: Any, name: str, execution_input: str, trace_header: str | None) -> Any:  # noqa: ANN401 - moto's
    """Run an execution to its end in this thread."""
    execution = _execution(SyncExecution, machine, name, execution_input, trace_header)
    try:
        execution.start()
    finally:
        with _running_lock:
            machine.executions[:] = [one for one in machine.executions if one is not execution]
    return execution


def _execution(kind: Any, machine: Any, name: str, execution_input: str, trace_header: str | None) -> Any:  # noqa: ANN401
    snapshot = copy.copy(machine)
    snapshot.sm_type = machine.type
    execution = kind(
        name=name,
        sm_type=machine.type,
        role_arn=machine.roleArn,
        exec_arn=f"{machine.arn.replace(':stateMachine:', ':express:', 1)}:{name}:{uuid.uuid4()}",
        account_id=ACCOUNT,
        region_name=REGION,
        state_machine=snapshot,
        start_date=dt.datetime.now(tz=dt.UTC),
        cloud_watch_logging_session=None,
        input_data=execution_input,
        trace_header=trace_header,
        activity_store={},
    )
    with _running_lock:
        # Those that run are known, to be stopped with the cloud.
        machine.executions[:] = [one for one in machine.executions if one.stop_date is None]
        machine.executions.append(execution)
    return execution
