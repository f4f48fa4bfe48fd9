"""An input that refers to earlier results: read from the execution's records, put in place, written down, run on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lambdas.runtime import left_outcome
from lambdas.runtime.artifacts import ArtifactStore
from tests.unit.runtime.aws import BUCKET, FailingClient
from tests.unit.runtime.referring_calls import attempt, earlier, ref, referring
from tests.unit.runtime.sample_tools import EFFECTS, event, invoker, pending_call, plain_invoker
from tool_contract import strict_json
from tool_contract.attempt import AttemptContext
from tool_contract.limits import MAX_INLINE_BYTES

if TYPE_CHECKING:
    from tests.unit.runtime.aws import Aws
    from tests.unit.runtime.fake_clock import FakeClock


@pytest.fixture(autouse=True)
def _no_effects() -> None:
    EFFECTS.clear()


def test_the_tool_runs_on_the_result_and_the_record_keeps_what_was_asked_and_what_it_came_to(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    earlier(aws, execution_id)
    referring(aws, execution_id, {"text": ref("/items/1/code")})

    assert attempt(aws, clock, execution_id) == {"call_id": "c1"}

    row = aws.row(execution_id, "c1")
    assert EFFECTS == ["reads CD2"]
    assert json.loads(row["input"]) == {"text": ref("/items/1/code")}
    assert (json.loads(row["resolved_input"]), row["resolved_candidate"]) == ({"text": "CD2"}, 0)
    assert row["status"] == "success"


def test_an_input_without_references_is_written_down_once_and_reads_nothing(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    pending_call(aws, execution_id)
    database = FailingClient(aws.dynamodb)

    attempt(aws, clock, execution_id, dynamodb=database)

    assert database.calls == ["update_item", "update_item"]
    assert "resolved_input" not in aws.row(execution_id, "c1")


def test_each_result_is_read_once_however_often_it_is_referred_to(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    earlier(aws, execution_id, result={"text": "a"})
    earlier(aws, execution_id, result="how", call_id="second")
    referring(aws, execution_id, {"text": ref("/text"), "size": ref("/size"), "fail": ref("", "second")})
    database = FailingClient(aws.dynamodb)

    told = attempt(aws, clock, execution_id, "looks_up", dynamodb=database)

    assert told["error_code"] == "ReferenceFailed"
    assert database.calls == ["update_item", "get_item"]


def test_a_result_in_s3_is_fetched_and_a_large_input_goes_there(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    large = "x" * (MAX_INLINE_BYTES + 1)
    ref_in_s3 = ArtifactStore(BUCKET, aws.s3).put(f"executions/{execution_id}/first/result.json", json.dumps(large))
    earlier(aws, execution_id, result=None, result_ref=strict_json.dumps(ref_in_s3.model_dump()))
    referring(aws, execution_id, {"text": ref("")})

    attempt(aws, clock, execution_id, "sets")

    row = aws.row(execution_id, "c1")
    kept = json.loads(row["resolved_input_ref"])
    assert [f"sets {large}"] == EFFECTS
    assert "resolved_input" not in row
    assert json.loads(aws.text(kept["key"])) == {"text": large}
    assert kept["key"].startswith(f"executions/{execution_id}/c1/")


def test_a_second_attempt_runs_on_the_same_and_writes_it_down_no_second_time(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    earlier(aws, execution_id, result={"how": "unavailable"})
    referring(aws, execution_id, {"how": ref("/how")})
    database = FailingClient(aws.dynamodb)

    first = attempt(aws, clock, execution_id, "fails_reading", dynamodb=database)
    second = attempt(aws, clock, execution_id, "fails_reading", dynamodb=database, attempt=2, owner="another")

    assert (first["error_code"], second["error_code"]) == ("Unavailable", "Unavailable")
    assert database.calls == ["update_item", "get_item", "update_item", "update_item", "get_item"]
    assert json.loads(aws.row(execution_id, "c1")["resolved_input"]) == {"how": "unavailable"}


def test_a_fallbacks_own_references_are_followed_and_take_the_place_of_the_calls(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    earlier(aws, execution_id)
    fallbacks = [{"tool_name": "sets", "input": {"text": ref("/items/1/code")}}]
    referring(aws, execution_id, {"text": ref("/items/0/code")}, fallbacks=strict_json.dumps(fallbacks))

    attempt(aws, clock, execution_id, "sets", candidate=1, attempt=2)

    row = aws.row(execution_id, "c1")
    assert EFFECTS == ["sets CD2"]
    assert (json.loads(row["resolved_input"]), row["resolved_candidate"]) == ({"text": "CD2"}, 1)


def test_a_call_of_another_execution_is_not_seen(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    earlier(aws, f"{execution_id}-other")
    referring(aws, execution_id, {"text": ref("/items/0/code")})

    told = attempt(aws, clock, execution_id)

    assert told["error"] == "The call 'first' has no result: the history does not hold it."


def test_a_success_that_its_record_did_not_take_is_found_where_it_was_left(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    earlier(aws, execution_id, status="running", owner="owner of the first")
    context = AttemptContext(execution_id=execution_id, call_id="first", attempt=1)
    outcome = {"result": strict_json.dumps({"code": "left"})}
    left_outcome.leave(ArtifactStore(BUCKET, aws.s3), context, "owner of the first", outcome)
    referring(aws, execution_id, {"text": ref("/code")})

    attempt(aws, clock, execution_id)

    assert EFFECTS == ["reads left"]


def test_the_tools_own_types_decide_and_say_where_the_value_came_from(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    earlier(aws, execution_id)
    referring(aws, execution_id, {"text": ref("/count")})

    told = attempt(aws, clock, execution_id)

    assert told["error_code"] == "InvalidInput"
    assert told["details"] == [
        {
            "pointer": "/text",
            "message": "Input should be a valid string.",
            "error_code": "InvalidInput",
            "hint": "This came from the result of 'first' at '/count'.",
        }
    ]
    assert json.loads(aws.row(execution_id, "c1")["resolved_input"]) == {"text": 2}


def test_a_whole_number_that_a_tool_wrote_as_a_float_is_an_integer_where_it_is_put(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    earlier(aws, execution_id, result={"counts": [{"left": 3.0}, {"left": 0.5}]})
    referring(aws, execution_id, {"size": ref("/counts/0/left")})

    attempt(aws, clock, execution_id, "writes")

    row = aws.row(execution_id, "c1")
    assert (row["status"], row["resolved_input"]) == ("success", '{"size":3}')


def test_nothing_in_a_result_is_taken_for_a_reference(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    """A page that a browser read, say, may hold anything."""
    earlier(aws, execution_id, result={"text": ref("/secret", "other")})
    earlier(aws, execution_id, result={"secret": "x"}, call_id="other")
    referring(aws, execution_id, {"text": ref("/text")})

    told = attempt(aws, clock, execution_id)

    assert told["error_code"] == "InvalidInput"
    assert json.loads(aws.row(execution_id, "c1")["resolved_input"]) == {"text": ref("/secret", "other")}


def test_a_result_cannot_name_a_secret(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    earlier(aws, execution_id, result={"password": {"secret_ref": "shop/database"}, "code": "A"})
    referring(aws, execution_id, {"text": ref("")})

    told = attempt(aws, clock, execution_id)

    assert (told["error_code"], told["details"][0]["pointer"]) == ("ReferenceFailed", "/text")
    assert "names a secret" in told["error"]
    assert "resolved_input" not in aws.row(execution_id, "c1")


@pytest.mark.parametrize("recorded", [True, False])
def test_outside_of_a_record_there_is_nothing_to_refer_to(
    aws: Aws,
    clock: FakeClock,
    execution_id: str,
    recorded: bool,  # noqa: FBT001 - a case's field
) -> None:
    pending_call(aws, execution_id)
    given = {"text": ref("/items")}
    asked = event("reads", execution_id, given, route="direct") if recorded else {"tool_name": "reads", "input": given}
    told = (invoker(aws, clock) if recorded else plain_invoker(clock)).invoke(asked, "request-1")

    assert (told["success"], told["error_code"], told["details"][0]["pointer"]) == (False, "InvalidRequest", "/text")
    assert "There is no earlier result here" in told["error"]
    assert EFFECTS == []
