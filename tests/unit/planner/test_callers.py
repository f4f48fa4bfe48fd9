"""The planner holds requests to what their callers may do, on both routes, before anything is written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.planner import handler
from lambdas.planner.handler import InvalidRequest
from lambdas.runtime import aws_clients
from tests.unit.contract.small_catalog import CATALOG
from tests.unit.planner.planning import FUNCTIONS, LOOK_UP, PLACE_ORDER, SET_LEVEL
from tests.unit.runtime.aws import BUCKET, STATE_TABLE, TABLE, Aws
from tests.unit.runtime.fake_clock import START
from tests.unit.runtime.test_direct_call import LAMBDA_CONTEXT
from tool_contract.caller_policy import CallerPolicies
from tool_contract.items import from_item

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

POLICIES = {
    "callers": {
        "report": {"allowed_tools": ["look_*"], "max_calls_per_day": 3},
        "buyer": {"max_attempts_per_day": 7, "max_open_calls": 50},
    },
    "default": {"max_calls_per_minute": 3},
}


@pytest.fixture(autouse=True)
def _deployed(aws: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    callers = tmp_path / "callers.json"
    callers.write_text(json.dumps(POLICIES), "utf-8")
    monkeypatch.setattr(handler, "CALLERS", callers)
    monkeypatch.setattr(handler, "load_catalog", lambda: CATALOG)
    monkeypatch.setattr(aws_clients, "dynamodb", lambda: aws.dynamodb)
    for name, value in {
        "TOOL_FUNCTIONS": json.dumps(FUNCTIONS), "HISTORY_TTL_DAYS": "30", "HISTORY_TABLE": TABLE,
        "TOOL_STATE_TABLE": STATE_TABLE, "ARTIFACT_BUCKET": BUCKET,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    yield
    for item in aws.dynamodb.scan(TableName=STATE_TABLE)["Items"]:
        aws.dynamodb.delete_item(TableName=STATE_TABLE, Key={"id": item["id"]})
    for cached in (handler._deployment, handler._writer, handler._artifacts):
        cached.cache_clear()


def plan(execution_id: str, *calls: dict[str, Any], **request: Any) -> dict[str, Any]:
    route = request.pop("route", "workflow")
    execution = {"name": execution_id, "arn": f"arn:{execution_id}", "started_at": START}
    event = {"request": {"calls": list(calls), **request}, "execution": execution, "route": route}
    answer: dict[str, Any] = handler.lambda_handler(event, LAMBDA_CONTEXT)
    return answer


def refusal(execution_id: str, *calls: dict[str, Any], **request: Any) -> dict[str, Any]:
    with pytest.raises(InvalidRequest) as refused:
        plan(execution_id, *calls, **request)
    told: dict[str, Any] = json.loads(str(refused.value))
    return told


def places(told: dict[str, Any]) -> list[tuple[str, str]]:
    return [(detail["pointer"], detail["error_code"]) for detail in told["details"]]


def account(aws: Aws, name: str) -> dict[str, Any]:
    return from_item(aws.dynamodb.get_item(TableName=STATE_TABLE, Key={"id": {"S": name}}).get("Item", {}))


@pytest.mark.parametrize("route", ["workflow", "direct"])
def test_what_is_not_allowed_is_told_with_all_else_that_is_wrong_and_nothing_is_written(
    aws: Aws, execution_id: str, route: str
) -> None:
    calls = [{**LOOK_UP, "fallbacks": [SET_LEVEL]}, PLACE_ORDER, {**LOOK_UP, "input": {}}]

    told = refusal(execution_id, *calls, caller="report", mode="zigzag", route=route)

    assert set(places(told)) == {
        ("/mode", "InvalidRequest"),
        ("/calls/2/input/code", "InvalidInput"),
        ("/calls/0/fallbacks/0/tool_name", "CallerNotAllowed"),
        ("/calls/1/tool_name", "CallerNotAllowed"),
    }
    assert (told["retryable"], "retry_after_seconds" in told) == (False, False)
    assert aws.rows(execution_id) == []
    assert account(aws, "caller#named#report") == {}


@pytest.mark.parametrize("route", ["workflow", "direct"])
def test_what_is_too_much_for_now_is_told_as_worth_another_try(aws: Aws, execution_id: str, route: str) -> None:
    plan(execution_id, LOOK_UP, LOOK_UP, caller="report", route=route)

    told = refusal(f"{execution_id}b", LOOK_UP, LOOK_UP, caller="report", route=route)

    assert places(told) == [("/caller", "CallerLimitExceeded")]
    assert told["retryable"] is True
    assert 0 < told["retry_after_seconds"] <= 86_400
    assert aws.rows(f"{execution_id}b") == []
    plan(f"{execution_id}c", LOOK_UP, caller="report", route=route)


def test_the_same_plan_again_counts_once_and_gives_the_same_state(aws: Aws, execution_id: str) -> None:
    first = plan(execution_id, LOOK_UP, LOOK_UP, caller="report")

    assert plan(execution_id, LOOK_UP, LOOK_UP, caller="report") == first
    assert account(aws, "caller#named#report")["day_calls"] == 2


def test_the_budget_takes_retries_and_fallbacks_at_their_worst(aws: Aws, execution_id: str) -> None:
    call = {**LOOK_UP, "max_retries": 1, "fallbacks": [{**SET_LEVEL, "max_retries": 3}]}

    plan(execution_id, call, caller="buyer")

    assert account(aws, "caller#named#buyer")["day_attempts"] == 6
    told = refusal(f"{execution_id}b", {**LOOK_UP, "max_retries": 1}, caller="buyer")
    assert "leaves 1; the request takes 2 at worst" in told["details"][0]["message"]


def test_who_has_no_policy_of_its_own_shares_one_account_with_all_such(aws: Aws, execution_id: str) -> None:
    plan(execution_id, LOOK_UP, caller="somebody")
    plan(f"{execution_id}b", LOOK_UP, caller="somebody else")
    plan(f"{execution_id}c", LOOK_UP)

    told = refusal(f"{execution_id}d", LOOK_UP, caller="a name just made up")

    assert "for callers without a policy of their own" in told["details"][0]["message"]
    assert sum(account(aws, "caller#default")["recent"].values()) == 3


def test_the_record_says_whose_open_calls_the_execution_counts_among(aws: Aws, execution_id: str) -> None:
    plan(execution_id, {**LOOK_UP, "max_retries": 0}, caller="buyer")

    assert aws.row(execution_id, "#execution")["caller_account"] == "caller#named#buyer"
    assert account(aws, "caller#named#buyer")["open"][execution_id]["calls"] == 1


def test_an_id_that_is_taken_is_told_as_that_and_counts_nothing(aws: Aws, execution_id: str) -> None:
    aws.put(execution_id=execution_id, call_id="#execution", started_at=START, execution_arn="other")

    assert places(refusal(execution_id, LOOK_UP, caller="report")) == [("", "ExecutionIdTaken")]
    assert account(aws, "caller#named#report") == {}


def test_a_file_that_cannot_be_used_plans_nothing(aws: Aws, execution_id: str) -> None:
    handler.CALLERS.write_text('{"callers": {"a": {"allowed": []}}}', "utf-8")

    with pytest.raises(ValueError, match="/callers/a/allowed"):
        plan(execution_id, LOOK_UP)

    assert aws.rows(execution_id) == []


def test_the_projects_own_file_limits_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()

    assert CallerPolicies.from_json(handler.CALLERS.read_bytes()) == CallerPolicies()
