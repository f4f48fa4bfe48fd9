"""The stack, deployed by the pinned CDK CLI and used by the AWS CLI: the way a user takes on AWS, on this machine."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import Shell

pytestmark = pytest.mark.xdist_group("cdk")

REQUEST = {
    "correlation_id": "by-aws-cli",
    "calls": [
        {"call_id": "good", "tool_name": "echo", "input": {"text": "hello"}},
        {"call_id": "slow", "tool_name": "echo", "input": {"seconds": 3}},
        {"call_id": "bad", "tool_name": "missing", "input": {"name": "x"}},
    ],
}


@pytest.fixture(scope="module")
def outputs(cdk_deployed: Shell) -> dict[str, str]:
    stacks = cdk_deployed.json("aws", "cloudformation", "describe-stacks", "--stack-name", "tool-executor-dev")
    return {output["OutputKey"]: output["OutputValue"] for output in stacks["Stacks"][0]["Outputs"]}


@pytest.fixture(scope="module")
def execution(cdk_deployed: Shell, outputs: dict[str, str]) -> dict[str, Any]:
    """The described execution, and the index of open executions as it was while it ran."""
    machine = outputs["StateMachineArn"]
    started = cdk_deployed.json(
        *("aws", "stepfunctions", "start-execution", "--state-machine-arn", machine),
        *("--name", "by-aws-cli", "--input", json.dumps(REQUEST)),
    )
    still_open: list[dict[str, Any]] = []
    for _ in range(60):
        still_open = still_open or query(cdk_deployed, outputs, "#k = :k", ":k", "0", "open-executions", "open")
        described = cdk_deployed.json(
            "aws", "stepfunctions", "describe-execution", "--execution-arn", started["executionArn"]
        )
        if described["status"] != "RUNNING":
            return {**described, "still_open": still_open}
        time.sleep(0.3)
    raise AssertionError(described)


def query(
    shell: Shell, outputs: dict[str, str], condition: str, name: str, value: str, index: str | None, key: str
) -> list[dict[str, Any]]:
    answer = shell.json(
        *("aws", "dynamodb", "query", "--table-name", outputs["HistoryTable"]),
        *("--key-condition-expression", condition),
        *("--expression-attribute-names", json.dumps({"#k": key})),
        *("--expression-attribute-values", json.dumps({name: {"S": value}})),
        *(("--index-name", index) if index else ()),
    )
    rows: list[dict[str, Any]] = answer["Items"]
    return rows


def test_an_execution_started_by_the_aws_cli_answers_with_the_contracts_output(execution: dict[str, Any]) -> None:
    assert execution["status"] == "SUCCEEDED"
    output = json.loads(execution["output"])
    assert (output["status"], output["correlation_id"]) == ("partial", "by-aws-cli")
    assert [envelope["call_id"] for envelope in output["results"]] == ["good", "slow", "bad"]
    assert output["results"][0]["result"] == {"text": "hello", "attempt": 1}


def test_the_tables_key_finds_the_records(cdk_deployed: Shell, outputs: dict[str, str], execution: Any) -> None:
    rows = query(cdk_deployed, outputs, "#k = :k", ":k", execution["name"], None, "execution_id")
    assert {row["call_id"]["S"]: row["status"]["S"] for row in rows} == {
        "#execution": "partial",
        "good": "success",
        "slow": "success",
        "bad": "failed",
    }


@pytest.mark.parametrize("index", ["by-correlation", "by-tool", "by-day"])
def test_each_index_finds_them(cdk_deployed: Shell, outputs: dict[str, str], execution: Any, index: str) -> None:
    day = query(cdk_deployed, outputs, "#k = :k", ":k", execution["name"], None, "execution_id")[0]["day"]["S"]
    key, value, found = {
        "by-correlation": ("correlation_id", "by-aws-cli", {"#execution", "good", "slow", "bad"}),
        "by-tool": ("tool_day", f"echo#{day}#0", {"good", "slow"}),
        "by-day": ("day", day, {"#execution"}),
    }[index]
    rows = query(cdk_deployed, outputs, "#k = :k", ":k", value, index, key)
    assert {row["call_id"]["S"] for row in rows} == found


def test_an_open_execution_stands_in_its_index_until_it_has_ended(
    cdk_deployed: Shell, outputs: dict[str, str], execution: Any
) -> None:
    assert [row["execution_id"]["S"] for row in execution["still_open"]] == ["by-aws-cli"]
    assert query(cdk_deployed, outputs, "#k = :k", ":k", "0", "open-executions", "open") == []


def test_an_invalid_request_fails_the_execution_with_every_problem(
    cdk_deployed: Shell, outputs: dict[str, str]
) -> None:
    machine = outputs["StateMachineArn"]
    invalid = json.dumps({"calls": [{"tool_name": "ecko", "input": {}}, {"tool_name": "noop"}]})
    started = cdk_deployed.json(
        *("aws", "stepfunctions", "start-execution", "--state-machine-arn", machine),
        *("--name", "invalid", "--input", invalid),
    )
    described: dict[str, Any] = {"status": "RUNNING"}
    while described["status"] == "RUNNING":
        time.sleep(0.3)
        described = cdk_deployed.json(
            "aws", "stepfunctions", "describe-execution", "--execution-arn", started["executionArn"]
        )
    assert (described["status"], described["error"]) == ("FAILED", "InvalidRequest")
    assert [detail["pointer"] for detail in json.loads(described["cause"])["details"]] == [
        "/calls/1/input",
        "/calls/0/tool_name",
    ]
