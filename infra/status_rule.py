"""Tells the finisher of executions that ended without reaching it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import Duration
from aws_cdk.aws_events import EventPattern, Rule
from aws_cdk.aws_events_targets import LambdaFunction
from aws_cdk.aws_lambda_destinations import SqsDestination
from aws_cdk.aws_sqs import Queue, QueueEncryption
from constructs import Construct

if TYPE_CHECKING:
    from aws_cdk.aws_lambda import IFunction
    from aws_cdk.aws_stepfunctions import IStateMachine

_ENDED_BADLY: Final = ["FAILED", "TIMED_OUT", "ABORTED"]
_WORTH_DELIVERING: Final = Duration.hours(1)


class StatusRule(Construct):
    """The rule, and the queue for events that were not delivered or not dealt with."""

    def __init__(
        self, scope: Construct, construct_id: str, *, state_machine: IStateMachine, finisher: IFunction
    ) -> None:
        """Create the rule and its dead-letter queue, which takes what the finisher failed on, too."""
        super().__init__(scope, construct_id)
        self.dead_letters = Queue(
            self,
            "DeadLetters",
            encryption=QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        self.rule = Rule(
            self,
            "Rule",
            event_pattern=EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={"status": _ENDED_BADLY, "stateMachineArn": [state_machine.state_machine_arn]},
            ),
            targets=[
                LambdaFunction(
                    finisher,
                    dead_letter_queue=self.dead_letters,
                    retry_attempts=8,
                    max_event_age=_WORTH_DELIVERING,
                )
            ],
        )
        # EventBridge's own dead letters are the undelivered ones: Lambda takes an event before it runs.
        finisher.configure_async_invoke(
            on_failure=SqsDestination(self.dead_letters), retry_attempts=2, max_event_age=_WORTH_DELIVERING
        )
