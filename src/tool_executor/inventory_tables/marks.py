"""The mark of a load that is under way: it stands in a warehouse's entry of the list, and the tools refuse its data.

A load sets it before its first write, and takes it away with its last. If the load dies, the mark stays. If another
load of the warehouse began meanwhile, the mark is not this one's any more: both end with an error, and it stays.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from inventory_data import Warehouse, warehouse_to_attributes

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient


def new_mark(now: datetime) -> str:
    """Return the mark of a load that begins ``now``, in UTC."""
    return f"load {uuid.uuid4().hex[:8]} since {now:%Y-%m-%dT%H:%M:%SZ}"


def set_mark(client: DynamoDBClient, items_table: str, warehouse: Warehouse, mark: str) -> None:
    """Mark a warehouse, whether another load has marked it or not."""
    marked = warehouse.model_copy(update={"loading": mark})
    client.put_item(TableName=items_table, Item=_item(marked))


def clear_mark(client: DynamoDBClient, items_table: str, warehouse: Warehouse, mark: str) -> bool:
    """Take the mark away; False if it is another load's by now. Then the warehouse is marked anew."""
    try:
        client.put_item(
            TableName=items_table,
            Item=_item(warehouse),
            ConditionExpression="#loading = :mark",
            ExpressionAttributeNames={"#loading": "loading"},
            ExpressionAttributeValues={":mark": {"S": mark}},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        set_mark(client, items_table, warehouse, mark)
        return False
    return True


def _item(warehouse: Warehouse) -> Any:  # noqa: ANN401 - what boto3's stubs call a UniversalAttributeValueTypeDef
    return warehouse_to_attributes(warehouse)
