"""A caller's own way in: a state machine that starts executions as this caller, whatever the input says of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_cdk import Stack
from aws_cdk.aws_iam import PolicyStatement
from aws_cdk.aws_stepfunctions import DefinitionBody, LogLevel, LogOptions, StateMachine, StateMachineType
from constructs import Construct

from infra.log_group import StageLogGroup

if TYPE_CHECKING:
    from infra.settings import StageSettings


class Entrance(Construct):
    """The state machine `<stack>-from-<caller>`. IAM says who may start it, which is who the caller is."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: StageSettings,
        caller: str,
        workflow: StateMachine,
        started_arn: str,
    ) -> None:
        """Create the entrance of `caller` to `workflow`, which is started by its own ARN or an alias's."""
        super().__init__(scope, construct_id)
        name = f"{Stack.of(self).stack_name}-from-{caller}"
        logs = StageLogGroup(self, "Logs", name=f"/aws/vendedlogs/states/{name}", stage=stage)
        self.machine = StateMachine(
            self,
            "StateMachine",
            state_machine_name=name,
            state_machine_type=StateMachineType.STANDARD,
            definition_body=DefinitionBody.from_string(json.dumps(_definition(caller, started_arn))),
            logs=LogOptions(
                destination=logs, level=LogLevel[stage.state_machine_log_level], include_execution_data=False
            ),
            tracing_enabled=stage.tracing,
        )
        # Step Functions asks for the right to the machine, also where an alias of it is started.
        self.machine.add_to_role_policy(
            PolicyStatement(actions=["states:StartExecution"], resources=[workflow.state_machine_arn])
        )


def _definition(caller: str, workflow_arn: str) -> dict[str, Any]:
    # A caller with an entrance has a name of letters, digits, _ and -: nothing of it ends the quotes.
    start = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution",
        "Arguments": {
            "StateMachineArn": workflow_arn,
            "Name": "{% $states.context.Execution.Name %}",
            "Input": f"{{% $merge([$states.input, {{'caller': '{caller}'}}]) %}}",
        },
        # The same name and input once more is the same execution.
        "Retry": [
            {"ErrorEquals": ["StepFunctions.ExecutionAlreadyExistsException"], "MaxAttempts": 0},
            {
                "ErrorEquals": ["States.TaskFailed"],
                "IntervalSeconds": 1,
                "MaxAttempts": 3,
                "MaxDelaySeconds": 4,
                "JitterStrategy": "FULL",
            },
        ],
        "Output": {"execution_arn": "{% $states.result.ExecutionArn %}"},
        "TimeoutSeconds": 60,
        "End": True,
    }
    return {
        "Comment": f"Starts an execution of the same name as the caller {caller}.",
        "QueryLanguage": "JSONata",
        "StartAt": "Start",
        "States": {"Start": start},
    }
