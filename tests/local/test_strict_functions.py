"""The local cloud refuses what AWS refuses, and in AWS's words: Lambda, from a state and by Invoke."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.local.small_machines import catching, caught, refused
from tests.unit.local_cloud.small_cloud import FUNCTION, SmallCloud, small_cloud, task
from tests.unit.local_cloud.small_stack import TIMEOUT_SECONDS

__all__ = ["small_cloud"]

pytestmark = pytest.mark.xdist_group("small-cloud")


@pytest.mark.parametrize("what", ["nan", "bytes"])
def test_what_is_no_json_from_a_function_fails_the_execution(small_cloud: SmallCloud, what: str) -> None:
    described = small_cloud.run(catching(task()), {"do": what})
    assert (described["status"], described["error"]) == ("FAILED", "States.Runtime")


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ({"do": "raise"}, "ValueError"),
        ({"do": "exit", "status": 1}, "Runtime.ExitError"),
        ({"do": "sleep", "seconds": TIMEOUT_SECONDS + 30}, "Sandbox.Timedout"),
        ({"do": "big", "bytes": 7_000_000}, "Function.ResponseSizeTooLarge"),
    ],
)
def test_a_functions_failure_reaches_catch_under_lambdas_name(
    small_cloud: SmallCloud, event: dict[str, Any], error: str
) -> None:
    failed = caught(small_cloud, task(), event)
    assert failed["Error"] == error
    assert json.loads(failed["Cause"])["errorType"] == error


def test_an_unknown_function_is_lambdas_resource_not_found(small_cloud: SmallCloud) -> None:
    missing = task()
    missing["Arguments"] = {"FunctionName": "nobody", "Payload": {}}
    assert caught(small_cloud, missing)["Error"] == "Lambda.ResourceNotFoundException"


def test_a_long_cause_is_cut(small_cloud: SmallCloud) -> None:
    failed = caught(small_cloud, task(), {"do": "raise", "message": "x" * 40_000})
    assert failed["Error"] == "ValueError"
    assert len(failed["Cause"]) == 32_768


def test_invoke_refuses_what_lambda_refuses(small_cloud: SmallCloud) -> None:
    client = small_cloud.client("lambda")
    big = b'"' + b"x" * (6 * 1024 * 1024 - 1) + b'"'
    assert refused(lambda: client.invoke(FunctionName=FUNCTION, Payload=big)) == "RequestEntityTooLargeException"
    for text in (b"{", b"[NaN]"):
        code = refused(lambda text=text: client.invoke(FunctionName=FUNCTION, Payload=text))
        assert code == "InvalidRequestContentException"
    assert refused(lambda: client.invoke(FunctionName=FUNCTION, Payload=b"\xff")) == "SerializationException"
    assert refused(lambda: client.invoke(FunctionName="nobody")) == "ResourceNotFoundException"


def test_invoke_answers_like_lambda(small_cloud: SmallCloud) -> None:
    answer = small_cloud.invoke({"do": "log", "text": "hello"}, LogType="Tail")
    assert (answer["StatusCode"], answer["ExecutedVersion"], answer["Payload"]) == (200, "$LATEST", None)
    assert "FunctionError" not in answer
    assert answer["LogResult"]
    assert small_cloud.invoke({"do": "raise"})["FunctionError"] == "Unhandled"
    later = small_cloud.client("lambda").invoke(FunctionName=FUNCTION, InvocationType="Event", Payload=b"{}")
    assert later["StatusCode"] == 202
    dry = small_cloud.client("lambda").invoke(FunctionName=FUNCTION, InvocationType="DryRun", Payload=b"{}")
    assert dry["StatusCode"] == 204


def test_throttling_is_refused_before_anything_runs_and_has_lambdas_name(small_cloud: SmallCloud) -> None:
    client = small_cloud.client("lambda")
    client.put_function_concurrency(FunctionName=FUNCTION, ReservedConcurrentExecutions=1)
    try:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(small_cloud.invoke, {"do": "sleep", "seconds": 1.5})
            time.sleep(0.7)
            assert refused(lambda: client.invoke(FunctionName=FUNCTION)) == "TooManyRequestsException"
            assert caught(small_cloud, task())["Error"] == "Lambda.TooManyRequestsException"
    finally:
        client.delete_function_concurrency(FunctionName=FUNCTION)
