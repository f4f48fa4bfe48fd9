"""What the server reads of a deployment: kept pictures, and executions that nothing is written of."""

from __future__ import annotations

import asyncio
import hashlib
import io
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import ClientError

from tests.unit.mcp_server.fake_executions import TOOLS
from tool_executor.configuration import ConfigurationManager
from tool_executor.deployment import Deployment
from tool_executor.errors import ExecutionNotFoundError, InvalidRequestError, ResultCorruptError, ServiceError
from tool_executor.mcp_server import DeployedExecutions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tool_contract.catalog import Catalog
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
KEPT: dict[str, Any] = {
    "bucket": "artefacts",
    "key": "executions/e/c1/1.png",
    "bytes": len(PNG),
    "sha256": hashlib.sha256(PNG).hexdigest(),
}
RUNS, ENDED = {"status": "RUNNING"}, {"status": "SUCCEEDED", "output": '{"results": []}'}
OWN = {
    "execution_id": "e",
    "call_id": "#execution",
    "correlation_id": "k",
    "status": "succeeded",
    "started_at": "2026-11-29T12:00:00.000Z",
    "finished_at": "2026-11-29T12:00:01.000Z",
}


class Body(io.BytesIO):
    """A file's body as S3 streams it, which knows whether it was read."""

    was_read = False

    def read(self, *amount: Any) -> bytes:
        self.was_read = True
        return super().read(*amount)


def executions(
    described: object = None,
    records: Sequence[list[dict[str, Any]]] = ([], []),
    body: Body | None = None,
    **configured: Any,
) -> DeployedExecutions:
    """Those of a deployment whose services are as little as these tests need; ``records`` are those of each look."""
    looks = iter(records)

    def describe(executionArn: str) -> object:  # noqa: N803 - AWS's own name
        assert executionArn == "arn:aws:states:eu-west-1:123456789012:execution:tool-executor-dev:e"
        if isinstance(described, Exception):
            raise described
        return described

    def look(**_: object) -> list[dict[str, Any]]:
        serialize = TypeSerializer().serialize
        return [{"Items": [{key: serialize(value) for key, value in one.items()} for one in next(looks)]}]

    aws = SimpleNamespace(
        s3=SimpleNamespace(get_object=lambda **_: {"Body": body or Body(PNG), "ContentLength": len(PNG)}),
        dynamodb=SimpleNamespace(get_paginator=lambda _: SimpleNamespace(paginate=look)),
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


def test_a_file_that_is_longer_than_its_record_says_is_not_read() -> None:
    body = Body(PNG)
    with pytest.raises(ResultCorruptError, match="length"):
        asyncio.run(executions(body=body).picture({**KEPT, "bytes": 1}))
    assert not body.was_read


def test_an_execution_that_has_begun_and_is_not_planned_runs() -> None:
    assert asyncio.run(executions(RUNS).output("e"))["status"] == "running"


def test_an_execution_whose_records_have_expired_does_not_run_for_ever() -> None:
    with pytest.raises(ExecutionNotFoundError, match="any more"):
        asyncio.run(executions(ENDED).output("e"))


def test_an_execution_that_was_planned_and_ended_while_it_was_asked_for_is_told() -> None:
    told = asyncio.run(executions(ENDED, ([], [OWN])).output("e"))
    assert (told["status"], told["correlation_id"], told["execution_time_ms"]) == ("succeeded", "k", 1000.0)


def test_a_planner_that_does_not_answer_keeps_no_process_from_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []

    def slow(*_: object) -> Catalog:
        threads.append(threading.current_thread())
        return TOOLS

    monkeypatch.setattr("tool_executor.mcp_server.executions.deployed_catalog", slow)
    assert asyncio.run(executions().catalog()) is TOOLS
    assert threads[0].daemon  # a pool's thread is waited for at the process's end


def test_an_execution_that_was_refused_says_why() -> None:
    cause = '{"error_code": "InvalidRequest", "error": "No.", "details": [{"pointer": "/calls", "message": "No."}]}'
    with pytest.raises(InvalidRequestError, match="No"):
        asyncio.run(executions({"status": "FAILED", "error": "InvalidRequest", "cause": cause}).output("e"))


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ExecutionDoesNotExist", ExecutionNotFoundError),
        ("InvalidArn", ExecutionNotFoundError),
        ("ValidationException", ExecutionNotFoundError),
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
