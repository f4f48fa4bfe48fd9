"""The version of the state machine that executions are started on, and how the next one takes over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import RemovalPolicy
from aws_cdk.aws_stepfunctions import CfnStateMachine, CfnStateMachineAlias, CfnStateMachineVersion
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk.aws_cloudwatch import IAlarm
    from aws_cdk.aws_stepfunctions import StateMachine

    from infra.gradual import GradualSettings

LIVE: Final = "live"


class LiveVersion(Construct):
    """A version of each revision, and the alias `live`, which moves to the newest one gradually.

    A version's definition names versions of the functions, and its planner plans with versions of the tools': an
    execution ends on the code that it was started on. Old versions stay, for the executions that run on them.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        machine: StateMachine,
        settings: GradualSettings,
        alarms: Sequence[IAlarm],
    ) -> None:
        """Create the version and the alias; one of `alarms` that rings meanwhile takes the deployment back."""
        super().__init__(scope, construct_id)
        resource = machine.node.default_child
        if not isinstance(resource, CfnStateMachine):
            raise TypeError("A state machine is made of one CfnStateMachine.")
        version = CfnStateMachineVersion(
            self,
            "Version",
            state_machine_arn=machine.state_machine_arn,
            state_machine_revision_id=resource.attr_state_machine_revision_id,
        )
        version.apply_removal_policy(RemovalPolicy.RETAIN)
        alias = CfnStateMachineAlias(
            self,
            "Alias",
            name=LIVE,
            deployment_preference=CfnStateMachineAlias.DeploymentPreferenceProperty(
                type="CANARY",
                percentage=settings.percent,
                interval=settings.minutes,
                state_machine_version_arn=version.attr_arn,
                alarms=[alarm.alarm_name for alarm in alarms],
            ),
        )
        self.alias_arn = alias.attr_arn
