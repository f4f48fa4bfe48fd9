"""What a map run's ResultWriter leaves in S3: a file for each status, and a manifest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from tool_executor.local.aws_json import compact
from tool_executor.local.map_runs.failures import WRITER_FAILED, map_failure
from tool_executor.local.map_runs.fields import evaluated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tool_executor.local.map_runs.child import ChildExecution
    from tool_executor.local.map_runs.map_run import MapRun

_PUT: Final = "arn:aws:states:::s3:putObject"
SUCCEEDED: Final = "SUCCEEDED"


def write_results(run: MapRun, env: Any, s3: Any) -> dict[str, Any]:  # noqa: ANN401 - moto's Environment, a client
    """Write a map run's results and return the state's result. Raises States.ResultWriterFailed."""
    writer = run.found.fields["ResultWriter"]
    config = {"OutputType": "JSON", "Transformation": "NONE", **writer.get("WriterConfig", {})}
    if writer.get("Resource") != _PUT or config["Transformation"] == "FLATTEN":
        raise map_failure(env, WRITER_FAILED, "The local cloud writes by s3:putObject alone, and does not flatten.")
    place = evaluated(writer["Arguments"], env, "ResultWriter")
    prefix = place.get("Prefix", "").rstrip("/")
    folder = f"{prefix}/{run.uuid}" if prefix else run.uuid
    bucket = place["Bucket"]
    try:
        files = {
            status: _written(s3, bucket, f"{folder}/{status}_0", values, config["OutputType"])
            for status, values in _by_status(run, config["Transformation"]).items()
        }
        manifest = {"DestinationBucket": bucket, "MapRunArn": run.arn, "ResultFiles": files}
        s3.put_object(Bucket=bucket, Key=f"{folder}/manifest.json", Body=json.dumps(manifest).encode())
    except (ClientError, BotoCoreError) as error:
        raise map_failure(env, WRITER_FAILED, str(error)) from error
    run.results_written()
    return {"MapRunArn": run.arn, "ResultWriterDetails": {"Bucket": bucket, "Key": f"{folder}/manifest.json"}}


def _by_status(run: MapRun, transformation: str) -> dict[str, list[Any]]:
    ended = run.ended
    bare = transformation == "COMPACT"
    return {
        SUCCEEDED: [child.output if bare else _described(child) for child in ended if child.status == SUCCEEDED],
        # Of what did not succeed all is told, whatever the transformation.
        "FAILED": [_described(child) for child in ended if child.status != SUCCEEDED],
        "PENDING": [{"Input": text} for text in run.pending],
    }


def _described(child: ChildExecution) -> dict[str, Any]:
    told = {
        "ExecutionArn": child.exec_arn,
        "Input": child.execution_input,
        "InputDetails": {"Included": True},
        "Name": child.name,
        "StartDate": child.start_date.isoformat(),
        "StateMachineArn": child.state_machine.arn,
        "Status": child.exec_status.value if child.exec_status else None,
        "StopDate": child.stop_date.isoformat() if child.stop_date else None,
    }
    if told["Status"] == SUCCEEDED:
        return {**told, "Output": compact(child.output), "OutputDetails": {"Included": True}}
    return {**told, "Error": child.error, "Cause": child.cause}


def _written(s3: Any, bucket: str, stem: str, values: Sequence[Any], kind: str) -> list[dict[str, Any]]:  # noqa: ANN401
    if not values:
        return []
    lines = kind == "JSONL"
    text = "\n".join(map(compact, values)) + "\n" if lines else compact(list(values))
    key, body = f"{stem}.{'jsonl' if lines else 'json'}", text.encode("utf-8", "surrogatepass")
    s3.put_object(Bucket=bucket, Key=key, Body=body)
    return [{"Key": key, "Size": len(body)}]
