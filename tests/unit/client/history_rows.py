"""The history table as the stack makes it, on moto in the process, and short ways to fill it."""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from moto import mock_aws

from tool_contract import strict_json
from tool_contract.history_schema import INDEXES, PARTITION_KEY, SORT_KEY
from tool_contract.items import to_item
from tool_contract.record import EXECUTION_CALL_ID
from tool_contract.shards import tool_day
from tool_executor.aws import Aws
from tool_executor.deployment import Deployment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_REGION: Final = "eu-west-1"
_BUCKET: Final = "artifacts"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class HistoryRows:
    """One table of its own."""

    aws: Aws = field(default_factory=lambda: Aws(_REGION))
    table: str = field(default_factory=lambda: f"history-{next(_numbers)}")
    shards: int = 1

    @property
    def deployment(self) -> Deployment:
        machine = f"arn:aws:states:{_REGION}:123456789012:stateMachine:machine"
        return Deployment(
            machine, self.table, "state", _BUCKET, "planner", "finisher", {}, {"HistoryShards": str(self.shards)}
        )

    def create(self) -> None:
        keys = {name for index in INDEXES for name in (index.partition_key, index.sort_key)}
        self.aws.dynamodb.create_table(
            TableName=self.table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in sorted(keys | {PARTITION_KEY, SORT_KEY})
            ],
            KeySchema=_key(PARTITION_KEY, SORT_KEY),
            GlobalSecondaryIndexes=[
                {
                    "IndexName": index.name,
                    "KeySchema": _key(index.partition_key, index.sort_key),
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(index.shown)},
                }
                for index in INDEXES
            ],
        )

    def put(self, **row: Any) -> None:
        self.aws.dynamodb.put_item(TableName=self.table, Item=to_item(row))

    def put_result(self, key: str, text: str) -> None:
        self.aws.s3.put_object(Bucket=_BUCKET, Key=key, Body=text.encode())

    def execution(self, execution_id: str, *calls: Mapping[str, Any], **own: Any) -> None:
        """Write an execution's own record and its calls'."""
        own = {"started_at": "2026-11-20T10:00:00.000Z", "correlation_id": execution_id, **own}
        ended: Any = {"status": "succeeded", "finished_at": "2026-11-20T10:00:09.000Z", "execution_time_ms": 9000}
        if "open" in own:
            ended = {"status": "running"}
        frame = {"call_id": EXECUTION_CALL_ID, "mode": "parallel", "calls": len(calls), "day": own["started_at"][:10]}
        self.put(execution_id=execution_id, **{**frame, **ended, **own})
        for position, call in enumerate(calls):
            row = {"call_id": f"c{position + 1}", "position": position, **call}
            self.call(execution_id, **{name: own[name] for name in ("started_at", "correlation_id")}, **row)

    def call(self, execution_id: str, **row: Any) -> None:
        """Write a call's record: an uneventful success, but for what is said."""
        asked_for = row.pop("asked_for", row.get("tool_name", "echo"))
        default = {
            "call_id": "c1",
            "position": 0,
            "status": "success",
            "tool_name": "echo",
            "attempts": 1,
            "correlation_id": execution_id,
            "started_at": "2026-11-20T10:00:00.000Z",
            "execution_time_ms": 10.0,
            "fallback_used": False,
        }
        day = row.get("started_at", default["started_at"])[:10]
        if row.get("status", "success") == "success" and "result_ref" not in row:
            default["result"] = strict_json.dumps({"text": "hello"})
        self.put(execution_id=execution_id, tool_day=tool_day(asked_for, day), **{**default, **row})


@contextmanager
def history_rows() -> Iterator[HistoryRows]:
    """Start moto with an empty history table and an empty bucket."""
    with mock_aws():
        rows = HistoryRows()
        rows.create()
        rows.aws.s3.create_bucket(Bucket=_BUCKET, CreateBucketConfiguration={"LocationConstraint": _REGION})
        yield rows


def _key(partition: str, sort: str) -> Any:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]
