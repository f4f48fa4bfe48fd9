"""A DynamoDB table as this project has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import RemovalPolicy
from aws_cdk.aws_dynamodb import (
    Attribute,
    AttributeType,
    BillingMode,
    PointInTimeRecoverySpecification,
    Table,
    TableEncryption,
)

if TYPE_CHECKING:
    from constructs import Construct

    from infra.settings import StageSettings


def text(name: str) -> Attribute:
    """Return a key attribute: every key here is a string."""
    return Attribute(name=name, type=AttributeType.STRING)


class KeyedTable(Table):
    """Paid per request, restorable to any second, encrypted; kept and protected if the stage keeps data.

    A `Table`, not a `TableV2`: the local cloud knows no AWS::DynamoDB::GlobalTable.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        partition_key: str,
        sort_key: str | None = None,
        ttl_attribute: str | None = None,
        stage: StageSettings,
    ) -> None:
        """Create the table under a name of CDK's choosing."""
        super().__init__(
            scope,
            construct_id,
            partition_key=text(partition_key),
            sort_key=text(sort_key) if sort_key else None,
            time_to_live_attribute=ttl_attribute,
            billing_mode=BillingMode.PAY_PER_REQUEST,
            encryption=TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=PointInTimeRecoverySpecification(point_in_time_recovery_enabled=True),
            deletion_protection=stage.keep_data,
            removal_policy=RemovalPolicy.RETAIN if stage.keep_data else RemovalPolicy.DESTROY,
        )
