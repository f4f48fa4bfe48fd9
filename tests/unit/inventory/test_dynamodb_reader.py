from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from inventory_data import (
    DemandYear,
    TableNames,
    Warehouse,
    demand_year_to_attributes,
    item_to_attributes,
    stock_to_attributes,
    warehouse_to_attributes,
)
from lambdas.inventory_optimizer import dynamodb_reader
from lambdas.inventory_optimizer.dynamodb_reader import DynamoDBReader
from tests.unit.inventory.records import item, stock
from tool_contract.errors import InvalidInput, ToolFailed, Unavailable

TABLES = TableNames("items", "stock", "demand")
KEYS = {
    "items": ("warehouse_code", "product_code"),
    "stock": ("warehouse_code", "product_code"),
    "demand": ("location", "year"),
}


class FakeClient:
    """DynamoDB as far as the reader uses it: pages of two, and at times keys that it leaves over."""

    def __init__(self, *, leave_over: int = 0, error: Exception | None = None) -> None:
        self.rows: dict[str, dict[tuple[str, str], Any]] = {"items": {}, "stock": {}, "demand": {}}
        self.calls: Counter[str] = Counter()
        self.leave_over = leave_over
        self.error = error

    def put(self, table: str, attributes: Any) -> None:
        partition, sort = KEYS[table]
        self.rows[table][attributes[partition]["S"], attributes[sort]["S"]] = attributes

    def get_item(self, *, TableName: str, Key: Any, ConsistentRead: bool) -> dict[str, Any]:  # noqa: N803 - boto3's
        self.calls["get_item"] += 1
        if self.error:
            raise self.error
        assert ConsistentRead, "a mark that was set a moment ago must be seen"
        partition, sort = KEYS[TableName]
        found = self.rows[TableName].get((Key[partition]["S"], Key[sort]["S"]))
        return {} if found is None else {"Item": found}

    def query(self, **request: Any) -> dict[str, Any]:
        self.calls["query"] += 1
        if self.error:
            raise self.error
        wanted = request["ExpressionAttributeValues"][":partition"]["S"]
        rows = [row for key, row in sorted(self.rows[request["TableName"]].items()) if key[0] == wanted]
        start = int(request.get("ExclusiveStartKey", {"at": 0})["at"])
        page: dict[str, Any] = {"Items": rows[start : start + 2]}
        if start + 2 < len(rows):
            page["LastEvaluatedKey"] = {"at": start + 2}
        return page

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        self.calls["batch_get_item"] += 1
        if self.error:
            raise self.error
        ((table, request),) = RequestItems.items()
        partition, sort = KEYS[table]
        keys = [(key[partition]["S"], key[sort]["S"]) for key in request["Keys"]]
        assert 0 < len(keys) <= 100
        assert len(set(keys)) == len(keys), "DynamoDB refuses a key that stands twice"
        left = request["Keys"][-self.leave_over :] if self.leave_over else []
        served = keys[: len(keys) - len(left)]
        self.leave_over = max(self.leave_over - 1, 0)
        answer: dict[str, Any] = {
            "Responses": {table: [self.rows[table][key] for key in served if key in self.rows[table]]}
        }
        if left:
            answer["UnprocessedKeys"] = {table: {"Keys": left}}
        return answer


def reader(client: FakeClient, pauses: list[float] | None = None) -> DynamoDBReader:
    return DynamoDBReader(client, TABLES, sleep=(pauses if pauses is not None else []).append)  # type: ignore[arg-type]


def filled(products: int, **settings: Any) -> FakeClient:
    client = FakeClient(**settings)
    client.put("items", warehouse_to_attributes(Warehouse(warehouse_code="WH001", products=products)))
    for number in range(products):
        code = f"P{number:03d}"
        client.put("items", item_to_attributes(item(code)))
        client.put("stock", stock_to_attributes(stock(code)))
        for year in (2025, 2026):
            record = DemandYear(
                warehouse_code="WH001", product_code=code, first_day=date(year, 1, 1), quantities=(1.0, 2.0)
            )
            client.put("demand", demand_year_to_attributes(record))
    return client


