"""The history: one record per call and one per execution, with an index for each way of looking at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk.aws_dynamodb import ProjectionType
from constructs import Construct

from infra.keyed_table import KeyedTable, text
from tool_contract.history_schema import INDEXES, PARTITION_KEY, SORT_KEY

if TYPE_CHECKING:
    from infra.settings import StageSettings


class HistoryTable(Construct):
    """The table of records."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: StageSettings) -> None:
        """Create the table and its indexes."""
        super().__init__(scope, construct_id)
        self.indexes = tuple(index.name for index in INDEXES)
        self.table = KeyedTable(
            self,
            "Table",
            partition_key=PARTITION_KEY,
            sort_key=SORT_KEY,
            ttl_attribute="expires_at",
            stage=stage,
        )
        for index in INDEXES:
            self.table.add_global_secondary_index(
                index_name=index.name,
                partition_key=text(index.partition_key),
                sort_key=text(index.sort_key),
                projection_type=ProjectionType.INCLUDE,
                non_key_attributes=list(index.shown),
            )
