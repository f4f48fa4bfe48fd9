"""What leaves in place of a secret, what is stored for it, and when that is deleted again."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from tests.unit.runtime.aws import Aws, FailingClient, service_error
from tool_contract import strict_json
from tool_executor import (
    ExecutionNotStartedError,
    InvalidRequestError,
    Secret,
    ServiceError,
    ToolCall,
    ToolExecutorError,
)
from tool_executor.aws import Aws as ClientAws
from tool_executor.batches import Defaults
from tool_executor.one_time_secrets import OneTimeSecrets, References

DEFAULTS = Defaults({}, 10)


@pytest.fixture
def ssm(aws: Aws) -> Any:  # noqa: ARG001 - moto is on while it is
    return FailingClient(boto3.client("ssm"))


@pytest.fixture
def store(ssm: Any) -> Iterator[OneTimeSecrets]:
    client = ClientAws()
    vars(client)["ssm"] = ssm
    with ThreadPoolExecutor(2) as threads:
        yield OneTimeSecrets(client, "prod", threads)


def request(*inputs: Any) -> dict[str, Any]:
    return {"calls": [DEFAULTS.call(ToolCall("t", one)) for one in inputs], "caller": "me"}


def stored(ssm: Any) -> dict[str, str]:
    pages = ssm.real.get_paginator("describe_parameters").paginate()
    names = [parameter["Name"] for page in pages for parameter in page["Parameters"]]
    return {name: ssm.real.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"] for name in names}


def sent(store: OneTimeSecrets, given: dict[str, Any], body: Callable[[dict[str, Any]], Any]) -> Any:
    async def run() -> Any:
        async with store.referenced(given) as changed:
            return body(changed)

    return asyncio.run(run())


def test_a_request_without_secrets_is_the_same_and_costs_nothing(store: OneTimeSecrets, ssm: Any) -> None:
    given = request({"a": 1})
    assert sent(store, given, lambda changed: changed is given)
    assert ssm.calls == []


def test_each_secret_is_stored_once_and_its_reference_stands_wherever_it_stood(store: OneTimeSecrets, ssm: Any) -> None:
    one, two = Secret("hunter22"), Secret("hunter22")
    fallback = ToolCall("t", {"again": one})
    given = request({"a": one, "b": ({"c": MappingProxyType({"d": two})}, one)}, {"e": [one]})
    given["calls"][0]["fallbacks"] = [DEFAULTS.call(fallback)]

    def during(changed: dict[str, Any]) -> dict[str, Any]:
        text = strict_json.dumps(changed)
        assert "hunter22" not in text
        assert changed["caller"] == "me"
        assert len(stored(ssm)) == 2
        assert set(stored(ssm).values()) == {"hunter22"}
        assert set(stored(ssm)) == {f"/tool-executor/prod/{name}" for name in re.findall("once/[-0-9a-f]{36}", text)}
        parsed: dict[str, Any] = json.loads(text)
        return parsed

    first, second = sent(store, given, during)["calls"]
    ref = first["input"]["a"]
    assert list(ref) == ["secret_ref"]
    assert first["input"]["b"][1] == second["input"]["e"][0] == first["fallbacks"][0]["input"]["again"] == ref
    assert first["input"]["b"][0]["c"]["d"] != ref
    assert isinstance(given["calls"][0]["input"]["a"], Secret)
    asyncio.run(store.delete(name.removeprefix("/tool-executor/prod/") for name in stored(ssm)))


def test_parameters_are_secure_strings(store: OneTimeSecrets, ssm: Any) -> None:
    def during(_: object) -> list[str]:
        return [ssm.real.get_parameter(Name=name)["Parameter"]["Type"] for name in stored(ssm)]

    assert sent(store, request({"a": Secret("x")}), during) == ["SecureString"]
    asyncio.run(store.delete(name.removeprefix("/tool-executor/prod/") for name in stored(ssm)))


@pytest.mark.parametrize(
    ("error", "kept"),
    [(InvalidRequestError("No.", []), 0), (ExecutionNotStartedError("No."), 0), (ServiceError("Perhaps."), 2)],
)
def test_they_are_deleted_where_it_is_certain_that_nothing_ran(
    store: OneTimeSecrets, ssm: Any, error: ToolExecutorError, kept: int
) -> None:
    def fail(_: object) -> None:
        raise error

    with pytest.raises(type(error)):
        sent(store, request({"a": Secret("hunter22"), "b": Secret("hunter23")}), fail)
    assert len(stored(ssm)) == kept
    asyncio.run(store.delete(name.removeprefix("/tool-executor/prod/") for name in stored(ssm)))


def test_where_one_cannot_be_stored_none_is_left_and_nothing_is_sent(store: OneTimeSecrets, ssm: Any) -> None:
    ssm.before, ssm.spared = {"put_parameter": service_error("ThrottlingException")}, 3
    with pytest.raises(ServiceError):
        sent(store, request({"a": [Secret("hunter22") for _ in range(5)]}), lambda _: pytest.fail("it was sent"))
    assert stored(ssm) == {}


@pytest.mark.parametrize(
    "error",
    [service_error("ValidationException"), EndpointConnectionError(endpoint_url="http://ssm")],
)
def test_an_error_of_storing_does_not_repeat_the_text(store: OneTimeSecrets, ssm: Any, error: Exception) -> None:
    if hasattr(error, "response"):
        error.response["Error"]["Message"] = "Value 'hunter22' at 'value' failed to satisfy constraint"
    ssm.before = {"put_parameter": error}
    with pytest.raises(ServiceError) as refused:
        sent(store, request({"a": Secret("hunter22")}), lambda _: None)
    assert "hunter22" not in repr(refused.value) + str(refused.value.__cause__)


def test_a_deletion_that_fails_hides_no_other_error(store: OneTimeSecrets, ssm: Any) -> None:
    ssm.before = {"delete_parameters": service_error()}

    def fail(_: object) -> None:
        raise InvalidRequestError("No.", [])

    with pytest.raises(InvalidRequestError):
        sent(store, request({"a": Secret("hunter22")}), fail)
    ssm.before = {}
    asyncio.run(store.delete(name.removeprefix("/tool-executor/prod/") for name in stored(ssm)))


def test_cancelled_while_storing_it_leaves_none(store: OneTimeSecrets, ssm: Any) -> None:
    began, may_end = threading.Event(), threading.Event()
    real = ssm.real

    class Slow:
        def put_parameter(self, **arguments: Any) -> Any:
            began.set()
            assert may_end.wait(30)
            return real.put_parameter(**arguments)

        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

    vars(store.aws)["ssm"] = Slow()

    async def cancelled() -> None:
        async def run() -> None:
            async with store.referenced(request({"a": Secret("hunter22")})):
                pytest.fail("it was sent")

        running = asyncio.create_task(run())
        await asyncio.to_thread(began.wait, 30)
        running.cancel()
        asyncio.get_running_loop().call_later(0.05, may_end.set)
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(cancelled())
    assert stored(ssm) == {}


def test_inputs_that_are_no_json_are_left_to_be_refused_as_ever() -> None:
    cyclic: dict[str, Any] = {"secret": Secret("hunter22")}
    cyclic["self"] = cyclic
    changed = References().in_call({"tool_name": "t", "input": cyclic})
    with pytest.raises(strict_json.JsonError):
        strict_json.dumps(changed)
    given: Mapping[str, Any] = {"tool_name": "t", "input": "no object", "fallbacks": []}
    assert References().in_call(given) == given
