"""The history table and the artefact bucket on moto, in the process, as the stack makes them."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.dynamodb.responses import DynamoHandler

from tool_contract.items import from_item, to_item
from tool_contract.record import INDEX_OPEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

TABLE: Final = "history"
STATE_TABLE: Final = "tool-state"
BUCKET: Final = "artifacts"


@dataclass(frozen=True)
class Aws:
    """Clients, and what tests ask of them."""

    dynamodb: DynamoDBClient
    s3: S3Client

    def put(self, **row: Any) -> None:
        self.dynamodb.put_item(TableName=TABLE, Item=to_item(row))

    def put_state(self, **item: Any) -> None:
        self.dynamodb.put_item(TableName=STATE_TABLE, Item=to_item(item))

    def row(self, execution_id: str, call_id: str) -> dict[str, Any]:
        key = {"execution_id": {"S": execution_id}, "call_id": {"S": call_id}}
        return from_item(self.dynamodb.get_item(TableName=TABLE, Key=key, ConsistentRead=True).get("Item", {}))

    def rows(self, execution_id: str) -> list[dict[str, Any]]:
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=TABLE,
            KeyConditionExpression="execution_id = :id",
            ExpressionAttributeValues={":id": {"S": execution_id}},
        )
        return [from_item(item) for page in pages for item in page["Items"]]

    def keys(self, prefix: str) -> list[str]:
        return [entry["Key"] for entry in self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]

    def text(self, key: str) -> str:
        return self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()


@contextmanager
def _one_request_at_a_time() -> Iterator[None]:
    """Hold moto's DynamoDB to what DynamoDB does: a condition and its write are one. moto's are not, under threads."""
    lock, answer = threading.RLock(), DynamoHandler.call_action

    def answer_alone(handler: DynamoHandler) -> Any:
        with lock:
            return answer(handler)

    with patch.object(DynamoHandler, "call_action", answer_alone):
        yield


@contextmanager
def in_process_aws() -> Iterator[Aws]:
    """Start moto with an empty table and an empty bucket."""
    with mock_aws(), _one_request_at_a_time():
        dynamodb, s3 = boto3.client("dynamodb"), boto3.client("s3")
        names = ("execution_id", "call_id", "open", "deadline")
        dynamodb.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
            KeySchema=_key("execution_id", "call_id"),
            GlobalSecondaryIndexes=[
                {
                    "IndexName": INDEX_OPEN,
                    "KeySchema": _key("open", "deadline"),
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )
        dynamodb.create_table(
            TableName=STATE_TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield Aws(dynamodb, s3)


def _key(partition: str, sort: str) -> Any:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]


@dataclass
class FailingClient:
    """A client whose operations fail as told; the others pass through.

    ``before``: the service never sees the request. ``after``: it is applied, and the answer is lost. The first
    ``spared`` calls go well.
    """

    real: Any
    before: Mapping[str, Exception] = field(default_factory=dict)
    after: Mapping[str, Exception] = field(default_factory=dict)
    spared: int = 0
    calls: list[str] = field(default_factory=list)

    @property
    def exceptions(self) -> Any:
        return self.real.exceptions

    def __getattr__(self, operation: str) -> Any:
        def call(**arguments: Any) -> Any:
            self.calls.append(operation)
            spared = len(self.calls) <= self.spared
            if operation in self.before and not spared:
                raise self.before[operation]
            answer = getattr(self.real, operation)(**arguments)
            if operation in self.after and not spared:
                raise self.after[operation]
            return answer

        return call


def service_error(code: str = "InternalServerError") -> ClientError:
    """The service's own failure, as boto3 raises it."""
    return ClientError({"Error": {"Code": code, "Message": code}}, "Any")
