"""The bulk machine: starts a run, tells how it stands, stops it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from tool_contract import strict_json
from tool_executor.aws import translated_errors
from tool_executor.errors import DeploymentNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tool_executor.aws import Aws
    from tool_executor.bulk.manifest import RunManifest
    from tool_executor.deployment import Deployment

RUNNING: Final = "RUNNING"
#: A run whose execution Step Functions does not know: it was never started, or its history is gone.
NEVER_STARTED: Final = "NEVER_STARTED"
_NOT_THERE: Final = frozenset({"ExecutionDoesNotExist", "InvalidArn"})
_STOPPED_BY: Final = {"error": "Cancelled", "cause": "Stopped by a client of Tool Executor."}


@dataclass(frozen=True, slots=True)
class RunState:
    """How a run stands. ``status`` is Step Functions' own, or NEVER_STARTED.

    ``error`` and ``cause`` say why it failed. ``batches`` are the map run's counts, empty before it has begun, and
    ``map_status`` is the map run's own status.
    """

    status: str
    error: str | None = None
    cause: str | None = None
    started_ms: int | None = None
    stopped_ms: int | None = None
    batches: Mapping[str, int] = field(default_factory=dict)
    map_status: str | None = None

    @property
    def is_running(self) -> bool:
        """Whether it goes on: itself, or batches of it, which may outlive it."""
        # What a map run that has ended did not begin may be counted as pending for ever.
        begins_more = self.map_status == RUNNING and self.batches.get("pending", 0) > 0
        return self.status == RUNNING or self.batches.get("running", 0) > 0 or begins_more

    @property
    def ended_batches(self) -> int:
        """How many batches have ended, one way or another."""
        return sum(self.batches.get(name, 0) for name in ("succeeded", "failed", "timedOut", "aborted"))


@dataclass(frozen=True, slots=True)
class BulkMachine:
    """The bulk machine of one deployment. Methods raise what translated_errors raises."""

    aws: Aws
    arn: str
    child_type: str

    @classmethod
    def of(cls, aws: Aws, deployment: Deployment) -> BulkMachine:
        """Return a deployment's. Raises DeploymentNotFoundError where it was made before there were bulks."""
        arn = deployment.outputs.get("BulkStateMachineArn")
        if not arn:
            message = "This deployment has no machine for bulks: it was made by an older version."
            raise DeploymentNotFoundError(message, hint="Deploy its stage again: make deploy STAGE=...")
        return cls(aws, arn, deployment.outputs.get("BulkChildType", "STANDARD"))

    @property
    def is_express(self) -> bool:
        """Whether batches are Express executions."""
        return self.child_type == "EXPRESS"

    def execution_arn(self, run: RunManifest) -> str:
        """Return the ARN of a run's execution."""
        return f"{self.arn.replace(':stateMachine:', ':execution:', 1)}:{run.name}"

    def start(self, run: RunManifest) -> None:
        """Start a run. Raises ExecutionIdTakenError where it was started before."""
        with translated_errors():
            self.aws.step_functions.start_execution(
                stateMachineArn=self.arn, name=run.name, input=strict_json.dumps(run.machine_input)
            )

    def state(self, run: RunManifest) -> RunState:
        """Return how a run stands."""
        arn = self.execution_arn(run)
        with translated_errors():
            try:
                told = self.aws.step_functions.describe_execution(executionArn=arn)
            except ClientError as error:
                if error.response["Error"]["Code"] not in _NOT_THERE:
                    raise
                return RunState(NEVER_STARTED)
            batches, map_status = self._map_run(arn)
            return RunState(
                told["status"],
                told.get("error"),
                told.get("cause"),
                _ms(told.get("startDate")),
                _ms(told.get("stopDate")),
                batches,
                map_status,
            )

    def stop(self, run: RunManifest) -> None:
        """Stop a run and all its batches."""
        with translated_errors():
            self.aws.step_functions.stop_execution(executionArn=self.execution_arn(run), **_STOPPED_BY)

    def child_status(self, execution_arn: str) -> str | None:
        """Return how a batch's execution stands; None where Step Functions does not say (Express)."""
        if ":express:" in execution_arn:
            return None
        with translated_errors():
            try:
                return self.aws.step_functions.describe_execution(executionArn=execution_arn)["status"]
            except ClientError as error:
                if error.response["Error"]["Code"] not in _NOT_THERE:
                    raise
                return None

    def _map_run(self, arn: str) -> tuple[dict[str, int], str | None]:
        runs = self.aws.step_functions.list_map_runs(executionArn=arn)["mapRuns"]
        if not runs:
            return {}, None
        told: Any = self.aws.step_functions.describe_map_run(mapRunArn=runs[0]["mapRunArn"])
        return dict(told["itemCounts"]), told["status"]


def _ms(moment: Any) -> int | None:  # noqa: ANN401 - botocore's datetime, or None
    return None if moment is None else round(moment.timestamp() * 1000)