def test_a_whole_warehouse_is_queried_page_by_page() -> None:
    client = filled(5)
    assert [found.product_code for found in reader(client).items("WH001", None).found] == [
        f"P{number:03d}" for number in range(5)
    ]
    assert client.calls == {"query": 3}


def test_a_warehouse_of_a_million_products_is_refused_before_it_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dynamodb_reader, "MOST_PRODUCTS", 4)
    client = filled(10)
    with pytest.raises(InvalidInput, match="more than 4 products") as caught:
        reader(client).items("WH001", None)
    assert caught.value.pointer == "/warehouse_code"
    assert "product_codes" in (caught.value.hint or "")


def test_some_products_are_fetched_by_key() -> None:
    client = filled(5)
    found = reader(client).stock("WH001", ["P003", "P001", "NONE"]).found
    assert {record.product_code for record in found} == {"P001", "P003"}
    assert client.calls == {"batch_get_item": 1}


def test_demand_of_a_warehouse_takes_one_request_per_hundred_years() -> None:
    client = filled(130)
    codes = [f"P{number:03d}" for number in range(130)]
    found = reader(client).demand("WH001", codes, range(2025, 2027)).found
    assert len(found) == 260
    assert client.calls == {"batch_get_item": 3}


def test_what_dynamodb_leaves_over_is_asked_for_again_after_a_pause() -> None:
    client = filled(4, leave_over=2)
    pauses: list[float] = []
    found = reader(client, pauses).stock("WH001", [f"P{number:03d}" for number in range(4)]).found
    assert len(found) == 4
    assert len(pauses) == client.calls["batch_get_item"] - 1 == 2


def test_a_table_that_never_keeps_up_is_unavailable() -> None:
    client = filled(4, leave_over=99)
    with pytest.raises(Unavailable, match="cannot keep up"):
        reader(client).stock("WH001", ["P000"])


def test_a_warehouses_entry_is_one_read_and_says_whether_it_is_being_loaded() -> None:
    client = filled(2)
    assert reader(client).warehouse("WH001") == Warehouse(warehouse_code="WH001", products=2)
    marked = Warehouse(warehouse_code="WH001", products=2, loading="load 1 since 2026-11-20T10:00:00Z")
    client.put("items", warehouse_to_attributes(marked))
    assert reader(client).warehouse("WH001") == marked
    assert reader(client).warehouse("WH009") is None
    assert client.calls == {"get_item": 3}


def test_an_entry_that_cannot_be_read_does_not_cost_the_warehouse() -> None:
    client = filled(1)
    client.put("items", {**warehouse_to_attributes(Warehouse(warehouse_code="WH001")), "products": {"N": "-1"}})
    assert reader(client).warehouse("WH001") is None


def test_codes_are_listed_for_hints() -> None:
    client = filled(3)
    assert reader(client).warehouse_codes() == ["WH001"]
    assert reader(client).product_codes("WH001") == ["P000", "P001", "P002"]
    assert reader(client).product_codes("WH009") == []


def test_a_malformed_record_does_not_hide_the_others() -> None:
    client = filled(3)
    client.put("stock", {**stock_to_attributes(stock("P001")), "on_hand": {"S": "much"}})
    found = reader(client).stock("WH001", None)
    assert [record.product_code for record in found.found] == ["P000", "P002"]
    assert [error.product_code for error in found.malformed] == ["P001"]


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "InternalServerError"])
def test_passing_trouble_is_worth_another_attempt(code: str) -> None:
    client = filled(1, error=ClientError({"Error": {"Code": code}}, "Query"))
    with pytest.raises(Unavailable, match=code):
        reader(client).items("WH001", None)


def test_an_unreachable_store_is_unavailable() -> None:
    client = filled(1, error=EndpointConnectionError(endpoint_url="http://nowhere"))
    with pytest.raises(Unavailable, match="EndpointConnectionError"):
        reader(client).items("WH001", ["P000"])


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException"])
def test_what_another_attempt_would_meet_again_is_final(code: str) -> None:
    client = filled(1, error=ClientError({"Error": {"Code": code}}, "Query"))
    with pytest.raises(ToolFailed) as caught:
        reader(client).items("WH001", None)
    assert caught.value.retryable is False
