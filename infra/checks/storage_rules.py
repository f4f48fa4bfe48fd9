"""What holds data: encrypted, restorable, passing away when it should, and not lost with the stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from infra.checks.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.checks.template import Template

_KEPT: Final = ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Logs::LogGroup")


def encrypted(template: Template) -> Iterator[Problem]:
    """Everything that keeps data encrypts it."""
    proofs = {
        "AWS::DynamoDB::Table": lambda has: has.get("SSESpecification", {}).get("SSEEnabled") is True,
        "AWS::S3::Bucket": lambda has: bool(has.get("BucketEncryption")),
        "AWS::SQS::Queue": lambda has: has.get("SqsManagedSseEnabled") is True or bool(has.get("KmsMasterKeyId")),
        "AWS::SNS::Topic": lambda has: bool(has.get("KmsMasterKeyId")),
    }
    hints = {
        "AWS::SNS::Topic": "Give it master_key, a key whose policy lets in whoever sends: AWS's own lets no alarm in."
    }
    for each in template.of_type(*proofs):
        if not proofs[each.kind](each.properties):
            message = f"{each.kind} {each.logical_id} is not encrypted."
            yield Problem("NotEncrypted", each.pointer, message, hints.get(each.kind, "Give it its encryption."))


def restorable(template: Template) -> Iterator[Problem]:
    """A table can be brought back to any second."""
    for table in template.of_type("AWS::DynamoDB::Table"):
        recovery: dict[str, Any] = table.properties.get("PointInTimeRecoverySpecification", {})
        if recovery.get("PointInTimeRecoveryEnabled") is not True:
            message = "The table cannot be restored to a point in time."
            yield Problem("NotRestorable", table.pointer, message, "Make it a KeyedTable.")


def passing_away(template: Template) -> Iterator[Problem]:
    """What is written about executions has an end: only the inventory, which is the owner's, has none."""
    owners = {value for name, value in template.outputs.items() if name.startswith("Inventory")}
    for table in template.of_type("AWS::DynamoDB::Table"):
        expiry: dict[str, Any] = table.properties.get("TimeToLiveSpecification", {})
        if table.logical_id not in owners and expiry.get("Enabled") is not True:
            message = f"What is in {table.logical_id} never passes away."
            yield Problem("NoExpiry", table.pointer, message, "Give it a ttl_attribute, and write it.")
    for bucket in template.of_type("AWS::S3::Bucket"):
        rules = bucket.properties.get("LifecycleConfiguration", {}).get("Rules", ())
        if not any(rule.get("Status") == "Enabled" and "ExpirationInDays" in rule for rule in rules):
            message = "What is in the bucket never passes away."
            yield Problem("NoExpiry", bucket.pointer, message, "Give it a lifecycle rule with an expiration.")
    for group in template.of_type("AWS::Logs::LogGroup"):
        if "RetentionInDays" not in group.properties:
            message = "The log group keeps everything for ever."
            yield Problem("NoExpiry", group.pointer, message, "Make it a StageLogGroup.")


def kept(template: Template) -> Iterator[Problem]:
    """In a stage that keeps its data, neither a deleted stack nor a renamed construct takes it along."""
    for each in template.of_type(*_KEPT):
        if each.deletion_policy not in {"Retain", "RetainExceptOnCreate"}:
            message = f"{each.kind} {each.logical_id} goes with the stack."
            yield Problem("NotKept", each.pointer, message, "Give it the stage's removal policy.")
    for table in template.of_type("AWS::DynamoDB::Table"):
        if table.properties.get("DeletionProtectionEnabled") is not True:
            message = f"Anyone who may delete tables deletes {table.logical_id}."
            yield Problem("NotProtected", table.pointer, message, "Give it deletion_protection.")
