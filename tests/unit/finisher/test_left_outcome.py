"""A success whose record could not be written is left in the bucket, and Finish writes it down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambdas.finisher.settlement import Ending
from tests.unit.finisher.executions import PENDING, finisher, planned, resolved
from tests.unit.runtime.aws import BUCKET, Aws, FailingClient, service_error
from tests.unit.runtime.sample_tools import event, invoker

if TYPE_CHECKING:
    from tests.unit.runtime.fake_clock import FakeClock


def left(aws: Aws, clock: FakeClock, execution_id: str, text: str = "a", **context: Any) -> Any:
    """Run a call whose record takes its beginning and not its end, and return what the function answers."""
    planned(aws, execution_id, PENDING)
    history = FailingClient(aws.dynamodb, before={"update_item": service_error()}, spared=1)
    given = event("orders", execution_id, {"text": text}, **context)
    return invoker(aws, clock, dynamodb=history).invoke(given, "the owner of the attempt")


def finished(aws: Aws, clock: FakeClock, execution_id: str, ending: Ending = Ending.FINISHED, **clients: Any) -> Any:
    output = finisher(aws, clock, **clients).finish(execution_id, ending)
    assert output is not None
    return output["results"][0]


def key(aws: Aws, execution_id: str) -> str:
    (only,) = aws.keys(f"executions/{execution_id}/c1/outcome-")
    return only


@pytest.mark.parametrize("size", [1, 9_000])
@pytest.mark.parametrize("ending", list(Ending))
def test_finish_writes_down_what_an_attempt_left(
    aws: Aws, clock: FakeClock, execution_id: str, size: int, ending: Ending
) -> None:
    assert left(aws, clock, execution_id, "a" * size) == {"call_id": "c1"}
    assert aws.row(execution_id, "c1")["status"] == "running"

    envelope = finished(aws, clock, execution_id, ending)

    assert (envelope["status"], envelope["attempts"], envelope["tool_name"]) == ("success", 1, "orders")
    assert resolved(aws, envelope) == "a" * size
    row = aws.row(execution_id, "c1")
    assert (row["status"], "error_code" in row, "finished_at" in row) == ("success", False, True)


def test_who_called_directly_gets_the_result_at_once(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    answer = left(aws, clock, execution_id, route="direct")

    assert (answer["success"], answer["result"]) == (True, "a")


def test_what_an_older_attempt_left_changes_nothing(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    left(aws, clock, execution_id)
    aws.put(**{**aws.row(execution_id, "c1"), "status": "retrying", "attempts": 2, "owner": "another"})

    assert finished(aws, clock, execution_id)["status"] == "failed"


def test_a_record_that_has_ended_stands(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    left(aws, clock, execution_id)
    ended = {"status": "cancelled", "error_code": "Cancelled", "effect": "unknown"}
    aws.put(**{**aws.row(execution_id, "c1"), **ended})

    assert finished(aws, clock, execution_id)["status"] == "cancelled"


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"outcome": "{}", "sha256": "0"}'])
def test_what_is_not_whole_is_not_believed(aws: Aws, clock: FakeClock, execution_id: str, text: str) -> None:
    left(aws, clock, execution_id)
    aws.s3.put_object(Bucket=BUCKET, Key=key(aws, execution_id), Body=text.encode())

    envelope = finished(aws, clock, execution_id)

    assert (envelope["status"], envelope["error_code"], envelope["effect"]) == ("failed", "ToolCrashed", "unknown")


def test_a_bucket_that_does_not_answer_leaves_no_call_open(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    left(aws, clock, execution_id)
    s3 = FailingClient(aws.s3, before={"get_object": service_error()})

    envelope = finished(aws, clock, execution_id, s3=s3)

    assert (envelope["status"], envelope["effect"]) == ("failed", "unknown")


def test_of_calls_that_never_began_the_bucket_is_not_asked(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    planned(aws, execution_id, PENDING, PENDING)
    s3 = FailingClient(aws.s3)

    finished(aws, clock, execution_id, s3=s3)

    assert s3.calls == []


def test_what_the_attempt_beside_a_hedge_left_is_written_down(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    left(aws, clock, execution_id)
    row = aws.row(execution_id, "c1")
    held_by_hedge = {"attempts": 2, "owner": "the hedge", "hedge_attempt": 2, "hedged_owner": row["owner"], "hedges": 1}
    aws.put(**{**row, **held_by_hedge})

    envelope = finished(aws, clock, execution_id)

    assert (envelope["status"], envelope["attempts"], envelope["metadata"]["hedges"]) == ("success", 2, 1)
