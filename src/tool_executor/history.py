"""Reads the history table: the records of executions and calls, by each of its indexes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tool_contract.items import from_item
from tool_contract.record import (
    EXECUTION_CALL_ID,
    INDEX_BY_CORRELATION,
    INDEX_BY_DAY,
    INDEX_BY_TOOL,
    INDEX_OPEN,
    OPEN_SHARD,
    tool_day,
)
from tool_executor.aws import translated_errors

if TYPE_CHECKING:
    from tool_executor.aws import Aws

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class History:
    """The history table of one deployment. Lists are newest first where nothing else is said."""

    aws: Aws
    table: str

    def execution(self, execution_id: str) -> list[Record]:
        """Return an execution's own record, then its calls' in call order; empty if there is no such execution."""
        records = self._query(None, "execution_id = :key", execution_id, limit=None, forward=True, consistent=True)
        return sorted(records, key=lambda record: record.get("position", -1))

    def calls(self, execution_id: str) -> list[Record]:
        """Return the records of an execution's calls, in call order."""
        return [record for record in self.execution(execution_id) if record["call_id"] != EXECUTION_CALL_ID]

    def call(self, execution_id: str, call_id: str) -> Record | None:
        """Return one call's record, as it is now."""
        with translated_errors():
            item = self.aws.dynamodb.get_item(
                TableName=self.table,
                Key={"execution_id": {"S": execution_id}, "call_id": {"S": call_id}},
                ConsistentRead=True,
            ).get("Item")
        return None if item is None else from_item(item)

    def progress(self, execution_id: str, correlation_id: str) -> list[Record]:
        """Return how the calls of an execution stand, in call order, without reading their inputs and results.

        It asks the index, whose rows are small and may be a moment behind: made to be asked again and again.
        """
        records = self._query(INDEX_BY_CORRELATION, "correlation_id = :key", correlation_id, limit=None)
        calls = (record for record in records if record["execution_id"] == execution_id)
        return sorted((call for call in calls if "position" in call), key=lambda call: call["position"])

    def by_correlation(self, correlation_id: str, limit: int) -> list[Record]:
        """Return executions and calls of a correlation id."""
        return self._query(INDEX_BY_CORRELATION, "correlation_id = :key", correlation_id, limit=limit)

    def by_tool(self, tool_name: str, day: str, limit: int) -> list[Record]:
        """Return the calls of a tool on a day (``2026-11-20``, UTC)."""
        return self._query(INDEX_BY_TOOL, "tool_day = :key", tool_day(tool_name, day), limit=limit)

    def by_day(self, day: str, limit: int) -> list[Record]:
        """Return the executions of a day (``2026-11-20``, UTC)."""
        return self._query(INDEX_BY_DAY, "#key = :key", day, limit=limit, names={"#key": "day"})

    def open_executions(self, limit: int) -> list[Record]:
        """Return the executions that have not ended, the one with the nearest deadline first."""
        names = {"#key": "open"}
        return self._query(INDEX_OPEN, "#key = :key", OPEN_SHARD, limit=limit, names=names, forward=True)

    def _query(
        self,
        index: str | None,
        condition: str,
        key: str,
        *,
        limit: int | None,
        names: dict[str, str] | None = None,
        forward: bool = False,
        consistent: bool = False,
    ) -> list[Record]:
        options: dict[str, Any] = {"IndexName": index} if index else {}
        if names:
            options["ExpressionAttributeNames"] = names
        with translated_errors():
            pages = self.aws.dynamodb.get_paginator("query").paginate(
                TableName=self.table,
                KeyConditionExpression=condition,
                ExpressionAttributeValues={":key": {"S": key}},
                ScanIndexForward=forward,
                ConsistentRead=consistent,
                PaginationConfig={"MaxItems": limit, "PageSize": min(limit, 1000)} if limit else {},
                **options,
            )
            return [from_item(item) for page in pages for item in page["Items"]]
