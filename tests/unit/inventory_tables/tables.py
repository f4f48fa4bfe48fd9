"""The three inventory tables on moto in the process, and ways to look into them and to make them fail."""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moto import mock_aws

from inventory_data import (
    DemandYear,
    Item,
    Stock,
    TableNames,
    Warehouse,
    demand_year_from_attributes,
    item_from_attributes,
    stock_from_attributes,
    warehouse_from_attributes,
)
from inventory_data.tables import LOCATION_KEY, PRODUCT_KEY, WAREHOUSE_KEY, WAREHOUSE_LIST, YEAR_KEY
from tool_executor.aws import Aws
from tool_executor.deployment import Deployment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Tables:
    """Tables of one test, and what they hold, read back as records."""

    aws: Aws = field(default_factory=lambda: Aws("eu-west-1"))
    names: TableNames = field(default_factory=lambda: TableNames(*(f"{name}-{next(_numbers)}" for name in "isd")))

    def create(self) -> None:
        for name, partition, sort in (
            (self.names.items, WAREHOUSE_KEY, PRODUCT_KEY),
            (self.names.stock, WAREHOUSE_KEY, PRODUCT_KEY),
            (self.names.demand, LOCATION_KEY, YEAR_KEY),
        ):
            self.aws.dynamodb.create_table(
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in (partition, sort)],
                KeySchema=[
                    {"AttributeName": partition, "KeyType": "HASH"},
                    {"AttributeName": sort, "KeyType": "RANGE"},
                ],
            )

    @property
    def deployment(self) -> Deployment:
        outputs = {
            "InventoryItemsTable": self.names.items,
            "InventoryStockTable": self.names.stock,
            "InventoryDemandTable": self.names.demand,
        }
        return Deployment("machine", "history", "state", "bucket", "planner", "finisher", {}, outputs)

    def warehouses(self) -> list[Warehouse]:
        return [warehouse_from_attributes(row) for row in self._rows(self.names.items) if _is_listed(row)]

    def items(self) -> list[Item]:
        return [item_from_attributes(row) for row in self._rows(self.names.items) if not _is_listed(row)]

    def stock(self) -> list[Stock]:
        return [stock_from_attributes(row) for row in self._rows(self.names.stock)]

    def demand(self) -> list[DemandYear]:
        return [demand_year_from_attributes(row) for row in self._rows(self.names.demand)]

    def _rows(self, table: str) -> list[Any]:
        pages = self.aws.dynamodb.get_paginator("scan").paginate(TableName=table)
        return [row for page in pages for row in page["Items"]]


@contextmanager
def mocked_dynamodb() -> Iterator[Any]:
    """Yield a client of DynamoDB: making one takes longer than most tests."""
    with mock_aws():
        yield Aws("eu-west-1").dynamodb


def new_tables(client: Any) -> Tables:
    """Return tables of their own."""
    tables = Tables()
    tables.aws.__dict__["dynamodb"] = client
    tables.create()
    return tables


@dataclass
class Watched:
    """A client of DynamoDB that counts its writes; ``before`` a batch may raise, ``leave_over`` leaves a request."""

    client: Any
    before: Callable[[int], object] = lambda _: None
    leave_over: int = 0
    batches: int = 0
    requests: list[Any] = field(default_factory=list)

    def batch_write_item(self, *, RequestItems: dict[str, Any]) -> Any:  # noqa: N803 - boto3's name
        self.batches += 1
        self.before(self.batches)
        assert sum(map(len, RequestItems.values())) <= 25
        left: dict[str, Any] = {}
        if self.leave_over:
            self.leave_over -= 1
            table = next(iter(RequestItems))
            left = {table: RequestItems[table][-1:]}
            RequestItems = {**RequestItems, table: RequestItems[table][:-1]}  # noqa: N806
            RequestItems = {name: requests for name, requests in RequestItems.items() if requests}  # noqa: N806
        self.requests += [request for requests in RequestItems.values() for request in requests]
        if RequestItems:
            self.client.batch_write_item(RequestItems=RequestItems)
        return {"UnprocessedItems": left}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)


def _is_listed(row: Any) -> bool:
    return bool(row[WAREHOUSE_KEY]["S"] == WAREHOUSE_LIST)
