"""The Lambda function of the state Plan."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.planner import handler
from lambdas.planner.handler import InvalidRequest
from lambdas.runtime import aws_clients
from tests.unit.contract.small_catalog import CATALOG
from tests.unit.planner.planning import FUNCTIONS, LOOK_UP, SET_LEVEL, plan_of
from tests.unit.runtime.aws import BUCKET, STATE_TABLE, TABLE, Aws
from tests.unit.runtime.fake_clock import START
from tests.unit.runtime.test_direct_call import LAMBDA_CONTEXT
from tool_contract.options import InvalidOptionsError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _deployed(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(handler, "load_catalog", lambda: CATALOG)
    monkeypatch.setattr(aws_clients, "dynamodb", lambda: aws.dynamodb)
    monkeypatch.setattr(aws_clients, "s3", lambda: aws.s3)
    for name, value in {
        "TOOL_FUNCTIONS": json.dumps(FUNCTIONS), "HISTORY_TTL_DAYS": "30", "HISTORY_TABLE": TABLE,
        "TOOL_STATE_TABLE": STATE_TABLE, "ARTIFACT_BUCKET": BUCKET,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    yield
    handler._deployment.cache_clear()
    handler._writer.cache_clear()
    handler._artifacts.cache_clear()


def _plan(execution_id: str, request: object) -> dict[str, Any]:
    arn = f"arn:aws:states:eu-central-1:123456789012:execution:tool-executor-prod:{execution_id}"
    answer: dict[str, Any] = handler.lambda_handler(
        {"request": request, "execution": {"name": execution_id, "arn": arn, "started_at": START}}, LAMBDA_CONTEXT
    )
    return answer


def test_a_good_request_is_planned_and_written_down(aws: Aws, execution_id: str) -> None:
    state = _plan(execution_id, {"calls": [LOOK_UP]})

    assert state == plan_of(LOOK_UP, execution_id=execution_id).state
    assert [row["call_id"] for row in aws.rows(execution_id)] == ["#execution", "c1"]


def _by_reference(aws: Aws, request: object) -> dict[str, Any]:
    body = json.dumps(request).encode()
    sha256 = hashlib.sha256(body).hexdigest()
    aws.s3.put_object(Bucket=BUCKET, Key=f"requests/{sha256}", Body=body)
    return {"request_ref": {"bucket": BUCKET, "key": f"requests/{sha256}", "bytes": len(body), "sha256": sha256}}


def test_a_request_in_s3_is_planned_as_the_same_request_is(aws: Aws, execution_id: str) -> None:
    state = _plan(execution_id, _by_reference(aws, {"calls": [LOOK_UP]}))

    assert state == plan_of(LOOK_UP, execution_id=execution_id).state
    assert [row["call_id"] for row in aws.rows(execution_id)] == ["#execution", "c1"]


def test_a_bad_request_in_s3_is_refused_with_the_pointers_of_the_request(aws: Aws, execution_id: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        _plan(execution_id, _by_reference(aws, {"calls": [{**LOOK_UP, "input": {}}]}))

    (detail,) = json.loads(str(refused.value))["details"]
    assert (detail["pointer"], detail["error_code"]) == ("/calls/0/input/code", "InvalidInput")
    assert aws.rows(execution_id) == []


def test_a_reference_that_leads_nowhere_is_a_bad_request(aws: Aws, execution_id: str) -> None:
    value = _by_reference(aws, {})
    aws.s3.delete_object(Bucket=BUCKET, Key=value["request_ref"]["key"])

    with pytest.raises(InvalidRequest) as refused:
        _plan(execution_id, value)

    told = json.loads(str(refused.value))
    assert (told["error_code"], told["details"][0]["pointer"]) == ("InvalidRequest", "/request_ref")
    assert aws.rows(execution_id) == []


def test_the_stages_options_come_from_the_environment(
    aws: Aws, execution_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAGE_OPTIONS", json.dumps({"max_concurrent_tools": 2, "timeout_per_tool_ms": 5_000}))

    state = _plan(execution_id, {"calls": [SET_LEVEL]})

    assert (state["max_concurrency"], state["calls"][0]["candidates"][0]["timeout_seconds"]) == (2, 5)
    assert aws.rows(execution_id)


def test_options_that_cannot_be_used_plan_nothing(aws: Aws, execution_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE_OPTIONS", '{"max_retries": "3"}')

    with pytest.raises(InvalidOptionsError, match="max_retries"):
        _plan(execution_id, {"calls": [SET_LEVEL]})

    assert aws.rows(execution_id) == []


def test_the_same_event_twice_gives_the_same_state(aws: Aws, execution_id: str) -> None:
    first = _plan(execution_id, {"calls": [LOOK_UP, LOOK_UP]})
    before = aws.rows(execution_id)

    assert _plan(execution_id, {"calls": [LOOK_UP, LOOK_UP]}) == first
    assert aws.rows(execution_id) == before


@pytest.mark.parametrize("request_value", [None, [], "x", {}, {"calls": [{"tool_name": "x", "input": 1}], "mode": 1}])
def test_a_bad_request_is_raised_with_every_problem_and_nothing_is_written(
    aws: Aws, execution_id: str, request_value: object
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        _plan(execution_id, request_value)

    complaint = json.loads(str(refused.value))
    assert (complaint["error_code"], complaint["retryable"]) == ("InvalidRequest", False)
    assert complaint["details"]
    assert aws.rows(execution_id) == []


def test_a_name_that_was_used_before_is_a_bad_request_too(aws: Aws, execution_id: str) -> None:
    aws.put(
        execution_id=execution_id, call_id="#execution", started_at="2026-01-01T00:00:00.000Z", execution_arn="other"
    )

    with pytest.raises(InvalidRequest) as refused:
        _plan(execution_id, {"calls": [LOOK_UP]})

    assert json.loads(str(refused.value))["details"][0]["error_code"] == "ExecutionIdTaken"


def test_a_caller_beside_a_reference_wins_over_the_one_in_the_object(aws: Aws, execution_id: str) -> None:
    """A caller's entrance cannot look into the object, and must not be fooled by it."""
    reference = _by_reference(aws, {"calls": [LOOK_UP], "caller": "somebody else"})

    _plan(execution_id, {**reference, "caller": "shop"})

    assert {row["caller"] for row in aws.rows(execution_id)} == {"shop"}
