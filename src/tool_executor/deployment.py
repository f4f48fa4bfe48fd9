"""Where a deployment's parts are, as its stack says."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from tool_contract import strict_json
from tool_executor.aws import LOCAL_INSTEAD, translated_errors
from tool_executor.errors import DeploymentNotFoundError

if TYPE_CHECKING:
    from tool_executor.aws import Aws

_OUTPUTS: Final = (
    "StateMachineArn",
    "HistoryTable",
    "ToolStateTable",
    "ArtifactBucket",
    "PlannerFunction",
    "FinisherFunction",
    "Functions",
)
OUTPUTS_VARIABLE: Final = "TOOL_EXECUTOR_DEPLOYMENT"


@dataclass(frozen=True, slots=True)
class Deployment:
    """One stage's stack. ``functions`` maps each tool group to its Lambda function's name.

    ``outputs`` are all that the stack has: some name what only a tool group and its commands know of.
    """

    state_machine_arn: str
    history_table: str
    tool_state_table: str
    artifact_bucket: str
    planner_function: str
    finisher_function: str
    functions: Mapping[str, str]
    outputs: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def history_shards(self) -> int:
        """Over how many shards the history's busy keys are spread."""
        return int(self.outputs.get("HistoryShards", "1"))

    @property
    def history_days(self) -> int | None:
        """How many days records are kept; None of a deployment that does not say."""
        told = self.outputs.get("HistoryTtlDays")
        return None if told is None else int(told)

    @property
    def started_arn(self) -> str:
        """What executions are started on: the state machine's alias, where the stage has one."""
        return self.outputs.get("StateMachineAlias") or self.state_machine_arn

    @property
    def express_arn(self) -> str:
        """The Express state machine, or its alias where the stage has one. Raises DeploymentNotFoundError."""
        arn = self.outputs.get("ExpressStateMachineAlias") or self.outputs.get("ExpressStateMachineArn")
        if not arn:
            message = "The deployment has no Express state machine: its stack has no output ExpressStateMachineArn."
            raise DeploymentNotFoundError(message, hint="Deploy it anew, or leave wait='sync' out.")
        return arn

    @classmethod
    def from_outputs(cls, outputs: Mapping[str, str]) -> Deployment:
        """Return the deployment that a stack's outputs describe.

        Raises DeploymentNotFoundError where they are not all there, or no text.
        """
        functions = _functions_in(outputs)
        return cls(
            state_machine_arn=outputs["StateMachineArn"],
            history_table=outputs["HistoryTable"],
            tool_state_table=outputs["ToolStateTable"],
            artifact_bucket=outputs["ArtifactBucket"],
            planner_function=outputs["PlannerFunction"],
            finisher_function=outputs["FinisherFunction"],
            functions=functions,
            outputs=dict(outputs),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the deployment as plain JSON values."""
        return {
            "state_machine_arn": self.state_machine_arn,
            "history_table": self.history_table,
            "tool_state_table": self.tool_state_table,
            "artifact_bucket": self.artifact_bucket,
            "planner_function": self.planner_function,
            "finisher_function": self.finisher_function,
            "functions": dict(self.functions),
        }


def _functions_in(outputs: object) -> dict[str, str]:
    """Return the functions that a stack's outputs name, which are all there."""
    told = outputs if isinstance(outputs, Mapping) else {}
    missing = [name for name in _OUTPUTS if not isinstance(told.get(name), str) or not told[name]]
    if missing:
        raise DeploymentNotFoundError(f"These outputs of a deployment's stack are missing: {', '.join(missing)}.")
    try:
        functions = strict_json.parse(told["Functions"])
    except strict_json.JsonError:
        functions = None
    if not isinstance(functions, dict) or not all(isinstance(name, str) for name in functions.values()):
        raise DeploymentNotFoundError("The output Functions holds no JSON object of functions' names by tool group.")
    return functions


def stack_name(stage: str) -> str:
    """Return the name of a stage's stack."""
    return f"tool-executor-{stage}"


def deployment_of_environment(aws: Aws, stage: str) -> Deployment:
    """Return the deployment that ``TOOL_EXECUTOR_DEPLOYMENT`` describes, its stack's outputs as JSON; else the stage's.

    For programs that may invoke and read, and not ask CloudFormation. Raises as :func:`find_deployment`.
    """
    told = os.environ.get(OUTPUTS_VARIABLE)
    if told is None:
        return find_deployment(aws, stage)
    try:
        return Deployment.from_outputs(strict_json.parse(told))
    except (strict_json.JsonError, DeploymentNotFoundError) as error:
        message = f"{OUTPUTS_VARIABLE} does not hold the outputs of a stack as a JSON object: {error}"
        raise DeploymentNotFoundError(message, hint="Print them with: aws cloudformation describe-stacks") from None


def find_deployment(aws: Aws, stage: str) -> Deployment:
    """Return a stage's deployment. Raises DeploymentNotFoundError, or what translated_errors raises."""
    name = stack_name(stage)
    with translated_errors():
        try:
            stacks = aws.cloudformation.describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise
            stacks = []
    outputs = {output["OutputKey"]: output["OutputValue"] for stack in stacks for output in stack.get("Outputs", [])}
    if "StateMachineArn" not in outputs:
        region = aws.cloudformation.meta.region_name
        message = (
            f"There is no deployment of the stage {stage!r} in {region}: no stack {name!r} with the outputs of one."
        )
        deploy = f"make deploy STAGE={shlex.quote(stage)}"
        raise DeploymentNotFoundError(
            message, hint=f"Deploy it from the project's folder with '{deploy}'; or, {LOCAL_INSTEAD}"
        )
    return Deployment.from_outputs(outputs)
