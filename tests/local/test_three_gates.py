"""Bad input at the planner, by StartExecution, and at the tool, by direct invocation: as the client says it.

The client's own gate is in tests/bad_input, with the cases.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.bad_input.cases import ALL, Case
from tests.bad_input.said import assert_fit_for_a_caller, assert_says
from tool_executor.errors import InvalidRequestError, ToolExecutorError
from tool_executor.execution import Execution

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.local.conftest import Deployed

TAKEN = [case for case in ALL if case.refused_as is None]
NOT_TAKEN = [case for case in ALL if case.refused_as is not None]


def _sent(deployed: Deployed, case: Case) -> str:
    if not case.by_reference:
        return case.text
    body, bucket = case.text.encode(), deployed.deployment.artifact_bucket
    sha256 = hashlib.sha256(body).hexdigest()
    deployed.aws.s3.put_object(Bucket=bucket, Key=f"requests/{sha256}", Body=body)
    ref = {"bucket": bucket, "key": f"requests/{sha256}", "bytes": len(body), "sha256": sha256}
    return json.dumps({"request_ref": ref})


def _started(deployed: Deployed, text: str) -> Execution:
    """Start an execution past this package's own checks."""
    name = uuid.uuid4().hex
    answer = deployed.aws.step_functions.start_execution(
        stateMachineArn=deployed.deployment.state_machine_arn, name=name, input=text
    )
    return Execution(name, answer["executionArn"], name)


@pytest.fixture(scope="module")
def started(deployed: Deployed) -> Mapping[str, Execution]:
    """All executions at once: each test then waits for its own only."""
    with ThreadPoolExecutor(8) as pool:
        executions = pool.map(lambda case: _started(deployed, _sent(deployed, case)), TAKEN)
        return dict(zip((case.name for case in TAKEN), executions, strict=True))


@pytest.mark.parametrize("case", TAKEN, ids=str)
def test_the_planner_refuses_it_and_nothing_runs(
    deployed: Deployed, started: Mapping[str, Execution], case: Case
) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        deployed.finish(started[case.name])

    assert_says(refused.value.to_json(), case, case.pointers)
    described = deployed.aws.step_functions.describe_execution(executionArn=started[case.name].arn)
    assert (described["status"], described["error"]) == ("FAILED", "InvalidRequest")
    assert_fit_for_a_caller(described["cause"])
    assert _rows(deployed, started[case.name].execution_id) == 0


@pytest.mark.parametrize("case", NOT_TAKEN, ids=str)
def test_step_functions_does_not_take_it(deployed: Deployed, case: Case) -> None:
    with pytest.raises(ClientError) as refused:
        _started(deployed, case.text)

    assert refused.value.response["Error"]["Code"] == case.refused_as


@pytest.mark.parametrize("case", [case for case in TAKEN if case.at_the_tool], ids=str)
def test_the_tool_refuses_it(deployed: Deployed, case: Case) -> None:
    answer = deployed.aws.functions.invoke(
        FunctionName=deployed.deployment.functions["probe"], Payload=case.tool_event.encode()
    )

    told = answer["Payload"].read().decode()
    assert "FunctionError" not in answer
    assert_fit_for_a_caller(told)
    envelope = json.loads(told)
    assert (envelope["success"], envelope["error_code"], envelope["effect"]) == (False, case.code, "none")
    assert_says(envelope, case, case.tool_pointers)


def test_a_number_that_the_state_machine_cannot_pass_on_is_a_bad_request_too(deployed: Deployed) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        deployed.finish(_started(deployed, '{"calls": [{"tool_name": "noop", "input": {"x": 1e999}}]}'))

    (problem,) = refused.value.problems
    assert (problem["pointer"], problem["error_code"]) == ("", "InvalidRequest")


@pytest.mark.parametrize("name", ["x" * 81, "a b", "a/b", "a#b"])
def test_a_name_that_step_functions_does_not_take_is_told_in_a_sentence(deployed: Deployed, name: str) -> None:
    with pytest.raises(ToolExecutorError) as refused:
        deployed.start({"calls": [{"tool_name": "noop", "input": {}}]}, name)

    assert "\n" not in refused.value.sentence
    assert_fit_for_a_caller(refused.value.sentence)
    assert _rows(deployed, name) == 0


def _rows(deployed: Deployed, execution_id: str) -> int:
    found: Any = deployed.aws.dynamodb.query(
        TableName=deployed.deployment.history_table,
        KeyConditionExpression="execution_id = :id",
        ExpressionAttributeValues={":id": {"S": execution_id}},
    )
    count: int = found["Count"]
    return count
