"""A secret that tools give away in every way: it must be nowhere, whatever befell the calls."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from tests.faults.chaos.scenario import SECRET_NAME
from tests.faults.oracle_rules import Violation
from tool_contract.secret import parameter_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.faults.faulty_cloud import FaultyCloud

_RULE: Final = "a secret is nowhere"
_EXECUTION: Final = re.compile(r"chaos-\d+-[0-9a-f]+-\d+")


def put_secret(cloud: FaultyCloud, value: str) -> None:
    """Put the secret where an operator would."""
    cloud.aws.ssm.put_parameter(
        Name=parameter_name("dev", SECRET_NAME), Value=value, Type="SecureString", Overwrite=True
    )


def secret_in_history(value: str, execution_id: str, history: Sequence[dict[str, Any]]) -> Iterator[Violation]:
    """Yield the first event of an execution's history that holds the secret."""
    for event in history:
        if value in str(event):
            yield Violation(_RULE, f"event {event['id']}, {event['type']}, holds it", execution_id)
            return


def secret_in_stores(cloud: FaultyCloud, value: str) -> Iterator[Violation]:
    """Yield items of the tables and artefacts that hold the secret."""
    for table in (cloud.deployment.history_table, cloud.deployment.tool_state_table):
        for page in cloud.aws.dynamodb.get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                if value in str(item):
                    yield Violation(_RULE, f"{table}: {item}", _execution_in(str(item)))
    bucket = cloud.deployment.artifact_bucket
    for objects in cloud.aws.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in objects.get("Contents", []):
            if value.encode() in cloud.aws.s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read():
                yield Violation(_RULE, f"the artefact {entry['Key']} holds it", _execution_in(entry["Key"]))


def secret_in_logs(folder: Path, value: str) -> Iterator[Violation]:
    """Yield lines of logs, metrics among them, that hold the secret."""
    for file in sorted(folder.rglob("*.log")):
        for line in file.read_text("utf-8", "replace").splitlines():
            if value in line:
                yield Violation(_RULE, f"{file.parent.name}: {line[:500]}", _execution_in(line))


def _execution_in(text: str) -> str:
    found = _EXECUTION.search(text)
    return found.group() if found else ""
