"""Ends what is open past its deadline, whatever event was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk.aws_events import Rule, RuleTargetInput, Schedule
from aws_cdk.aws_events_targets import LambdaFunction
from constructs import Construct

if TYPE_CHECKING:
    from aws_cdk.aws_lambda import IFunction


class Sweep(Construct):
    """Calls the finisher every minute. Not retried: the next minute's call does the same."""

    def __init__(self, scope: Construct, construct_id: str, *, finisher: IFunction) -> None:
        """Create the schedule."""
        super().__init__(scope, construct_id)
        self.rule = Rule(
            self,
            "Rule",
            schedule=Schedule.rate(Duration.minutes(1)),
            targets=[LambdaFunction(finisher, event=RuleTargetInput.from_object({"sweep": True}), retry_attempts=0)],
        )
