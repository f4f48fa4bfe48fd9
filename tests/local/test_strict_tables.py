"""The local cloud's DynamoDB does what AWS's does where writers meet."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from tests.unit.local_cloud.small_cloud import SmallCloud, small_cloud
from tests.unit.local_cloud.small_stack import TABLE

__all__ = ["small_cloud"]

pytestmark = pytest.mark.xdist_group("small-cloud")


def put_once(cloud: SmallCloud, key: str, owner: str) -> bool:
    try:
        cloud.client("dynamodb").put_item(
            TableName=TABLE,
            Item={"id": {"S": key}, "owner": {"S": owner}},
            ConditionExpression="attribute_not_exists(id)",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return False
        raise
    return True


def test_of_many_conditional_writes_at_once_one_wins(small_cloud: SmallCloud) -> None:
    small_cloud.client("dynamodb")
    threads = 8
    barrier = threading.Barrier(threads)

    def race(key: str, owner: int) -> bool:
        barrier.wait()
        return put_once(small_cloud, key, str(owner))

    with ThreadPoolExecutor(threads) as pool:
        for _ in range(20):
            key = uuid.uuid4().hex
            assert sum(pool.map(lambda owner, key=key: race(key, owner), range(threads))) == 1


def test_of_many_updates_at_once_none_is_lost(small_cloud: SmallCloud) -> None:
    key = uuid.uuid4().hex
    client = small_cloud.client("dynamodb")

    def add(_: int) -> None:
        client.update_item(
            TableName=TABLE,
            Key={"id": {"S": key}},
            UpdateExpression="ADD tries :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(80)))
    assert client.get_item(TableName=TABLE, Key={"id": {"S": key}})["Item"]["tries"] == {"N": "80"}


def test_a_failed_condition_returns_what_stands(small_cloud: SmallCloud) -> None:
    client, key = small_cloud.client("dynamodb"), uuid.uuid4().hex
    put_once(small_cloud, key, "first")
    for write in (
        lambda: client.put_item(
            TableName=TABLE,
            Item={"id": {"S": key}},
            ConditionExpression="attribute_not_exists(id)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        ),
        lambda: client.update_item(
            TableName=TABLE,
            Key={"id": {"S": key}},
            UpdateExpression="REMOVE nothing",
            ConditionExpression="attribute_not_exists(id)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        ),
    ):
        with pytest.raises(ClientError) as raised:
            write()
        assert raised.value.response["Item"]["owner"] == {"S": "first"}  # type: ignore[typeddict-item]


def test_every_type_of_attribute_comes_back_as_it_was_put(small_cloud: SmallCloud) -> None:
    client, key = small_cloud.client("dynamodb"), uuid.uuid4().hex
    item = {
        "id": {"S": key},
        "number": {"N": "12.50"},
        "bytes": {"B": b"\x00\xff"},
        "yes": {"BOOL": True},
        "nothing": {"NULL": True},
        "texts": {"SS": ["a", "b"]},
        "numbers": {"NS": ["1", "2"]},
        "blobs": {"BS": [b"a", b"b"]},
        "list": {"L": [{"S": ""}, {"N": "1"}, {"M": {"x": {"B": b"y"}}}]},
        "map": {"M": {"S": {"S": "named like a type"}, "empty": {"M": {}}}},
    }
    client.put_item(TableName=TABLE, Item=item)
    found = client.get_item(TableName=TABLE, Key={"id": {"S": key}})["Item"]
    for kind, name in (("SS", "texts"), ("NS", "numbers"), ("BS", "blobs")):
        found[name][kind] = sorted(found[name][kind])
    assert found == item
