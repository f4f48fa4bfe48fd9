"""A log group that is kept as long as the stage says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import RemovalPolicy
from aws_cdk.aws_logs import LogGroup, RetentionDays

if TYPE_CHECKING:
    from constructs import Construct

    from infra.settings import StageSettings

_RETENTION: Final = {14: RetentionDays.TWO_WEEKS, 90: RetentionDays.THREE_MONTHS}


class StageLogGroup(LogGroup):
    """Named so that people and `aws logs tail` find it; removed with the stack unless the stage keeps data."""

    def __init__(self, scope: Construct, construct_id: str, *, name: str, stage: StageSettings) -> None:
        """Create the log group `name`."""
        super().__init__(
            scope,
            construct_id,
            log_group_name=name,
            retention=_RETENTION[stage.log_retention_days],
            removal_policy=RemovalPolicy.RETAIN if stage.keep_data else RemovalPolicy.DESTROY,
        )
