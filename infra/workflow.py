"""The state machines of workflow.asl.json: the Standard one, and the Express one for callers that wait."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aws_cdk import Stack
from aws_cdk.aws_stepfunctions import DefinitionBody, LogLevel, LogOptions, StateMachine, StateMachineType
from constructs import Construct

from infra.errors import SettingsError
from infra.log_group import StageLogGroup
from tool_contract.limits import EXPRESS_SECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.settings import StageSettings

DEFINITION: Final = Path(__file__).with_name("workflow.asl.json")


class Workflow(Construct):
    """A state machine named after the stack, the Express one with `-express`. `stack.py` grants what it may call."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: StageSettings,
        substitutions: Mapping[str, str],
        kind: StateMachineType = StateMachineType.STANDARD,
    ) -> None:
        """Create the machine, `${Name}` in its definition replaced by `substitutions`."""
        super().__init__(scope, construct_id)
        is_express = kind is StateMachineType.EXPRESS
        name = f"{Stack.of(self).stack_name}{'-express' if is_express else ''}"
        self.log_group_name = f"/aws/vendedlogs/states/{name}"
        #: As it is deployed: the bulk machine's children do the same.
        self.definition = _filled_in(substitutions, is_express=is_express)
        logs = StageLogGroup(self, "Logs", name=self.log_group_name, stage=stage)
        self.machine = StateMachine(
            self,
            "StateMachine",
            state_machine_name=name,
            state_machine_type=kind,
            definition_body=DefinitionBody.from_string(self.definition),
            logs=LogOptions(
                destination=logs,
                # Step Functions keeps no history of an Express execution: all that it knows of one is in these logs.
                level=LogLevel.ALL if is_express else LogLevel[stage.state_machine_log_level],
                include_execution_data=False,
            ),
            tracing_enabled=stage.tracing,
        )


def _filled_in(substitutions: Mapping[str, str], *, is_express: bool) -> str:
    """Fill the values in here, not by DefinitionSubstitutions: the local cloud's CloudFormation has none."""
    definition = DEFINITION.read_text(encoding="utf-8")
    for name, value in substitutions.items():
        if f"${{{name}}}" not in definition:
            raise SettingsError(f"{DEFINITION.name} does not use ${{{name}}}.")
        definition = definition.replace(f"${{{name}}}", value)
    if is_express:
        return json.dumps({**json.loads(definition), "TimeoutSeconds": EXPRESS_SECONDS})
    return definition
