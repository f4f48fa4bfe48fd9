"""The tables and the bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.infra.assembly import Assembly

_OF_A_CALL = {
    "status",
    "tool_name",
    "attempts",
    "finished_at",
    "execution_time_ms",
    "error_code",
    "effect",
    "fallback_used",
    "cached",
}


def _table(assembly: Assembly, output: str) -> dict[str, Any]:
    name = assembly.outputs[output]
    (table,) = (
        each
        for logical_id, each in assembly.template["Resources"].items()
        if each["Type"] == "AWS::DynamoDB::Table" and logical_id == name
    )
    properties: dict[str, Any] = table["Properties"]
    return properties


def _keys(schema: list[dict[str, str]]) -> dict[str, str]:
    return {key["KeyType"]: key["AttributeName"] for key in schema}


@pytest.mark.parametrize(
    ("output", "partition_key", "sort_key", "ttl"),
    [
        ("HistoryTable", "execution_id", "call_id", "expires_at"),
        ("ToolStateTable", "id", None, "expires_at"),
        ("InventoryItemsTable", "warehouse_code", "product_code", None),
        ("InventoryStockTable", "warehouse_code", "product_code", None),
        ("InventoryDemandTable", "location", "year", None),
    ],
)
def test_each_table_has_its_keys_and_its_expiry(
    dev: Assembly, output: str, partition_key: str, sort_key: str | None, ttl: str | None
) -> None:
    table = _table(dev, output)

    expected = {"HASH": partition_key, **({"RANGE": sort_key} if sort_key else {})}
    assert _keys(table["KeySchema"]) == expected
    assert table.get("TimeToLiveSpecification") == ({"AttributeName": ttl, "Enabled": True} if ttl else None)


@pytest.mark.parametrize(
    ("index", "partition_key", "sort_key", "shown"),
    [
        ("by-correlation", "correlation_id", "started_at", _OF_A_CALL | {"position", "tool_day"}),
        ("by-tool", "tool_day", "started_at", _OF_A_CALL | {"correlation_id"}),
        (
            "by-day",
            "day",
            "started_at",
            {"correlation_id", "status", "deadline", "finished_at", "execution_time_ms", "mode", "counts"},
        ),
        ("open-executions", "open", "deadline", {"correlation_id", "mode", "started_at", "execution_arn"}),
    ],
)
def test_each_index_of_the_history_projects_what_its_list_shows(
    dev: Assembly, index: str, partition_key: str, sort_key: str, shown: set[str]
) -> None:
    indexes = {each["IndexName"]: each for each in _table(dev, "HistoryTable")["GlobalSecondaryIndexes"]}

    assert len(indexes) == 4
    assert _keys(indexes[index]["KeySchema"]) == {"HASH": partition_key, "RANGE": sort_key}
    assert indexes[index]["Projection"]["ProjectionType"] == "INCLUDE"
    assert set(indexes[index]["Projection"]["NonKeyAttributes"]) == shown


def test_every_key_is_a_string(assembly: Assembly) -> None:
    kinds = {
        attribute["AttributeType"]
        for table in assembly.of_type("AWS::DynamoDB::Table")
        for attribute in table["AttributeDefinitions"]
    }

    assert kinds == {"S"}


def test_every_table_is_on_demand_restorable_and_encrypted(assembly: Assembly) -> None:
    for table in assembly.of_type("AWS::DynamoDB::Table"):
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["SSESpecification"] == {"SSEEnabled": True}


def test_prod_protects_and_keeps_its_data_and_dev_does_not(dev: Assembly, prod: Assembly) -> None:
    data = {"AWS::DynamoDB::Table", "AWS::S3::Bucket"}

    for assembly, protected, policy in ((dev, False, "Delete"), (prod, True, "Retain")):
        policies = {each["DeletionPolicy"] for each in assembly.resources if each["Type"] in data}
        assert policies == {policy}
        for table in assembly.of_type("AWS::DynamoDB::Table"):
            assert table.get("DeletionProtectionEnabled", False) is protected


def test_tables_and_bucket_leave_their_names_to_cloudformation(assembly: Assembly) -> None:
    assert not any("TableName" in table for table in assembly.of_type("AWS::DynamoDB::Table"))
    assert "BucketName" not in assembly.only("AWS::S3::Bucket")


def test_the_bucket_is_private_and_encrypted(assembly: Assembly) -> None:
    bucket = assembly.only("AWS::S3::Bucket")

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_the_bucket_refuses_requests_without_tls(assembly: Assembly) -> None:
    (statement,) = assembly.only("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]

    assert statement["Effect"] == "Deny"
    assert statement["Principal"] == {"AWS": "*"}
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_objects_outlive_the_records_that_name_them_but_not_for_long(assembly: Assembly) -> None:
    (rule,) = assembly.only("AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
    history_days = int(assembly.functions["planner"]["Environment"]["Variables"]["HISTORY_TTL_DAYS"])

    assert rule["Status"] == "Enabled"
    assert history_days + 2 <= rule["ExpirationInDays"] <= history_days + 7
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
