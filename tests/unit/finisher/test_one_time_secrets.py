"""Finish deletes an execution's one-time secrets, and ends it whether or not that works."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from lambdas.finisher.settlement import Ending
from lambdas.runtime import aws_clients
from tests.unit.finisher.executions import PENDING, finisher, planned, success
from tests.unit.runtime.aws import Aws, FailingClient, service_error
from tool_contract.record import EXECUTION_CALL_ID

if TYPE_CHECKING:
    from tests.unit.runtime.fake_clock import FakeClock


@pytest.fixture(autouse=True)
def ssm(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ARG001 - moto is on while it is
    client = FailingClient(boto3.client("ssm"))
    monkeypatch.setattr(aws_clients, "ssm", lambda: client)
    monkeypatch.setenv("STAGE", "prod")
    return client


def with_secrets(aws: Aws, execution_id: str, names: list[str], *outcomes: dict[str, Any]) -> None:
    planned(aws, execution_id, *outcomes)
    row = aws.row(execution_id, EXECUTION_CALL_ID)
    aws.put(**row, one_time_secrets=json.dumps(names))


def stored(ssm: Any, *names: str) -> None:
    for name in names:
        ssm.real.put_parameter(Name=f"/tool-executor/prod/{name}", Value="hunter22", Type="SecureString")


def left(ssm: Any) -> set[str]:
    pages = ssm.real.get_paginator("describe_parameters").paginate()
    return {parameter["Name"] for page in pages for parameter in page["Parameters"]}


def once() -> str:
    return f"once/{uuid.uuid4()}"


@pytest.mark.parametrize("ending", list(Ending))
def test_they_are_deleted_however_the_execution_ends(
    aws: Aws, clock: FakeClock, execution_id: str, ssm: Any, ending: Ending
) -> None:
    names, other = [once() for _ in range(21)], once()
    stored(ssm, *names, other)
    with_secrets(aws, execution_id, [*names[:20], once(), names[20]], success(), PENDING)

    finisher(aws, clock).finish(execution_id, ending)

    # Ten are deleted at once; one that was gone already keeps no other.
    assert not left(ssm) & {f"/tool-executor/prod/{name}" for name in names}
    assert f"/tool-executor/prod/{other}" in left(ssm)
    ssm.calls.clear()
    finisher(aws, clock).finish(execution_id, ending)
    assert ssm.calls == []


def test_nothing_but_one_time_secrets_is_deleted(aws: Aws, clock: FakeClock, execution_id: str, ssm: Any) -> None:
    stored(ssm, "secrets/named")
    with_secrets(aws, execution_id, ["named", "../secrets/named", "once/named"], success())

    finisher(aws, clock).finish(execution_id, Ending.FINISHED)

    assert ssm.calls == []
    assert "/tool-executor/prod/secrets/named" in left(ssm)


def test_a_deletion_that_fails_is_logged_and_keeps_no_execution_open(
    aws: Aws, clock: FakeClock, execution_id: str, ssm: Any, caplog: pytest.LogCaptureFixture
) -> None:
    names = [once() for _ in range(30)]
    with_secrets(aws, execution_id, names, success())
    ssm.before = {"delete_parameters": service_error("ThrottlingException")}

    output = finisher(aws, clock).finish(execution_id, Ending.FINISHED)

    assert output is not None
    assert output["status"] == "succeeded"
    assert "open" not in aws.row(execution_id, EXECUTION_CALL_ID)
    assert ssm.calls == ["delete_parameters"]  # an outage is waited for once
    assert [vars(record).get("one_time_secrets") for record in caplog.records if record.levelname == "ERROR"] == [30]
