"""The history: one record per call and one per execution, with an index for each way of looking at them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk.aws_dynamodb import ProjectionType
from constructs import Construct

from infra.keyed_table import KeyedTable, text

if TYPE_CHECKING:
    from infra.settings import StageSettings

_OF_A_CALL: Final = (
    "status",
    "tool_name",
    "attempts",
    "finished_at",
    "execution_time_ms",
    "error_code",
    "effect",
    "fallback_used",
    "cached",
)
# An index is charged for each update of what it holds: each holds what its list shows.
_INDEXES: Final = {
    "by-correlation": ("correlation_id", "started_at", (*_OF_A_CALL, "position", "tool_day")),
    "by-tool": ("tool_day", "started_at", (*_OF_A_CALL, "correlation_id")),
    "by-day": (
        "day",
        "started_at",
        ("correlation_id", "status", "deadline", "finished_at", "execution_time_ms", "mode", "counts"),
    ),
    "open-executions": ("open", "deadline", ("correlation_id", "mode", "started_at", "execution_arn")),
}


class HistoryTable(Construct):
    """The table of records."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: StageSettings) -> None:
        """Create the table and its indexes."""
        super().__init__(scope, construct_id)
        self.indexes = tuple(_INDEXES)
        self.table = KeyedTable(
            self,
            "Table",
            partition_key="execution_id",
            sort_key="call_id",
            ttl_attribute="expires_at",
            stage=stage,
        )
        for name, (partition_key, sort_key, shown) in _INDEXES.items():
            self.table.add_global_secondary_index(
                index_name=name,
                partition_key=text(partition_key),
                sort_key=text(sort_key),
                projection_type=ProjectionType.INCLUDE,
                non_key_attributes=list(shown),
            )
