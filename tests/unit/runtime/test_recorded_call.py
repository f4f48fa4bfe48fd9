"""An attempt of the state machine: the record is taken, the tool run, the record ended; failures are raised."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.runtime.invocation import AttemptFailed
from tests.unit.runtime.aws import BUCKET
from tests.unit.runtime.fake_clock import START
from tests.unit.runtime.sample_tools import EFFECTS, event, invoker, pending_call
from tool_contract.limits import MAX_INLINE_BYTES, MAX_RAISED_CHARACTERS
from tool_contract.record import envelope_from_record

if TYPE_CHECKING:
    from tests.unit.runtime.aws import Aws
    from tests.unit.runtime.fake_clock import FakeClock

#: A cause holds so many characters; the runtime's frame (class, stack trace, request id) takes the rest.
CAUSE_CHARACTERS = 32_768


@pytest.fixture(autouse=True)
def _no_effects() -> None:
    EFFECTS.clear()


def raised(aws: Aws, clock: FakeClock, given: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(AttemptFailed) as failed:
        invoker(aws, clock).invoke(given, "request-1")
    envelope: dict[str, Any] = json.loads(str(failed.value))
    return envelope


def test_a_success_goes_into_the_record_and_only_the_calls_id_into_the_state(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    pending_call(aws, execution_id)

    assert invoker(aws, clock).invoke(event("reads", execution_id, {"text": "a"}), "request-1") == {"call_id": "c1"}

    row = aws.row(execution_id, "c1")
    assert json.loads(row.pop("result")) == {"text": "a", "attempt": 1, "call": "c1"}
    assert json.loads(row.pop("attempt_log")) == [
        {
            "attempt": 1,
            "candidate": 0,
            "tool_name": "reads",
            "started_at": START,
            "duration_ms": 0.0,
            "decision": "done",
        }
    ]
    assert row.items() >= {
        "status": "success", "attempts": 1, "owner": "request-1", "attempt_started_at": START, "finished_at": START,
        "fallback_used": False, "tool_name": "reads", "execution_time_ms": 0,
    }.items()  # fmt: skip
    assert envelope_from_record(row | {"result": "{}"}).success


def test_the_input_comes_from_the_record_where_the_event_has_none(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    pending_call(aws, execution_id)

    invoker(aws, clock).invoke(event("reads", execution_id), "request-1")

    assert EFFECTS == ["reads recorded"]


def test_a_fallback_takes_its_own_input_from_the_record(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    fallbacks = [{"tool_name": "sets", "input": {"text": "first"}}, {"tool_name": "sets", "input": {"text": "second"}}]
    pending_call(aws, execution_id, fallbacks=json.dumps(fallbacks))

    invoker(aws, clock).invoke(event("sets", execution_id, candidate=2, attempt=3), "request-1")

    assert EFFECTS == ["sets second"]
    row = aws.row(execution_id, "c1")
    assert (row["tool_name"], row["fallback_used"], row["attempts"]) == ("sets", True, 3)


@pytest.mark.parametrize("missing", [{"candidate": 1}, {"candidate": 7, "attempt": 2}])
def test_a_candidate_that_the_record_does_not_know_is_misconfigured(
    aws: Aws, clock: FakeClock, execution_id: str, missing: dict[str, int]
) -> None:
    pending_call(aws, execution_id)

    envelope = raised(aws, clock, event("sets", execution_id, **missing))

    assert (envelope["error_code"], envelope["effect"], EFFECTS) == ("Misconfigured", "none", [])


def test_a_call_without_a_record_is_not_run(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    envelope = raised(aws, clock, event("orders", execution_id))

    assert (envelope["error_code"], envelope["effect"], envelope["begun"], EFFECTS) == (
        "Misconfigured",
        "none",
        False,
        [],
    )
    assert aws.row(execution_id, "c1") == {}


def test_a_failure_is_raised_with_its_envelope_in_the_shape_of_the_workflow(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    pending_call(aws, execution_id)

    assert raised(aws, clock, event("fails", execution_id, {"how": "rate limited"})) == {
        "success": False, "call_id": "c1", "tool_name": "fails", "status": "failed", "error": "Later.",
        "error_code": "RateLimited", "retryable": True, "effect": "none", "retry_after_seconds": 2, "begun": True,
        "details": [{"pointer": "", "message": "Later.", "error_code": "RateLimited", "hint": "Come back."}],
        "error_type": "RateLimited", "execution_time_ms": 0.0, "attempts": 1,
    }  # fmt: skip
    assert aws.row(execution_id, "c1")["status"] == "running"


@pytest.mark.parametrize("how", ["unavailable", "never", "applied", "long", "bug", "exit", "cancelled", "memory"])
def test_every_raised_failure_has_all_that_decide_reads_in_fixed_types(
    aws: Aws, clock: FakeClock, execution_id: str, how: str
) -> None:
    pending_call(aws, execution_id)

    envelope = raised(aws, clock, event("fails", execution_id, {"how": how}))

    kinds = {
        "error_code": str, "status": str, "error": str, "retryable": bool, "effect": str, "begun": bool,
        "error_type": str, "retry_after_seconds": int, "details": list, "execution_time_ms": float,
    }  # fmt: skip
    assert {name: type(envelope[name]) for name in kinds} == kinds


@pytest.mark.parametrize("field", ['"', "\\", "ä", "x"])
def test_what_is_raised_fits_into_a_cause_whatever_is_wrong_with_the_input(
    aws: Aws, clock: FakeClock, execution_id: str, field: str
) -> None:
    pending_call(aws, execution_id)
    bad = {field * 50 + str(number): 1 for number in range(2_000)}

    with pytest.raises(AttemptFailed) as failed:
        invoker(aws, clock).invoke(event("reads", execution_id, bad), "request-1")

    assert len(json.dumps(str(failed.value), ensure_ascii=False)) <= MAX_RAISED_CHARACTERS < CAUSE_CHARACTERS
    envelope = json.loads(str(failed.value))
    assert "(and 1999 more)" in envelope["error"]
    assert envelope["details"]


def test_a_second_attempt_is_retrying_and_counts_from_the_first_one(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    pending_call(aws, execution_id)
    raised(aws, clock, event("fails", execution_id, {"how": "unavailable"}))
    clock.advance(2_500)
    log = [
        {"attempt": 1, "tool_name": "fails", "started_at": START, "duration_ms": 1, "decision": "retry",
         "error_code": "Unavailable", "error": "Not now.", "delay_seconds": 2},
    ]  # fmt: skip

    seen: dict[str, str] = {}
    original = aws.dynamodb.update_item

    class Watching:
        exceptions = aws.dynamodb.exceptions

        def update_item(self, **arguments: Any) -> Any:
            answer = original(**arguments)
            seen.setdefault("status", aws.row(execution_id, "c1")["status"])
            return answer

    invoker(aws, clock, dynamodb=Watching()).invoke(
        event("reads", execution_id, attempt=2, attempt_log=log), "request-2"
    )

    row = aws.row(execution_id, "c1")
    assert seen["status"] == "retrying"
    assert (row["status"], row["attempts"], row["execution_time_ms"]) == ("success", 2, 2_500)
    assert envelope_from_record(row).metadata["retry_delays"] == [2_000]


def test_a_large_result_goes_to_s3_with_its_hash(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    pending_call(aws, execution_id)

    invoker(aws, clock).invoke(event("writes", execution_id, {"size": 300_000}), "request-1")

    row = aws.row(execution_id, "c1")
    ref = json.loads(row["result_ref"])
    text = aws.text(ref["key"])
    assert "result" not in row
    assert (ref["bucket"], ref["key"]) == (BUCKET, f"executions/{execution_id}/c1/result-1-request-.json")
    assert (ref["bytes"], ref["sha256"]) == (300_002, hashlib.sha256(text.encode()).hexdigest())
    assert json.loads(text) == "x" * 300_000


@pytest.mark.parametrize(("characters", "inline"), [(MAX_INLINE_BYTES - 2, True), (MAX_INLINE_BYTES - 1, False)])
def test_a_result_stays_inline_up_to_its_limit(
    aws: Aws,
    clock: FakeClock,
    execution_id: str,
    characters: int,
    inline: bool,  # noqa: FBT001
) -> None:
    pending_call(aws, execution_id)

    invoker(aws, clock).invoke(event("writes", execution_id, {"size": characters}), "request-1")

    assert ("result" in aws.row(execution_id, "c1")) is inline


@pytest.mark.parametrize(
    ("tool_name", "code"),
    [("not_finite", "NonFiniteResult"), ("lies", "BadToolResponse"), ("writes", "ResultTooLarge")],
)
def test_an_unusable_result_is_a_failure_with_its_own_code(
    aws: Aws, clock: FakeClock, execution_id: str, tool_name: str, code: str
) -> None:
    pending_call(aws, execution_id)

    envelope = raised(aws, clock, event(tool_name, execution_id, {"size": 6_000_000} if tool_name == "writes" else {}))

    assert (envelope["error_code"], envelope["retryable"], envelope["effect"]) == (code, False, "none")
    if code == "NonFiniteResult":
        assert "/a/1" in envelope["error"]


def test_a_deadline_that_has_passed_is_answered_at_once_and_nothing_is_begun(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    pending_call(aws, execution_id)

    envelope = raised(aws, clock, event("orders", execution_id, deadline=START))

    assert (envelope["error_code"], envelope["status"], envelope["effect"]) == ("DeadlineExceeded", "timeout", "none")
    assert (envelope["begun"], envelope["retryable"], envelope["attempts"], EFFECTS) == (False, False, 0, [])
    assert aws.row(execution_id, "c1")["status"] == "pending"


@pytest.mark.parametrize(
    "broken", [{"attempt": 0}, {"candidate": "x"}, {"attempt_log": [{}]}, {"deadline": "noon"}, {"call_id": 5}]
)
def test_the_state_machine_sees_a_failure_even_of_a_context_that_cannot_be_read(
    aws: Aws, clock: FakeClock, execution_id: str, broken: dict[str, Any]
) -> None:
    assert raised(aws, clock, event("reads", execution_id, {}, **broken))["error_code"] == "InvalidRequest"


def test_the_direct_route_gets_the_envelope_that_it_may_keep(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    pending_call(aws, execution_id)

    answer = invoker(aws, clock).invoke(event("writes", execution_id, {"size": 9_000}, route="direct"), "request-1")

    assert answer["result_ref"]["bytes"] == 9_002
    assert "result" not in answer
