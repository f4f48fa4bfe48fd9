"""The history table, for the finisher."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from heapq import merge
from typing import TYPE_CHECKING, Any, Final, TypeVar

from lambdas.finisher.counted_end import CountedEnd
from tool_contract.items import from_item, to_attribute
from tool_contract.record import EXECUTION_CALL_ID, INDEX_OPEN
from tool_contract.shards import open_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from tool_contract.call_totals import CallTotals

#: Shards that are asked at once.
_READERS: Final = 16
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class ExecutionRows:
    """All rows of one execution, the call rows in the order of its calls."""

    execution: Mapping[str, Any]
    calls: tuple[Mapping[str, Any], ...]


class History:
    """Reads an execution's rows and ends them, each write only where the row is still open.

    Open executions lie in so many ``shards``.
    """

    def __init__(self, table: str, client: DynamoDBClient, shards: int = 1, end: CountedEnd | None = None) -> None:
        self._table = table
        self._client = client
        self._shards = shards
        self._counted_end = end or CountedEnd(table, client, shards)
        self._is_counting = False

    def rows(self, execution_id: str) -> ExecutionRows | None:
        """Return an execution's rows as they are now, or None where there are none."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="execution_id = :id",
            ExpressionAttributeValues={":id": {"S": execution_id}},
            ConsistentRead=True,
        )
        rows = [from_item(item) for page in pages for item in page["Items"]]
        execution = next((row for row in rows if row["call_id"] == EXECUTION_CALL_ID), None)
        if execution is None:
            return None
        calls = sorted((row for row in rows if row is not execution), key=lambda row: row["position"])
        return ExecutionRows(execution, tuple(calls))

    def is_open(self, execution_id: str) -> bool:
        """Whether an execution has not ended, as far as is known; one that the history does not know counts as open."""
        answer = self._client.get_item(
            TableName=self._table,
            Key={"execution_id": {"S": execution_id}, "call_id": {"S": EXECUTION_CALL_ID}},
            ProjectionExpression="#open, execution_id",
            ExpressionAttributeNames={"#open": "open"},
        )
        return "Item" not in answer or "open" in answer["Item"]

    def end_call(self, seen: Mapping[str, Any], attributes: Mapping[str, Any]) -> bool:
        """End an open call and say whether it was this call that did: a row that is no longer as seen stays.

        An attempt that begins while its call is being ended must not be told to have had no effect.
        """
        names = {f"#{name}": name for name in attributes}
        values = {f":new_{name}": value for name, value in attributes.items()}
        seen_values = {":seen_status": seen["status"], ":seen_attempts": seen["attempts"]}
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"execution_id": {"S": seen["execution_id"]}, "call_id": {"S": seen["call_id"]}},
                UpdateExpression="SET " + ", ".join(f"#{name} = :new_{name}" for name in attributes),
                ConditionExpression="#status = :seen_status AND attempts = :seen_attempts",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues={
                    name: to_attribute(value) for name, value in {**values, **seen_values}.items()
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def end_execution(
        self, execution: Mapping[str, Any], attributes: Mapping[str, Any], totals: Mapping[str, CallTotals]
    ) -> bool:
        """End the execution's own row and say whether it was this call that did: its calls are counted once.

        Raises TotalsBusy.
        """
        if not self._is_counting:
            self._is_counting = self._counted_end.begin_counting()
        return self._counted_end.end(execution, attributes, totals)

    def leave_to_the_sweep(self, execution: Mapping[str, Any], finished_at: str) -> None:
        """Write down when an execution that could not be counted has ended, and have the next sweep end its row.

        Its deadline is then that moment: without it the sweep would come when the time that was asked for is up, and
        who waits for the row would wait as long.
        """
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._table,
                Key={"execution_id": {"S": execution["execution_id"]}, "call_id": {"S": EXECUTION_CALL_ID}},
                UpdateExpression="SET finished_at = :moment, deadline = :moment",
                ConditionExpression="attribute_exists(#open) AND attribute_not_exists(finished_at)",
                ExpressionAttributeNames={"#open": "open"},
                ExpressionAttributeValues={":moment": {"S": finished_at}},
            )

    def overdue(self, before: str) -> Iterator[str]:
        """Yield the ids of open executions whose deadline lies before an ISO time, the nearest deadline first."""
        found = self._in_shards(partial(self._overdue, before))
        for _, execution_id in merge(*found):
            yield execution_id

    def open_executions(self) -> tuple[int, str | None]:
        """Return how many executions are open, and the first of their deadlines."""
        found = self._in_shards(self._open)
        deadlines = [deadline for _, deadline in found if deadline is not None]
        return sum(count for count, _ in found), min(deadlines, default=None)

    def _in_shards(self, ask: Callable[[str], _Answer]) -> list[_Answer]:
        with ThreadPoolExecutor(min(self._shards, _READERS)) as readers:
            return list(readers.map(ask, map(open_key, range(self._shards))))

    def _overdue(self, before: str, shard: str) -> list[tuple[str, str]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=INDEX_OPEN,
            KeyConditionExpression="#open = :shard AND deadline < :before",
            ExpressionAttributeNames={"#open": "open"},
            ExpressionAttributeValues={":shard": {"S": shard}, ":before": {"S": before}},
        )
        return [(item["deadline"]["S"], item["execution_id"]["S"]) for page in pages for item in page["Items"]]

    def _open(self, shard: str) -> tuple[int, str | None]:
        asked: Any = {
            "TableName": self._table,
            "IndexName": INDEX_OPEN,
            "KeyConditionExpression": "#open = :shard",
            "ExpressionAttributeNames": {"#open": "open"},
            "ExpressionAttributeValues": {":shard": {"S": shard}},
        }
        counted = self._client.get_paginator("query").paginate(**asked, Select="COUNT")
        first = self._client.query(**asked, Limit=1)["Items"]
        return sum(page["Count"] for page in counted), first[0]["deadline"]["S"] if first else None
