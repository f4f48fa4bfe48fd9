"""The state machine of workflow.asl.json."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from aws_cdk import Stack
from aws_cdk.aws_stepfunctions import DefinitionBody, LogLevel, LogOptions, StateMachine, StateMachineType
from constructs import Construct

from infra.errors import SettingsError
from infra.log_group import StageLogGroup

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.settings import StageSettings

DEFINITION: Final = Path(__file__).with_name("workflow.asl.json")


class Workflow(Construct):
    """The state machine named after the stack. `stack.py` grants what its role may call."""

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: StageSettings, substitutions: Mapping[str, str]
    ) -> None:
        """Create the machine, `${Name}` in its definition replaced by `substitutions`."""
        super().__init__(scope, construct_id)
        name = Stack.of(self).stack_name
        self.log_group_name = f"/aws/vendedlogs/states/{name}"
        #: As it is deployed: the bulk machine's children do the same.
        self.definition = _filled_in(substitutions)
        logs = StageLogGroup(self, "Logs", name=self.log_group_name, stage=stage)
        self.machine = StateMachine(
            self,
            "StateMachine",
            state_machine_name=name,
            state_machine_type=StateMachineType.STANDARD,
            definition_body=DefinitionBody.from_string(self.definition),
            logs=LogOptions(
                destination=logs, level=LogLevel[stage.state_machine_log_level], include_execution_data=False
            ),
            tracing_enabled=stage.tracing,
        )


def _filled_in(substitutions: Mapping[str, str]) -> str:
    """Fill the values in here, not by DefinitionSubstitutions: the local cloud's CloudFormation has none."""
    definition = DEFINITION.read_text(encoding="utf-8")
    for name, value in substitutions.items():
        if f"${{{name}}}" not in definition:
            raise SettingsError(f"{DEFINITION.name} does not use ${{{name}}}.")
        definition = definition.replace(f"${{{name}}}", value)
    return definition
