"""The items of a Distributed Map: the lines of a file in S3, or `Items`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from tool_executor.local.aws_json import STATE_LIMIT_BYTES, NotJson, compact, parse_json, utf8_bytes
from tool_executor.local.map_runs.failures import READER_FAILED, map_failure
from tool_executor.local.map_runs.fields import evaluated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tool_executor.local.map_runs.definition import DistributedMap

_GET: Final = "arn:aws:states:::s3:getObject"


def items_of(found: DistributedMap, env: Any, s3: Any) -> list[str]:  # noqa: ANN401 - moto's Environment, a client
    """Return the items as JSON texts. Raises States.ItemReaderFailed."""
    reader = found.fields.get("ItemReader")
    if reader is None:
        return [compact(item) for item in evaluated(found.fields.get("Items", []), env, "Items")]
    config = reader.get("ReaderConfig", {})
    if reader.get("Resource") != _GET or config.get("InputType") != "JSONL":
        raise map_failure(env, READER_FAILED, "The local cloud reads JSONL by s3:getObject alone.")
    try:
        body = s3.get_object(**evaluated(reader["Arguments"], env, "ItemReader"))["Body"]
        lines = list(_lines(body, env))
    except (ClientError, BotoCoreError) as error:
        raise map_failure(env, READER_FAILED, str(error)) from error
    most = evaluated(config.get("MaxItems", 0), env, "MaxItems")
    return lines[:most] if most else lines


def _lines(body: Any, env: Any) -> Iterator[str]:  # noqa: ANN401 - botocore's stream, moto's Environment
    for number, line in enumerate(body.iter_lines(), 1):
        if not line.strip():
            continue
        try:
            text = compact(parse_json(line))
        except (NotJson, UnicodeDecodeError) as error:
            raise map_failure(env, READER_FAILED, f"Line {number} is no JSON: {error}") from error
        if utf8_bytes(text) > STATE_LIMIT_BYTES:
            raise map_failure(env, READER_FAILED, f"Line {number} is larger than {STATE_LIMIT_BYTES} bytes.")
        yield text
