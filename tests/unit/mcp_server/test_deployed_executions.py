"""What the server reads of a deployment: kept pictures, and executions that nothing is written of."""

from __future__ import annotations

import asyncio
import hashlib
import io
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError

from tool_executor.configuration import ConfigurationManager
from tool_executor.deployment import Deployment
from tool_executor.errors import ExecutionNotFoundError, InvalidRequestError, ResultCorruptError, ServiceError
from tool_executor.mcp_server import DeployedExecutions

if TYPE_CHECKING:
    from tool_executor.aws import Aws

DEPLOYMENT = Deployment(
    state_machine_arn="arn:aws:states:eu-west-1:123456789012:stateMachine:tool-executor-dev",
    history_table="history",
    tool_state_table="state",
    artifact_bucket="artefacts",
    planner_function="planner",
    finisher_function="finisher",
    functions={},
)
PNG = b"png"
KEPT = {"bucket": "artefacts", "key": "executions/e/c1/1.png", "sha256": hashlib.sha256(PNG).hexdigest()}


def executions(described: object = None, **configured: Any) -> DeployedExecutions:
    """Those of a deployment whose services are as little as these tests need."""

    def describe(executionArn: str) -> object:  # noqa: N803 - AWS's own name
        assert executionArn == "arn:aws:states:eu-west-1:123456789012:execution:tool-executor-dev:e"
        if isinstance(described, Exception):
            raise described
        return described

    aws = SimpleNamespace(
        s3=SimpleNamespace(get_object=lambda **_: {"Body": io.BytesIO(PNG)}),
        dynamodb=SimpleNamespace(get_paginator=lambda _: SimpleNamespace(paginate=lambda **_: [{"Items": []}])),
        step_functions=SimpleNamespace(describe_execution=describe),
    )
    configuration = ConfigurationManager(configured, environment={})
    return DeployedExecutions.of(configuration, cast("Aws", aws), DEPLOYMENT)


def test_a_picture_that_lies_in_the_deployments_bucket_is_read() -> None:
    assert asyncio.run(executions().picture(KEPT)) == PNG


@pytest.mark.parametrize("elsewhere", [{"bucket": "another"}, {"key": "requests/e"}, {"key": "executions"}])
def test_what_a_tool_says_lies_elsewhere_is_not_read(elsewhere: dict[str, str]) -> None:
    assert asyncio.run(executions().picture({**KEPT, **elsewhere})) is None


def test_a_picture_that_is_not_what_was_stored_is_not_shown() -> None:
    with pytest.raises(ResultCorruptError):
        asyncio.run(executions().picture({**KEPT, "sha256": "0" * 64}))


def test_an_execution_that_has_begun_and_is_not_planned_runs() -> None:
    assert asyncio.run(executions({"status": "RUNNING"}).output("e"))["status"] == "running"


def test_an_execution_that_was_refused_says_why() -> None:
    cause = '{"error_code": "InvalidRequest", "error": "No.", "details": [{"pointer": "/calls", "message": "No."}]}'
    with pytest.raises(InvalidRequestError, match="No"):
        asyncio.run(executions({"status": "FAILED", "error": "InvalidRequest", "cause": cause}).output("e"))


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ExecutionDoesNotExist", ExecutionNotFoundError),
        ("InvalidArn", ExecutionNotFoundError),
        ("ThrottlingException", ServiceError),
    ],
)
def test_an_execution_that_is_not_there_is_told_from_one_that_cannot_be_asked_for(
    code: str, error: type[Exception]
) -> None:
    answer: Any = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    with pytest.raises(error):
        asyncio.run(executions(ClientError(answer, "DescribeExecution")).output("e"))


def test_the_configuration_says_the_caller_the_options_of_calls_and_whether_they_can_be_left() -> None:
    plain = executions()
    assert (plain.caller, plain.call_fields, plain.can_be_left) == ("tool-executor mcp", {}, True)
    said = executions(caller="me", max_retries=1, max_workers=7, route="direct")
    assert (said.caller, said.call_fields, said.max_workers) == ("me", {"max_retries": 1}, 7)
    assert said.can_be_left is False
