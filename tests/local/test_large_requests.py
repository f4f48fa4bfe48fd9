"""A request that StartExecution does not take goes by S3, and runs as any other does."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tool_contract.limits import MAX_STATE_BYTES
from tool_executor.errors import InvalidRequestError

if TYPE_CHECKING:
    from tests.local.conftest import Deployed

#: About 400 KB.
CALLS = [
    {"call_id": f"n{number}", "tool_name": "echo", "input": {"text": f"{number:03} " * 5_000}} for number in range(20)
]


def _result(deployed: Deployed, envelope: dict[str, Any]) -> Any:
    if "result" in envelope:
        return envelope["result"]
    ref = envelope["result_ref"]
    return json.loads(deployed.aws.s3.get_object(Bucket=ref["bucket"], Key=ref["key"])["Body"].read())


def test_a_request_of_400_kb_runs_to_the_end_and_leaves_nothing_of_it_in_the_state(deployed: Deployed) -> None:
    assert len(json.dumps({"calls": CALLS})) > 1.4 * MAX_STATE_BYTES

    execution = deployed.start({"calls": CALLS})
    output = deployed.finish(execution)

    assert (output["status"], output["counts"]["success"]) == ("succeeded", 20)
    assert [_result(deployed, each)["text"] for each in output["results"]] == [call["input"]["text"] for call in CALLS]
    described = deployed.aws.step_functions.describe_execution(executionArn=execution.arn)
    assert list(json.loads(described["input"])) == ["request_ref"]
    history = deployed.aws.step_functions.get_execution_history(executionArn=execution.arn)
    entered = [event["stateEnteredEventDetails"] for event in history["events"] if "stateEnteredEventDetails" in event]
    assert {each["name"] for each in entered} == {"Plan", "RunCalls", "Invoke", "Finish"}
    assert "007 007" not in json.dumps(entered)


def test_every_problem_of_a_request_in_s3_points_into_the_request(deployed: Deployed) -> None:
    execution = deployed.start({"calls": [*CALLS, {"tool_name": "echo", "input": {"text": 1}}]})

    with pytest.raises(InvalidRequestError, match="1 problem") as refused:
        deployed.finish(execution)

    assert refused.value.problems[0]["pointer"] == "/calls/20/input/text"


def test_a_large_request_typed_raw_is_still_refused_by_step_functions(deployed: Deployed) -> None:
    with pytest.raises(ClientError) as refused:
        deployed.aws.step_functions.start_execution(
            stateMachineArn=deployed.deployment.state_machine_arn,
            name=uuid.uuid4().hex,
            input=json.dumps({"calls": CALLS}),
        )

    assert refused.value.response["Error"]["Code"] == "ValidationException"
