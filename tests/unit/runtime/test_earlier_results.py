"""An input that refers to earlier results: read from the execution's records, put in place, written down, run on."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.runtime import earlier_results, left_outcome
from lambdas.runtime.artifacts import ArtifactStore
from tests.unit.runtime.aws import BUCKET, FailingClient, service_error
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


@pytest.mark.parametrize(
    ("pointer", "said"),
    [
        ("/items/2/code", "The result of 'first' has nothing at '/items/2/code': '/items' is an array of 2."),
        ("/note/code", "The result of 'first' has nothing at '/note/code': '/note' is null."),
    ],
)
def test_where_there_is_nothing_the_call_ends_with_the_place_and_is_not_tried_again(
    aws: Aws, clock: FakeClock, execution_id: str, pointer: str, said: str
) -> None:
    earlier(aws, execution_id)
    referring(aws, execution_id, {"text": ref(pointer)})

    told = attempt(aws, clock, execution_id, "orders")

    assert (told["error_code"], told["error"]) == ("ReferenceFailed", said)
    assert (told["retryable"], told["effect"], told["details"][0]["pointer"]) == (False, "none", "/text")
    assert EFFECTS == []


@pytest.mark.parametrize("status", ["failed", "timeout", "skipped", "cancelled", "running", "pending"])
def test_a_call_without_a_result_cannot_be_referred_to(
    aws: Aws, clock: FakeClock, execution_id: str, status: str
) -> None:
    earlier(aws, execution_id, status=status)
    referring(aws, execution_id, {"text": ref("/items")})

    told = attempt(aws, clock, execution_id, "orders")

    assert (told["error_code"], told["error"]) == (
        "ReferenceFailed",
        f"The call 'first' has no result: it is {status}.",
    )
    assert EFFECTS == []


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


@pytest.mark.parametrize(
    "left",
    [
        "{",
        "[]",
        "{}",
        '{"sha256":"0","outcome":"{}"}',
        '{"sha256":"0","outcome":5}',
        f'{{"sha256":"{hashlib.sha256(b"{}").hexdigest()}","outcome":"{{}}"}}',
    ],
)
def test_a_success_that_was_left_and_is_not_whole_is_no_result(
    aws: Aws, clock: FakeClock, execution_id: str, left: str
) -> None:
    earlier(aws, execution_id, status="running", owner="request-1")
    ArtifactStore(BUCKET, aws.s3).put(f"executions/{execution_id}/first/outcome-1-request-.json", left)
    referring(aws, execution_id, {"text": ref("/code")})

    told = attempt(aws, clock, execution_id, "orders")

    assert (told["error_code"], told["retryable"], told["effect"]) == ("ReferenceFailed", False, "none")
    assert told["error"] == "The call 'first' has no result that can be read: what it left is not whole."
    assert told["details"][0]["pointer"] == "/text"
    assert EFFECTS == []


@pytest.mark.parametrize("row", [{"result": "{"}, {"result_ref": "{}"}, {"result_ref": "null"}])
def test_a_record_whose_result_cannot_be_read_has_none(
    aws: Aws, clock: FakeClock, execution_id: str, row: dict[str, str]
) -> None:
    earlier(aws, execution_id, **row)
    referring(aws, execution_id, {"text": ref("/code")})

    assert attempt(aws, clock, execution_id, "orders")["error_code"] == "ReferenceFailed"
    assert EFFECTS == []


@pytest.mark.parametrize("operation", ["get_item", "update_item"])
def test_where_the_history_does_not_answer_the_tool_is_not_run_and_may_be_tried_again(
    aws: Aws, clock: FakeClock, execution_id: str, operation: str
) -> None:
    """The record is taken first; then results are read, and what they come to is written."""
    earlier(aws, execution_id)
    referring(aws, execution_id, {"text": ref("/items/0/code")})
    database = FailingClient(aws.dynamodb, before={operation: service_error()}, spared=1)

    told = attempt(aws, clock, execution_id, "orders", dynamodb=database)

    assert (told["error_code"], told["retryable"], told["effect"]) == ("HistoryUnavailable", True, "none")
    assert EFFECTS == []


def test_where_s3_does_not_answer_for_a_result_it_may_be_tried_again(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    stored = ArtifactStore(BUCKET, aws.s3).put(f"executions/{execution_id}/first/result.json", '"x"')
    earlier(aws, execution_id, result_ref=strict_json.dumps(stored.model_dump()))
    referring(aws, execution_id, {"text": ref("")})

    told = attempt(aws, clock, execution_id, "orders", s3=FailingClient(aws.s3, before={"get_object": service_error()}))

    assert (told["error_code"], told["retryable"], told["effect"]) == ("Unavailable", True, "none")
    assert EFFECTS == []


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


def test_what_is_too_large_or_too_deep_is_not_put_in(
    aws: Aws, clock: FakeClock, execution_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(earlier_results, "MAX_RESOLVED_INPUT_BYTES", 20)
    deep: Any = "x"
    for _ in range(60):
        deep = [deep]
    earlier(aws, execution_id, result={"large": "x" * 30, "half": "y" * 12, "deep": deep})
    for number, tool_input in enumerate([{"text": ref("/large")}, {"text": [ref("/half"), ref("/half")]}]):
        referring(aws, execution_id, tool_input, call_id=f"large-{number}")
        told = attempt(aws, clock, execution_id, call_id=f"large-{number}")
        assert (told["error_code"], told["error"]) == (
            "ReferenceFailed",
            "The results that the input refers to are larger than 20 bytes.",
        )
    monkeypatch.setattr(earlier_results, "MAX_RESOLVED_INPUT_BYTES", 2_000)
    referring(aws, execution_id, {"text": [[[[[ref("/deep")]]]]]})
    assert "deeper than 64 levels" in attempt(aws, clock, execution_id)["error"]


def test_equal_results_share_a_kept_answer_and_others_do_not(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    """The cache goes by what the input came to: an equal reference in another execution may mean something else."""
    for number, code in enumerate(["same", "same", "other"]):
        earlier(aws, f"{execution_id}{number}", result={"code": code})
        referring(aws, f"{execution_id}{number}", {"text": ref("/code")})
        attempt(aws, clock, f"{execution_id}{number}", "looks_up")

    assert EFFECTS == ["looks up same", "looks up other"]


def keyed(aws: Aws, execution_id: str, code: str, own: Any = None, *fallbacks: Any) -> None:
    """An order with a key, of what an earlier call found unless it says itself; callers are those of one test."""
    earlier(aws, execution_id, result={"code": code})
    more = {"fallbacks": strict_json.dumps([{"tool_name": "orders", "input": each} for each in fallbacks])}
    referring(
        aws,
        execution_id,
        own or {"text": ref("/code")},
        idempotency_key="one order",
        caller=execution_id[:-1],
        tool_name="orders",
        tool_day="orders#2026-11-20#0",
        **(more if fallbacks else {}),
    )


def test_an_idempotency_key_goes_by_what_the_input_came_to(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    told = []
    for number, code in enumerate(["same", "same", "other"]):
        keyed(aws, f"{execution_id}{number}", code)
        told.append(attempt(aws, clock, f"{execution_id}{number}", "orders"))

    assert EFFECTS == ["orders same"]
    assert told[:2] == [{"call_id": "c1"}] * 2
    assert told[2]["error_code"] == "IdempotencyKeyReused"


def test_a_key_means_the_same_with_a_result_as_with_the_same_words(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    keyed(aws, f"{execution_id}0", "same")
    attempt(aws, clock, f"{execution_id}0", "orders")
    text = strict_json.canonical(["orders", {"text": "same"}])
    words = {"idempotency_key": "one order", "input_hash": hashlib.sha256(text.encode()).hexdigest()}
    referring(aws, f"{execution_id}1", {"text": "same"}, caller=execution_id, tool_name="orders", **words)

    assert attempt(aws, clock, f"{execution_id}1", "orders") == {"call_id": "c1"}
    assert EFFECTS == ["orders same"]


def test_a_key_covers_what_fallbacks_refer_to_whichever_candidate_comes_to_run(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    for number, code in enumerate(["same", "same", "other"]):
        keyed(aws, f"{execution_id}{number}", code, {"text": "any"}, {"text": ref("/code")})
    first = attempt(aws, clock, f"{execution_id}0", "orders", candidate=1, attempt=2)
    second = attempt(aws, clock, f"{execution_id}1", "orders")
    third = attempt(aws, clock, f"{execution_id}2", "orders")

    assert (first, second) == ({"call_id": "c1"}, {"call_id": "c1"})
    assert third["error_code"] == "IdempotencyKeyReused"
    assert EFFECTS == ["orders same"]


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
