"""On the local cloud a request takes as long on a large table as on a small one, and answers as on any other."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from tool_executor.local.moto_patches import dynamodb_tables
from tool_executor.local.moto_patches.correction import AppliedCorrections

KEY = {"execution_id": "S", "call_id": "S", "day": "S", "started_at": "S"}


@contextmanager
def corrected() -> Iterator[None]:
    corrections = AppliedCorrections(dynamodb_tables.corrections())
    try:
        yield
    finally:
        corrections.revert()


def schema(partition: str, sort: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]


@contextmanager
def dynamodb() -> Iterator[Any]:
    with mock_aws():
        client: Any = boto3.client("dynamodb", "eu-west-1", aws_access_key_id="none", aws_secret_access_key="none")  # noqa: S106 - moto's
        client.create_table(
            TableName="history",
            KeySchema=schema("execution_id", "call_id"),
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in KEY.items()],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by-day",
                    "KeySchema": schema("day", "started_at"),
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


def put(client: Any, execution: str, call: str, **more: str) -> None:
    item = {"execution_id": execution, "call_id": call, **more}
    client.put_item(TableName="history", Item={name: {"S": value} for name, value in item.items()})


def update(execution: str, call: str, status: str, condition: str = "attribute_exists(call_id)") -> dict[str, Any]:
    return {
        "Update": {
            "TableName": "history",
            "Key": {"execution_id": {"S": execution}, "call_id": {"S": call}},
            "UpdateExpression": "SET #status = :status",
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {":status": {"S": status}},
        }
    }


def rows(client: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.scan(TableName="history")["Items"]
    return sorted(found, key=str)


def test_a_transaction_that_is_refused_changes_nothing() -> None:
    with corrected(), dynamodb() as client:
        put(client, "e1", "c1", status="pending")
        put(client, "e2", "c1", status="pending")
        before = copy.deepcopy(rows(client))

        with pytest.raises(client.exceptions.TransactionCanceledException):
            client.transact_write_items(
                TransactItems=[
                    update("e1", "c1", "success"),
                    {"Put": {"TableName": "history", "Item": {"execution_id": {"S": "e3"}, "call_id": {"S": "c1"}}}},
                    update("e2", "missing", "success"),
                ]
            )

        assert rows(client) == before


def test_a_transaction_that_is_taken_changes_what_it_says() -> None:
    with corrected(), dynamodb() as client:
        put(client, "e1", "c1", status="pending")
        put(client, "e1", "c2", status="pending")

        client.transact_write_items(TransactItems=[update("e1", "c1", "success")])

        assert {row["call_id"]["S"]: row["status"]["S"] for row in rows(client)} == {"c1": "success", "c2": "pending"}


def test_a_transaction_copies_the_items_that_it_writes_to_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    with corrected(), dynamodb() as client:
        for number in range(50):
            put(client, "e1", f"c{number}", status="pending")
        copied: list[object] = []
        deepcopy = copy.deepcopy

        def counting(value: Any, memo: Any = None) -> Any:
            if type(value).__name__ == "Item":
                copied.append(value)
            return deepcopy(value, memo)

        monkeypatch.setattr(copy, "deepcopy", counting)
        client.transact_write_items(TransactItems=[update("e1", "c1", "success")])

        assert 1 <= len(copied) <= 3


ROWS = st.dictionaries(
    st.tuples(st.sampled_from("abc"), st.text("xyz", min_size=1, max_size=3)),
    st.tuples(st.sampled_from(["mon", "tue", None]), st.text("0123", min_size=1, max_size=2)),
    max_size=25,
)
QUERIES = st.tuples(
    st.sampled_from(["primary", "by-day"]),
    st.sampled_from("abc"),
    st.sampled_from(["mon", "tue", "wed"]),
    st.booleans(),
    st.integers(1, 4),
)


def answers(client: Any, asked: tuple[str, str, str, bool, int]) -> list[Any]:
    """Return the pages of a query, limited so that there are several."""
    index, execution, day, forward, limit = asked
    name, value = ("execution_id", execution) if index == "primary" else ("day", day)
    pages = client.get_paginator("query").paginate(
        TableName="history",
        KeyConditionExpression="#key = :value",
        ExpressionAttributeNames={"#key": name},
        ExpressionAttributeValues={":value": {"S": value}},
        ScanIndexForward=forward,
        PaginationConfig={"PageSize": limit},
        **({} if index == "primary" else {"IndexName": index}),
    )
    return [page["Items"] for page in pages]


@settings(max_examples=12, deadline=None)
@given(ROWS, st.lists(QUERIES, min_size=1, max_size=6))
def test_a_query_answers_as_it_does_uncorrected(
    table: dict[tuple[str, str], tuple[str | None, str]], asked: list[tuple[str, str, str, bool, int]]
) -> None:
    with dynamodb() as client:
        for (execution, call), (day, started) in table.items():
            put(client, execution, call, started_at=started, **({"day": day} if day else {}))
        plain = [answers(client, each) for each in asked]
        with corrected():
            assert [answers(client, each) for each in asked] == plain
