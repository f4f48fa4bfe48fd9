"""Rows are written once: a second Plan changes nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from lambdas.planner.caller_accounts import CallerAccounts
from lambdas.planner.plan_writer import PlanWriter
from lambdas.runtime.artifacts import ArtifactStore
from tests.unit.planner.planning import LOOK_UP, SET_LEVEL, plan_of
from tests.unit.runtime.aws import BUCKET, STATE_TABLE, TABLE, Aws, FailingClient, service_error
from tests.unit.runtime.fake_clock import START_MS
from tool_contract.invalid_request import InvalidRequestError
from tool_contract.limits import MAX_INLINE_BYTES

if TYPE_CHECKING:
    from lambdas.planner.plan import Plan


def _write(aws: Aws, plan: Plan, dynamodb: Any = None) -> None:
    client = dynamodb or aws.dynamodb
    accounts = CallerAccounts(STATE_TABLE, TABLE, client)
    PlanWriter(TABLE, client, ArtifactStore(BUCKET, aws.s3), accounts).write(plan)


def _text_of(size: int) -> dict[str, Any]:
    """An input of set_level that is ``size`` bytes of JSON."""
    frame = len('{"code":"","level":1}')
    return {"tool_name": "set_level", "input": {"code": "x" * (size - frame), "level": 1}}


def test_all_rows_of_a_plan_are_written_without_what_is_none(aws: Aws, execution_id: str) -> None:
    plan = plan_of(LOOK_UP, SET_LEVEL, execution_id=execution_id)

    _write(aws, plan)

    expected = [
        {name: value for name, value in row.items() if value is not None}
        for row in (plan.execution_row, *plan.call_rows)
    ]
    assert aws.rows(execution_id) == sorted(expected, key=lambda row: row["call_id"])
    assert "caller" not in expected[0]


def test_a_second_plan_of_the_same_execution_changes_nothing(aws: Aws, execution_id: str) -> None:
    plan = plan_of(LOOK_UP, SET_LEVEL, execution_id=execution_id)
    _write(aws, plan)
    aws.put(**{**plan.call_rows[0], "status": "success", "attempts": 2, "result": "1"})
    aws.put(**{**plan.execution_row, "status": "succeeded", "open": None})
    before = aws.rows(execution_id)

    _write(aws, plan)

    assert aws.rows(execution_id) == before


def test_a_second_plan_finishes_what_the_first_left_undone(aws: Aws, execution_id: str) -> None:
    plan = plan_of(LOOK_UP, SET_LEVEL, execution_id=execution_id)
    aws.put(**plan.execution_row)
    aws.put(**plan.call_rows[1])

    _write(aws, plan)

    assert [row["call_id"] for row in aws.rows(execution_id)] == ["#execution", "c1", "c2"]


def test_an_acknowledgement_lost_after_the_claim_is_no_other_execution(aws: Aws, execution_id: str) -> None:
    plan = plan_of(LOOK_UP, execution_id=execution_id)
    with pytest.raises(ClientError):
        _write(aws, plan, FailingClient(aws.dynamodb, after={"put_item": service_error()}))

    _write(aws, plan)

    assert len(aws.rows(execution_id)) == 2


@pytest.mark.parametrize("other", [{"started_ms": START_MS + 1}, {"started_ms": START_MS - 86_400_000 * 91}])
def test_another_execution_of_the_same_name_is_refused_and_changes_nothing(
    aws: Aws, execution_id: str, other: dict[str, int]
) -> None:
    _write(aws, plan_of(LOOK_UP, execution_id=execution_id))
    before = aws.rows(execution_id)

    with pytest.raises(InvalidRequestError) as refused:
        _write(aws, plan_of(LOOK_UP, SET_LEVEL, execution_id=execution_id, **other))

    (problem,) = refused.value.problems
    assert (problem.error_code, problem.pointer) == ("ExecutionIdTaken", "")
    assert "another name" in str(problem.hint)
    assert aws.rows(execution_id) == before


@pytest.mark.parametrize(("size", "offloaded"), [(MAX_INLINE_BYTES, False), (MAX_INLINE_BYTES + 1, True)])
def test_an_input_over_the_limit_goes_to_s3(aws: Aws, execution_id: str, size: int, offloaded: bool) -> None:  # noqa: FBT001
    call = _text_of(size)

    _write(aws, plan_of(call, execution_id=execution_id))

    row = aws.row(execution_id, "c1")
    assert ("input" in row, "input_ref" in row) == (not offloaded, offloaded)
    if offloaded:
        ref = json.loads(row["input_ref"])
        assert (ref["bucket"], ref["key"], ref["bytes"]) == (BUCKET, f"executions/{execution_id}/c1/input.json", size)
        assert json.loads(aws.text(ref["key"])) == call["input"]


def test_large_fallbacks_go_to_s3_in_an_object_of_their_own(aws: Aws, execution_id: str) -> None:
    _write(aws, plan_of({**LOOK_UP, "fallbacks": [_text_of(9_000)]}, execution_id=execution_id))

    row = aws.row(execution_id, "c1")
    assert json.loads(row["input"]) == LOOK_UP["input"]
    assert json.loads(aws.text(json.loads(row["fallbacks_ref"])["key"])) == [_text_of(9_000)]


def test_a_bucket_that_does_not_answer_fails_the_plan(aws: Aws, execution_id: str) -> None:
    s3: Any = FailingClient(aws.s3, before={"put_object": service_error()})
    accounts = CallerAccounts(STATE_TABLE, TABLE, aws.dynamodb)
    writer = PlanWriter(TABLE, aws.dynamodb, ArtifactStore(BUCKET, s3), accounts)

    with pytest.raises(Exception, match="artefact bucket"):
        writer.write(plan_of(_text_of(9_000), execution_id=execution_id))
