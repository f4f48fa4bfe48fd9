"""An input that refers to what is not there, cannot be read, or cannot stand in an input."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.runtime import earlier_results
from lambdas.runtime.artifacts import ArtifactStore
from tests.unit.runtime.aws import BUCKET, FailingClient, service_error
from tests.unit.runtime.referring_calls import attempt, earlier, ref, referring
from tests.unit.runtime.sample_tools import EFFECTS
from tool_contract import strict_json

if TYPE_CHECKING:
    from tests.unit.runtime.aws import Aws
    from tests.unit.runtime.fake_clock import FakeClock


@pytest.fixture(autouse=True)
def _no_effects() -> None:
    EFFECTS.clear()


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
