"""The terminal write of a call that failed for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.aws import TABLE, Aws
from tests.unit.runtime.fake_clock import START
from tests.unit.runtime.sample_tools import pending_call
from tests.unit.workflow.iteration import INNER, attempt_failed, candidate, cause_of, item
from tool_contract.record import attempt_log_of, envelope_from_record
from tool_contract.timestamps import iso_from_ms

if TYPE_CHECKING:
    from tests.unit.workflow.iteration import Iteration

STATE = pytest.mark.parametrize("state", ["RecordFailure", "RecordAndStop"])


def _ended(iteration: Iteration, before: dict[str, Any], **envelope: Any) -> dict[str, Any]:
    """Return the input of RecordFailure."""
    _, after = iteration.caught(before, "AttemptFailed", cause_of(attempt_failed(**envelope)))
    return {**after, "execution_id": before["execution_id"]}


def _write(aws: Aws, iteration: Iteration, state_input: dict[str, Any], state: str = "RecordFailure") -> None:
    arguments = iteration.field(state, "Arguments", state_input)
    aws.dynamodb.update_item(**{**arguments, "TableName": TABLE})


def test_the_values_are_typed_as_dynamodb_takes_them(iteration: Iteration) -> None:
    state = _ended(
        iteration, item(candidate(), candidate("sets"), candidate=1, attempt=2), error="No.", error_code="NotFound"
    )

    values = iteration.field("RecordFailure", "Arguments", state)["ExpressionAttributeValues"]

    assert {name: value for name, value in values.items() if name != ":attempt_log"} == {
        ":status": {"S": "failed"}, ":tool_name": {"S": "sets"}, ":error": {"S": "No."},
        ":error_code": {"S": "NotFound"},
        ":effect": {"S": "none"}, ":retryable": {"BOOL": True}, ":details": {"S": "[]"}, ":attempts": {"N": "2"},
        ":fallback_used": {"BOOL": True}, ":finished_at": {"S": iso_from_ms(iteration.now_ms)},
        ":execution_time_ms": {"N": "5000"},
        ":pending": {"S": "pending"}, ":running": {"S": "running"}, ":retrying": {"S": "retrying"},
    }  # fmt: skip


@STATE
@pytest.mark.parametrize("status", ["pending", "running", "retrying"])
def test_an_open_call_gets_its_failure_and_reads_back_as_an_envelope(
    aws: Aws, iteration: Iteration, execution_id: str, status: str, state: str
) -> None:
    pending_call(aws, execution_id, status=status)
    details = [{"pointer": "/ä", "message": 'a "quoted"\nword'}]

    _write(aws, iteration, _ended(iteration, item(execution_id=execution_id), details=details, retryable=False), state)

    assert envelope_from_record(aws.row(execution_id, "c1")).to_json() == {
        "success": False, "call_id": "c1", "tool_name": "orders", "status": "failed", "error": "Not now.",
        "error_code": "Unavailable", "retryable": False, "effect": "none", "details": details,
        "execution_time_ms": 5_000.0, "attempts": 1,
        "metadata": {"correlation_id": "k", "attempt_durations": [12.5], "error_type": "Unavailable"},
    }  # fmt: skip


@pytest.mark.parametrize(("retries", "begun", "attempts"), [(0, True, 1), (2, True, 3), (0, False, 0), (2, False, 2)])
def test_the_recorded_attempts_are_those_that_began_even_if_none_reached_the_record(
    aws: Aws,
    iteration: Iteration,
    execution_id: str,
    retries: int,
    begun: bool,  # noqa: FBT001
    attempts: int,
) -> None:
    pending_call(aws, execution_id)
    state = item(execution_id=execution_id)
    for _ in range(retries):
        _, state = iteration.failed(state)

    _write(aws, iteration, _ended(iteration, state, begun=begun))

    row = aws.row(execution_id, "c1")
    assert row["attempts"] == attempts
    assert [entry.decision for entry in attempt_log_of(row)] == ["retry"] * retries + ["end"]


def test_the_time_of_a_call_runs_from_its_first_attempt(aws: Aws, iteration: Iteration, execution_id: str) -> None:
    pending_call(aws, execution_id)
    _, state = iteration.failed(item(execution_id=execution_id))
    state = _ended(iteration, state) | {"began_at": "2026-11-20T10:00:04.000Z"}

    _write(aws, iteration, state)

    assert aws.row(execution_id, "c1")["execution_time_ms"] == 5_000


@STATE
def test_the_same_write_again_after_a_lost_acknowledgement_passes_and_changes_nothing(
    aws: Aws, iteration: Iteration, execution_id: str, state: str
) -> None:
    pending_call(aws, execution_id, status="running")
    ended = _ended(iteration, item(execution_id=execution_id))
    _write(aws, iteration, ended, state)
    before = aws.row(execution_id, "c1")
    iteration.now_ms += 3_000

    _write(aws, iteration, ended, state)

    assert aws.row(execution_id, "c1") == before


@STATE
@pytest.mark.parametrize(
    "standing",
    [
        {"status": "success", "result": "1", "attempt_log": "[]"},
        {"status": "cancelled", "error_code": "Cancelled"},
        {"status": "failed", "error_code": "NotFound", "attempt_log": "[]"},
    ],
)
def test_a_result_that_stands_is_not_overwritten(
    aws: Aws, iteration: Iteration, execution_id: str, standing: dict[str, str], state: str
) -> None:
    pending_call(aws, execution_id, **standing)
    before = aws.row(execution_id, "c1")

    with pytest.raises(aws.dynamodb.exceptions.ConditionalCheckFailedException):
        _write(aws, iteration, _ended(iteration, item(execution_id=execution_id)), state)

    assert aws.row(execution_id, "c1") == before


def test_a_call_that_nobody_planned_is_not_made(aws: Aws, iteration: Iteration, execution_id: str) -> None:
    with pytest.raises(aws.dynamodb.exceptions.ConditionalCheckFailedException):
        _write(aws, iteration, _ended(iteration, item(execution_id=execution_id)))

    assert aws.row(execution_id, "c1") == {}


def test_both_states_write_the_same() -> None:
    assert INNER["RecordFailure"]["Arguments"] == INNER["RecordAndStop"]["Arguments"]
    assert INNER["RecordFailure"]["Retry"] == INNER["RecordAndStop"]["Retry"]


def test_a_failed_condition_means_that_a_result_stands(iteration: Iteration) -> None:
    for state in ("RecordFailure", "RecordAndStop"):
        assert iteration.caught(item(), "DynamoDB.ConditionalCheckFailedException", state=state) == (
            "LeaveToFinish", {"call_id": "c1"},
        )  # fmt: skip


def test_what_could_not_be_written_is_told_to_finish(iteration: Iteration) -> None:
    ended = _ended(iteration, item(), error="ä" * 500, effect="unknown")

    assert iteration.caught(ended, "DynamoDB.InternalServerErrorException", state="RecordFailure") == (
        "LeaveToFinish",
        {
            "call_id": "c1",
            "unrecorded": {"call_id": "c1", "status": "failed", "error_code": "Unavailable", "error": "ä" * 200},
        },
    )  # fmt: skip


def test_a_sequence_stops_even_if_its_failure_could_not_be_written(iteration: Iteration) -> None:
    following, _ = iteration.caught(_ended(iteration, item()), "States.Timeout", state="RecordAndStop")

    assert following == INNER["RecordAndStop"]["Next"] == "StopSequence"


@pytest.mark.parametrize("entries", [[], [START], [START, "2026-11-20T10:00:02.000Z"]])
def test_the_log_and_the_details_are_arrays_however_short(iteration: Iteration, entries: list[str]) -> None:
    log = [
        {"attempt": number, "tool_name": "t", "started_at": at, "duration_ms": 1, "decision": "retry"}
        for number, at in enumerate(entries, 1)
    ]
    ended = _ended(iteration, item(log=log), details=[{"pointer": "", "message": "x"}] * len(entries))

    values = iteration.field("RecordFailure", "Arguments", ended)["ExpressionAttributeValues"]

    assert len(attempt_log_of({"attempt_log": values[":attempt_log"]["S"]})) == len(entries) + 1
    assert values[":details"]["S"].count("pointer") == len(entries)
    assert values[":details"]["S"].startswith("[")
    assert values[":execution_time_ms"] == {"N": "5000"}


@STATE
@pytest.mark.parametrize(
    ("effects", "recorded"),
    [
        (["none"], "none"),
        (["unknown", "none"], "unknown"),
        (["none", "unknown"], "unknown"),
        (["unknown", "none", "none"], "unknown"),
        (["applied", "none"], "applied"),
        (["applied", "unknown", "none"], "unknown"),
    ],
)
def test_an_effect_that_an_earlier_attempt_left_unknown_stays_unknown(
    iteration: Iteration, effects: list[str], recorded: str, state: str
) -> None:
    before = item(candidate(repeatable=True))
    for effect in effects[:-1]:
        _, before = iteration.failed(before, effect=effect)

    ended = _ended(iteration, before, effect=effects[-1])

    assert iteration.field(state, "Arguments", ended)["ExpressionAttributeValues"][":effect"] == {"S": recorded}
