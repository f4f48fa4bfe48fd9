"""Calls that refer to earlier results and have a key: what is one call, and which kept answer is theirs."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.referring_calls import attempt, earlier, ref, referring
from tests.unit.runtime.sample_tools import EFFECTS
from tool_contract import strict_json

if TYPE_CHECKING:
    from tests.unit.runtime.aws import Aws
    from tests.unit.runtime.fake_clock import FakeClock


@pytest.fixture(autouse=True)
def _no_effects() -> None:
    EFFECTS.clear()


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
