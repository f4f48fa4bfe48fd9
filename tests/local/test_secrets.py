"""Secrets go by reference: what a caller gives as a secret is nowhere but where its tool asks for it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.test_workflow_behaviour import call
from tool_executor import InvalidRequestError, Secret, ToolCall, ToolExecutor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.local.conftest import Deployed
    from tool_executor import ToolExecutionResult

ROUTES = ("state_machine", "express", "direct")
LEAKS = ("result", "error", "raise", "log", "print")


def executor(deployed: Deployed, route: str) -> ToolExecutor:
    waiting = {"route": "state_machine", "wait": "sync"} if route == "express" else {"route": route}
    return ToolExecutor(aws=deployed.aws, deployment=deployed.deployment, stage=deployed.stage, **waiting)  # type: ignore[arg-type]


def canary() -> str:
    """A text that stands nowhere else, with what JSON, URLs and Python escape."""
    return f'canary "{uuid.uuid4().hex}" \\ ü/~'


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def parameters(deployed: Deployed) -> list[str]:
    names: list[str] = []
    for page in deployed.aws.ssm.get_paginator("describe_parameters").paginate():
        names += [parameter["Name"] for parameter in page["Parameters"]]
    return [name for name in names if name.startswith(f"/tool-executor/{deployed.stage}/once/")]


def everything_written(deployed: Deployed, execution_ids: set[str]) -> Iterator[tuple[str, str]]:
    """Whatever is kept of executions: tables, bucket, Step Functions' histories, and the logs with their metrics."""
    tables = (deployed.deployment.history_table, deployed.deployment.tool_state_table)
    for table in tables:
        for page in deployed.aws.dynamodb.get_paginator("scan").paginate(TableName=table):
            yield table, json.dumps(page["Items"], default=repr, ensure_ascii=False)
    bucket = deployed.deployment.artifact_bucket
    for page in deployed.aws.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", ()):
            body = deployed.aws.s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
            yield entry["Key"], entry["Key"] + body.decode()
    machine = deployed.deployment.state_machine_arn
    for name in execution_ids:
        arn = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
        pages = deployed.aws.step_functions.get_paginator("get_execution_history").paginate(executionArn=arn)
        yield name, json.dumps([page["events"] for page in pages], default=str, ensure_ascii=False)
    for log in Path(tempfile.gettempdir()).glob(f"tool-executor-{deployed.server_pid}-*/logs/*/*.log"):
        yield log.name, log.read_text(encoding="utf-8", errors="replace")


def leaking(secret: Secret) -> list[ToolCall]:
    calls = [ToolCall("log_in", {"user": f"who-{leak}", "password": secret, "leak": leak}) for leak in LEAKS]
    return [*calls, ToolCall("log_in", {"user": "last", "password": Secret("x"), "other": secret})]


@pytest.mark.parametrize("route", ROUTES)
def test_a_secret_is_nowhere_afterwards_however_its_tool_gives_it_away(deployed: Deployed, route: str) -> None:
    text = canary()
    results = executor(deployed, route).execute_tools_sync(leaking(Secret(text)), timeout=60)

    by_leak = dict(zip(LEAKS, results, strict=False))
    assert by_leak["result"].result["sha256"] == digest(text)
    assert by_leak["result"].result["said"] == "who-result logs in with ***"
    assert (by_leak["error"].error_code, by_leak["error"].error) == ("InvalidInput", "who-error logs in with ***")
    assert (by_leak["raise"].error_code, by_leak["raise"].attempts) == ("ToolFailed", 1)
    assert by_leak["raise"].error == "The tool raised ValueError: who-raise logs in with ***"
    assert results[-1].result["sha256"] == digest(f"x{text}")
    ids = {str(results[0].execution_id)} if route == "state_machine" else set()
    written = list(everything_written(deployed, ids))
    # What the tool said beside the secret is there: the search looks where it would be.
    for beside in ("who-result", "who-error", "who-raise"):
        assert any(beside in found for _, found in written)
    if deployed.server_pid is not None:
        assert any("who-log" in found for name, found in written if name.endswith(".log"))
        assert any("who-print" in found for name, found in written if name.endswith(".log"))
    word = text.split('"')[1]
    assert [name for name, found in written if word in found] == []
    assert not any(word in json.dumps(result.to_json()) for result in results)
    assert parameters(deployed) == []


