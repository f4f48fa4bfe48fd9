"""The history table, for the finisher."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from tool_contract.envelope import CallStatus
from tool_contract.items import from_item, to_attribute
from tool_contract.record import EXECUTION_CALL_ID, INDEX_OPEN, OPEN_SHARD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

_CLOSED_BY: Final = "closed_by"
_STILL_OPEN = "#status IN (:pending, :running, :retrying)"
_OPEN_VALUES = {
    ":pending": CallStatus.PENDING,
    ":running": CallStatus.RUNNING,
    ":retrying": CallStatus.RETRYING,
}


@dataclass(frozen=True, slots=True)
class ExecutionRows:
    """All rows of one execution, the call rows in the order of its calls."""

    execution: Mapping[str, Any]
    calls: tuple[Mapping[str, Any], ...]


class History:
    """Reads an execution's rows and ends them, each write only where the row is still open."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

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
        return self._end(
            seen["execution_id"],
            seen["call_id"],
            attributes,
            condition="#status = :seen_status AND attempts = :seen_attempts",
            values={":seen_status": seen["status"], ":seen_attempts": seen["attempts"]},
        )

    def end_execution(self, execution_id: str, attributes: Mapping[str, Any]) -> bool:
        """End the execution's own row and say whether it was this call that did: outcomes are counted once."""
        # An update that the SDK retries after a lost acknowledgement fails on itself: it knows its own write by this.
        closed_by = uuid.uuid4().hex
        return self._end(
            execution_id,
            EXECUTION_CALL_ID,
            {**attributes, _CLOSED_BY: closed_by},
            condition=f"attribute_exists(#open) AND {_STILL_OPEN}",
            values=_OPEN_VALUES,
            removed=" REMOVE #open",
        )

    def overdue(self, before: str) -> Iterator[str]:
        """Yield the ids of open executions whose deadline lies before an ISO time."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=INDEX_OPEN,
            KeyConditionExpression="#open = :shard AND deadline < :before",
            ExpressionAttributeNames={"#open": "open"},
            ExpressionAttributeValues={":shard": {"S": OPEN_SHARD}, ":before": {"S": before}},
        )
        for page in pages:
            for item in page["Items"]:
                yield item["execution_id"]["S"]

    def open_executions(self) -> tuple[int, str | None]:
        """Return how many executions are open, and the first of their deadlines."""
        asked: Any = {
            "TableName": self._table,
            "IndexName": INDEX_OPEN,
            "KeyConditionExpression": "#open = :shard",
            "ExpressionAttributeNames": {"#open": "open"},
            "ExpressionAttributeValues": {":shard": {"S": OPEN_SHARD}},
        }
        counted = self._client.get_paginator("query").paginate(**asked, Select="COUNT")
        first = self._client.query(**asked, Limit=1)["Items"]
        return sum(page["Count"] for page in counted), first[0]["deadline"]["S"] if first else None

    def _end(
        self,
        execution_id: str,
        call_id: str,
        attributes: Mapping[str, Any],
        *,
        condition: str,
        values: Mapping[str, Any],
        removed: str = "",
    ) -> bool:
        names = {f"#{name}": name for name in attributes} | ({"#open": "open"} if removed else {})
        new = {f":new_{name}": value for name, value in attributes.items()}
        assignments = ", ".join(f"#{name} = :new_{name}" for name in attributes)
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"execution_id": {"S": execution_id}, "call_id": {"S": call_id}},
                UpdateExpression=f"SET {assignments}{removed}",
                ConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues={name: to_attribute(value) for name, value in {**new, **values}.items()},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            standing = from_item(cast("dict[str, Any]", error.response.get("Item", {})))
            return _CLOSED_BY in attributes and standing.get(_CLOSED_BY) == attributes[_CLOSED_BY]
        return True
