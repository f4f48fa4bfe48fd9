"""Where alarms are sent: one encrypted topic a stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import RemovalPolicy, Stack
from aws_cdk.aws_iam import PolicyStatement, ServicePrincipal
from aws_cdk.aws_kms import Key
from aws_cdk.aws_sns import Topic
from aws_cdk.aws_sns_subscriptions import EmailSubscription
from constructs import Construct

if TYPE_CHECKING:
    from infra.alarm_settings import AlarmSettings


class AlarmTopic(Construct):
    """The topic `<stack>-alarms`, its key, and the e-mail subscription that the stage asks for, if any."""

    def __init__(self, scope: Construct, construct_id: str, *, alarms: AlarmSettings) -> None:
        """Create the topic. CloudWatch alarms of this account may publish to it."""
        super().__init__(scope, construct_id)
        # A key of its own: CloudWatch may not use SNS's AWS-managed one, and its alarms would be lost in silence.
        self.key = Key(
            self,
            "Key",
            description=f"Encrypts the alarms of {Stack.of(self).stack_name}.",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.topic = Topic(
            self,
            "Topic",
            topic_name=f"{Stack.of(self).stack_name}-alarms",
            master_key=self.key,
            enforce_ssl=True,
        )
        self.key.add_to_resource_policy(self._for_cloudwatch(("kms:Decrypt", "kms:GenerateDataKey*"), "*"))
        self.topic.add_to_resource_policy(self._for_cloudwatch(("sns:Publish",), self.topic.topic_arn))
        if alarms.email is not None:
            self.topic.add_subscription(EmailSubscription(alarms.email))

    def _for_cloudwatch(self, actions: tuple[str, ...], resource: str) -> PolicyStatement:
        return PolicyStatement(
            principals=[ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=list(actions),
            resources=[resource],
            conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
        )
