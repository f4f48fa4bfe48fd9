"""Ending an execution: what is open is settled, the row closed once, the output built from the records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.finisher.finish import PlanUnderWay
from lambdas.finisher.history import History
from lambdas.finisher.settlement import Ending
from tests.unit.finisher.executions import (
    PENDING,
    RUNNING,
    failure,
    finisher,
    large_success,
    planned,
    resolved,
    success,
)
from tests.unit.runtime.aws import BUCKET, TABLE, Aws, FailingClient, service_error
from tool_contract import strict_json
from tool_contract.envelope import CallStatus
from tool_contract.limits import MAX_STATE_BYTES
from tool_contract.metrics import outcome_metric

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.runtime.fake_clock import FakeClock


def _finish(
    aws: Aws, clock: FakeClock, execution_id: str, ending: Ending = Ending.FINISHED, **rest: Any
) -> dict[str, Any]:
    output = finisher(aws, clock).finish(execution_id, ending, **rest)
    assert output is not None
    return output


def _counted(capsys: pytest.CaptureFixture[str]) -> list[str]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    outcomes = {outcome_metric(status).value for status in CallStatus if status.is_terminal}
    return [name for line in lines for name in line if name in outcomes]


def test_envelopes_come_in_the_order_of_the_calls(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    planned(aws, execution_id, *[success(number) for number in range(12)])
    clock.advance(1_500)

    output = _finish(aws, clock, execution_id)

    assert [result["call_id"] for result in output["results"]] == [f"c{number}" for number in range(1, 13)]
    assert [result["result"] for result in output["results"]] == list(range(12))
    assert (output["status"], output["execution_time_ms"], output["execution_id"]) == ("succeeded", 1_500, execution_id)


def test_the_executions_row_is_closed_with_its_outcome(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    planned(aws, execution_id, success(), failure())
    clock.advance(2_000)

    _finish(aws, clock, execution_id)

    row = aws.row(execution_id, "#execution")
    assert "open" not in row
    assert (row["status"], row["finished_at"], row["execution_time_ms"]) == (
        "partial",
        "2026-11-20T10:00:02.000Z",
        2_000,
    )
    assert row["counts"] == {"total": 2, "success": 1, "failed": 1, "timeout": 0, "skipped": 0, "cancelled": 0}


def test_ending_twice_changes_nothing_and_counts_once(
    aws: Aws, clock: FakeClock, execution_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    planned(aws, execution_id, success(), RUNNING)
    first = _finish(aws, clock, execution_id, Ending.CANCELLED)
    before = aws.rows(execution_id)
    assert sorted(_counted(capsys)) == ["CallsCancelled", "CallsSuccess"]

    clock.advance(60_000)
    for ending in Ending:
        assert _finish(aws, clock, execution_id, ending) == first

    assert aws.rows(execution_id) == before
    assert _counted(capsys) == []


@pytest.mark.parametrize(
    ("ending", "mode", "outcomes", "statuses", "overall"),
    [
        (
            Ending.FINISHED,
            "sequence",
            [success(), failure(), PENDING, PENDING],
            "success failed skipped skipped",
            "partial",
        ),
        (Ending.TIMED_OUT, "parallel", [success(), RUNNING, PENDING], "success timeout timeout", "partial"),
        (Ending.TIMED_OUT, "parallel", [RUNNING, PENDING], "timeout timeout", "timeout"),
        (Ending.CANCELLED, "parallel", [RUNNING, PENDING], "cancelled cancelled", "cancelled"),
        (Ending.FAILED, "parallel", [success(), RUNNING], "success failed", "partial"),
    ],
)
def test_what_is_open_is_settled(
    aws: Aws, clock: FakeClock, execution_id: str, ending: Ending, mode: str, outcomes: list[dict[str, Any]],
    statuses: str, overall: str,
) -> None:  # fmt: skip
    planned(aws, execution_id, *outcomes, mode=mode)
    clock.advance(5_000)

    output = _finish(aws, clock, execution_id, ending)

    assert " ".join(result["status"] for result in output["results"]) == statuses
    assert output["status"] == overall
    assert [row["status"] for row in aws.rows(execution_id)[1:]] == statuses.split()


def test_a_failure_that_the_workflow_could_not_write_down_is_in_the_output(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    planned(aws, execution_id, RUNNING)
    told = {"call_id": "c1", "status": "failed", "error_code": "NotFound", "error": "There is none."}

    (result,) = _finish(aws, clock, execution_id, unrecorded=[told])["results"]

    assert (result["error_code"], result["error"], result["effect"]) == ("NotFound", "There is none.", "unknown")


def test_a_call_that_ends_meanwhile_keeps_its_result(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    planned(aws, execution_id, RUNNING)

    class Racing:
        """The tool's own write comes between the finisher's reading and its writing."""

        exceptions = aws.dynamodb.exceptions
        get_paginator = aws.dynamodb.get_paginator
        transact_write_items = aws.dynamodb.transact_write_items

        def update_item(self, **arguments: Any) -> Any:
            if arguments["Key"]["call_id"]["S"] == "c1":
                aws.put(**{**aws.row(execution_id, "c1"), **success("in time")})
            return aws.dynamodb.update_item(**arguments)

    output = finisher(aws, clock, dynamodb=Racing()).finish(execution_id, Ending.TIMED_OUT)

    assert output is not None
    assert (output["results"][0]["result"], output["status"]) == ("in time", "succeeded")


def test_an_execution_that_the_history_does_not_know_has_no_output(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    assert finisher(aws, clock).finish(execution_id, Ending.FINISHED) is None
    assert aws.rows(execution_id) == []


def test_an_execution_whose_planner_died_has_failed(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    planned(aws, execution_id, success())
    aws.dynamodb.delete_item(TableName=TABLE, Key={"execution_id": {"S": execution_id}, "call_id": {"S": "c1"}})

    output = _finish(aws, clock, execution_id, Ending.FAILED)

    assert (output["status"], output["results"]) == ("failed", [])
    assert "open" not in aws.row(execution_id, "#execution")


@pytest.mark.parametrize(
    "outcomes",
    [
        pytest.param(lambda aws, name: [large_success(aws, name, "c1", 300_000), success(7)], id="one of 300 KB"),
        pytest.param(
            lambda aws, name: [large_success(aws, name, f"c{number}", 12_000) for number in range(1, 31)],
            id="30 of 12 KB",
        ),
        pytest.param(lambda _aws, _name: [success("x" * 4_998) for _ in range(60)], id="60 of 5 KB"),
    ],
)
def test_every_result_is_inline_or_where_its_reference_says(
    aws: Aws, clock: FakeClock, execution_id: str, outcomes: Callable[[Aws, str], list[dict[str, Any]]]
) -> None:
    rows = outcomes(aws, execution_id)
    planned(aws, execution_id, *rows)

    output = _finish(aws, clock, execution_id)

    assert strict_json.byte_size(strict_json.dumps(output)) < MAX_STATE_BYTES
    for row, result in zip(rows, output["results"], strict=True):
        assert len(resolved(aws, result)) > 1_000 if row.get("result") != "7" else result["result"] == 7
        if "result" in row:
            assert resolved(aws, result) == strict_json.parse(row["result"])
    assert any("result" in result for result in output["results"])


@pytest.mark.parametrize("fault", ["missing", "shorter", "changed"])
def test_a_result_that_s3_has_lost_stays_a_reference(aws: Aws, clock: FakeClock, execution_id: str, fault: str) -> None:
    planned(aws, execution_id, large_success(aws, execution_id, "c1", 9_000), success())
    key = f"executions/{execution_id}/c1/result-1.json"
    if fault == "missing":
        aws.s3.delete_object(Bucket=BUCKET, Key=key)
    else:
        aws.s3.put_object(Bucket=BUCKET, Key=key, Body=b'"y"' if fault == "shorter" else b'"' + b"y" * 8_998 + b'"')

    output = _finish(aws, clock, execution_id)

    assert output["results"][0]["result_ref"]["key"] == key
    assert (output["status"], output["results"][1]["result"]) == ("succeeded", 1)


def test_a_bucket_that_does_not_answer_fails_the_finisher_after_the_row_is_closed(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    planned(aws, execution_id, large_success(aws, execution_id, "c1", 9_000))
    s3 = FailingClient(aws.s3, before={"get_object": service_error()})

    with pytest.raises(Exception, match="did not answer"):
        finisher(aws, clock, s3=s3).finish(execution_id, Ending.FINISHED)

    assert _finish(aws, clock, execution_id)["results"][0]["result"] == "x" * 8_998


def test_a_history_of_more_than_a_page_is_read_to_its_end(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    planned(aws, execution_id, *[success("x" * 7_000) for _ in range(200)])

    assert len(_finish(aws, clock, execution_id)["results"]) == 200


def test_an_attempt_that_begins_while_its_call_is_being_ended_is_looked_at_again(
    aws: Aws, clock: FakeClock, execution_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(aws, execution_id, PENDING)
    end_call = History.end_call

    def begun_meanwhile(self: History, seen: Any, attributes: Any) -> bool:
        if seen["status"] == "pending":
            aws.put(**{**aws.row(execution_id, "c1"), **RUNNING})
        return end_call(self, seen, attributes)

    monkeypatch.setattr(History, "end_call", begun_meanwhile)
    _finish(aws, clock, execution_id, Ending.CANCELLED)

    row = aws.row(execution_id, "c1")
    assert (row["status"], row["effect"]) == ("cancelled", "unknown")


def test_a_cancelled_execution_is_not_closed_before_all_its_calls_are_written_down(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    planned(aws, execution_id, PENDING, PENDING)
    late = aws.row(execution_id, "c2")
    aws.dynamodb.delete_item(TableName=TABLE, Key={"execution_id": {"S": execution_id}, "call_id": {"S": "c2"}})

    with pytest.raises(PlanUnderWay):
        _finish(aws, clock, execution_id, Ending.CANCELLED)
    assert "open" in aws.row(execution_id, "#execution")
    aws.put(**late)
    output = _finish(aws, clock, execution_id, Ending.CANCELLED)

    assert (output["status"], output["counts"]["cancelled"]) == ("cancelled", 2)


@pytest.mark.parametrize("tool_name", ["look_up", "set_level"])
def test_a_further_attempt_that_begins_meanwhile_is_looked_at_again(
    aws: Aws, clock: FakeClock, execution_id: str, monkeypatch: pytest.MonkeyPatch, tool_name: str
) -> None:
    """A fallback that may change things began: what held for the reading attempt before it holds no more."""
    retrying = {**RUNNING, "status": "retrying", "attempts": 2, "tool_name": "look_up"}
    planned(aws, execution_id, retrying)
    end_call = History.end_call

    def begun_meanwhile(self: History, seen: Any, attributes: Any) -> bool:
        if seen["attempts"] == 2:
            aws.put(**{**aws.row(execution_id, "c1"), **retrying, "attempts": 3, "tool_name": tool_name})
        return end_call(self, seen, attributes)

    monkeypatch.setattr(History, "end_call", begun_meanwhile)
    _finish(aws, clock, execution_id, Ending.CANCELLED)

    row = aws.row(execution_id, "c1")
    assert (row["status"], row["effect"]) == ("cancelled", "none" if tool_name == "look_up" else "unknown")


def test_the_records_are_read_as_they_are_now(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    planned(aws, execution_id, success())
    asked: list[Any] = []
    aws.dynamodb.meta.events.register(
        "provide-client-params.dynamodb.Query", lambda params, **_: asked.append(params), unique_id="asked"
    )

    _finish(aws, clock, execution_id)

    aws.dynamodb.meta.events.unregister("provide-client-params.dynamodb.Query", unique_id="asked")
    assert asked
    assert all(params["ConsistentRead"] is True for params in asked)
