"""One child execution: moto's Execution of a machine of its own, which tells when it has ended."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any

from moto.stepfunctions.models import StateMachineInstance
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution

from tool_executor.local.map_runs.definition import EXPRESS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tool_executor.local.map_runs.definition import DistributedMap


class _Communication(BaseExecutionWorkerCommunication):
    def terminated(self) -> None:
        super().terminated()
        child: Any = self.execution
        child.on_end(child)


class ChildExecution(Execution):
    """A child execution. `on_end` is called with it when it has ended."""

    on_end: Callable[[ChildExecution], None]
    map_run_arn: str

    def _get_start_execution_worker_comm(self) -> BaseExecutionWorkerCommunication:
        return _Communication(self)


def child_machine(parent: Any, found: DistributedMap) -> Any:  # noqa: ANN401 - moto's machines
    """Return the machine that a map's children are executions of: the parent's with the map's label."""
    machine = StateMachineInstance(
        arn=f"{parent.arn}/{found.label}",
        name=f"{parent.name}/{found.label}",
        definition=found.child_definition,
        roleArn=parent.roleArn,
        sm_type=found.child_type,
    )
    machine.sm_type = found.child_type
    return machine


def child_execution(machine: Any, parent: Execution, map_run_arn: str, text: str) -> ChildExecution:  # noqa: ANN401
    """Return a child execution that has not started. Step Functions chooses its name."""
    name = str(uuid.uuid4())
    kind = "express" if machine.sm_type == EXPRESS else "execution"
    ending = f"{name}:{uuid.uuid4()}" if machine.sm_type == EXPRESS else name
    child = ChildExecution(
        name=name,
        sm_type=machine.sm_type,
        role_arn=machine.roleArn,
        exec_arn=f"arn:aws:states:{parent.region_name}:{parent.account_id}:{kind}:{machine.name}:{ending}",
        account_id=parent.account_id,
        region_name=parent.region_name,
        state_machine=machine,
        start_date=dt.datetime.now(tz=dt.UTC),
        cloud_watch_logging_session=None,
        input_data=text,
        activity_store={},
    )
    child.map_run_arn = map_run_arn
    return child