def test_a_submitted_execution_has_its_secrets_until_it_ends(deployed: Deployed) -> None:
    text = canary()

    async def submitted() -> list[ToolExecutionResult]:
        client = executor(deployed, "state_machine")
        handle = await client.submit([ToolCall("log_in", {"user": "u", "password": Secret(text)})])
        return await handle.wait(60)

    (result,) = asyncio.run(submitted())
    assert result.result["sha256"] == digest(text)
    assert parameters(deployed) == []


@pytest.mark.parametrize("route", ROUTES)
def test_a_fallbacks_secret_is_sent_by_reference_too(deployed: Deployed, route: str) -> None:
    text = canary()
    fallback = ToolCall("log_in", {"user": "u", "password": Secret(text)})
    result = executor(deployed, route).execute_with_fallback_sync(ToolCall("missing", {"name": "x"}), [fallback])

    assert (result.result["sha256"], result.metadata["fallback_used"]) == (digest(text), True)
    assert parameters(deployed) == []


@pytest.mark.parametrize("route", ROUTES)
def test_what_was_stored_for_a_refused_request_is_deleted(deployed: Deployed, route: str) -> None:
    wrong = ToolCall("log_in", {"password": Secret("hunter22"), "user": 1})
    with pytest.raises(InvalidRequestError):
        executor(deployed, route).execute_tool_sync(wrong)

    async def submitted() -> None:
        await (await executor(deployed, route).submit([wrong])).wait(60)

    with pytest.raises(InvalidRequestError):
        asyncio.run(submitted())
    assert parameters(deployed) == []


def test_a_named_secret_is_the_operators_and_stays(deployed: Deployed) -> None:
    name, text = f"shop/{uuid.uuid4()}", canary()
    parameter = f"/tool-executor/{deployed.stage}/secrets/{name}"
    deployed.aws.ssm.put_parameter(Name=parameter, Value=text, Type="SecureString")
    try:
        request = {"calls": [call("log_in", {"user": "u", "password": {"secret_ref": name}, "leak": "result"})]}
        (envelope,) = deployed.run(request)["results"]
        assert (envelope["result"]["sha256"], envelope["result"]["said"]) == (digest(text), "u logs in with ***")
    finally:
        assert deployed.aws.ssm.delete_parameters(Names=[parameter])["DeletedParameters"] == [parameter]


@pytest.mark.parametrize("name", ["nowhere", "once/12345678-1234-4234-8234-123456789012"])
def test_a_secret_that_there_is_not_is_not_found(deployed: Deployed, name: str) -> None:
    request = {"calls": [call("log_in", {"user": "u", "password": {"secret_ref": name}})]}
    (envelope,) = deployed.run(request)["results"]

    assert (envelope["error_code"], envelope["effect"], envelope["attempts"]) == ("NotFound", "none", 1)
    assert [detail["pointer"] for detail in envelope["details"]] == ["/password"]


def refused(told: dict[str, Any], pointer: str) -> None:
    (detail,) = told["details"]
    assert (detail["error_code"], detail["pointer"]) == ("SecretInRequest", pointer)
    assert "secret_ref" in detail["hint"]


@pytest.mark.parametrize("given", ["hunter22", {"secret_ref": "hunter22 "}, {"hunter22": 1}, ["hunter22"], None])
def test_plain_text_is_refused_alike_at_all_gates_and_not_repeated(deployed: Deployed, given: Any) -> None:
    bad = call("log_in", {"user": "u", "password": given})
    told = []

    (problem,) = executor(deployed, "direct").problems_of_sync(ToolCall("log_in", bad["input"]))
    told.append(problem.as_detail())
    refused({"details": told}, "/input/password")

    with pytest.raises(InvalidRequestError) as at_the_planner:
        deployed.run({"calls": [bad]})
    refused(at_the_planner.value.to_json(), "/calls/0/input/password")

    body = json.dumps({"tool_name": "log_in", "input": bad["input"]}).encode()
    function = deployed.deployment.functions["vault"]
    answer = json.loads(deployed.aws.functions.invoke(FunctionName=function, Payload=body)["Payload"].read())
    assert (answer["error_code"], answer["retryable"], answer["effect"]) == ("SecretInRequest", False, "none")
    refused(answer, "/password")
    for said in (told, at_the_planner.value.to_json(), answer):
        assert "hunter22" not in json.dumps(said)
