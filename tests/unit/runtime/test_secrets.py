"""What a running tool reveals: fetched once an attempt, masked in all that the attempt writes."""

from __future__ import annotations

import io
import json
import logging
import sys
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from pydantic import BaseModel

from lambdas.runtime import aws_clients, secrets
from lambdas.runtime.invocation import Invoker
from lambdas.runtime.tool import ToolDefinitionError
from lambdas.runtime.tool_group import ToolGroup
from tests.tool_groups.vault.handler import tools
from tests.unit.runtime.aws import Aws, FailingClient, service_error
from tool_contract.secret import SecretRef

INVOKER = Invoker({tool.spec.name: tool for tool in tools.tools})
TEXT = 'can"ary \\ ü'


@pytest.fixture(autouse=True)
def store(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> FailingClient:  # noqa: ARG001 - moto is on while it is
    client = boto3.client("ssm")
    client.put_parameter(Name="/tool-executor/dev/secrets/door", Value=TEXT, Type="SecureString", Overwrite=True)
    counting = FailingClient(client)
    monkeypatch.setattr(aws_clients, "ssm", lambda: counting)
    return counting


def log_in(**more: Any) -> dict[str, Any]:
    event = {"tool_name": "log_in", "input": {"user": "u", "password": {"secret_ref": "door"}, **more}}
    return INVOKER.invoke(event, "request-1")


def test_a_tool_gets_the_value_and_its_result_has_it_masked() -> None:
    result = log_in(leak="result")["result"]
    assert (result["length"], result["said"]) == (len(TEXT), "u logs in with ***")


def test_a_secret_is_fetched_once_an_attempt_and_anew_by_the_next(store: FailingClient) -> None:
    log_in(other={"secret_ref": "door"})
    assert store.calls == ["get_parameter"]
    log_in()
    assert store.calls == ["get_parameter"] * 2


@pytest.mark.parametrize("leak", ["error", "raise"])
def test_what_a_tool_raises_has_it_masked(leak: str) -> None:
    answer = log_in(leak=leak)
    assert answer["error"].endswith("u logs in with ***")
    assert "can" not in json.dumps(answer)


def test_what_a_tool_logs_and_prints_has_it_masked(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    root = logging.StreamHandler(stream)
    logging.getLogger().addHandler(root)
    try:
        log_in(leak="print")
        log_in(leak="log")
        log_in(leak="raise")
    finally:
        logging.getLogger().removeHandler(root)
    written = stream.getvalue() + "".join(capsys.readouterr())
    assert "u logs in with ***" in written
    assert "logging in: {'password': '***'}" in written
    assert "can" not in written.replace("cannot", "")


def test_after_the_attempt_nothing_is_masked_any_longer(capsys: pytest.CaptureFixture[str]) -> None:
    handler = logging.StreamHandler(io.StringIO())
    logging.getLogger().addHandler(handler)
    out = sys.stdout
    try:
        log_in(leak="raise")
        assert "format" not in vars(handler)
    finally:
        logging.getLogger().removeHandler(handler)
    assert sys.stdout is out
    print(TEXT)  # noqa: T201 - the point
    assert TEXT in capsys.readouterr().out


def test_a_tool_that_reveals_nothing_costs_no_request(store: FailingClient) -> None:
    out = sys.stdout
    with secrets.attempt_secrets({}):
        assert sys.stdout is out
    assert store.calls == []


def test_an_unknown_secret_is_not_found_at_its_field() -> None:
    answer = log_in(other={"secret_ref": "nowhere"})
    assert (answer["error_code"], answer["effect"]) == ("NotFound", "none")
    assert answer["details"][0]["pointer"] == "/other"
    assert "nowhere" not in json.dumps(answer)


@pytest.mark.parametrize(
    ("error", "code", "retryable"),
    [
        (service_error("ThrottlingException"), "Unavailable", True),
        (EndpointConnectionError(endpoint_url="https://ssm"), "Unavailable", True),
        (service_error("AccessDeniedException"), "Misconfigured", False),
    ],
)
def test_without_parameter_store_the_tool_does_not_run(
    store: FailingClient, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str, retryable: object
) -> None:
    failing = FailingClient(store.real, before={"get_parameter": error})
    monkeypatch.setattr(aws_clients, "ssm", lambda: failing)
    answer = log_in()
    assert (answer["error_code"], answer["retryable"], answer["effect"]) == (code, retryable, "none")


def test_plain_text_is_refused_with_its_own_code_and_not_repeated() -> None:
    answer = log_in(password=TEXT)
    assert (answer["error_code"], answer["retryable"], answer["effect"]) == ("SecretInRequest", False, "none")
    assert "can" not in json.dumps(answer)


def test_a_tool_that_takes_a_secret_keeps_no_results() -> None:
    with pytest.raises(ToolDefinitionError, match="cannot have its results cached"):

        @ToolGroup("g").tool(read_only=True, cache_ttl_seconds=60)
        def read(key: SecretRef) -> str:
            """Read."""
            return key.name


def test_a_secret_may_stand_inside_of_a_model() -> None:
    group = ToolGroup("g")

    class Account(BaseModel):
        user: str
        key: SecretRef

    def read(account: Account) -> int:
        """Read."""
        return len(account.key.reveal())

    read.__annotations__["account"] = Account
    group.tool(read_only=True)(read)
    event = {"tool_name": "read", "input": {"account": {"user": "u", "key": {"secret_ref": "door"}}}}
    assert Invoker({"read": group.tools[0]}).invoke(event, "r")["result"] == len(TEXT)
