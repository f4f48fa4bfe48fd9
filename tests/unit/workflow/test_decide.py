"""The one place that chooses: another attempt, the next candidate, or the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.fake_clock import START
from tests.unit.workflow.iteration import DEADLINE_MS, attempt_failed, candidate, item
from tool_contract.attempt import AttemptContext, AttemptEntry, metadata_from_log

if TYPE_CHECKING:
    from tests.unit.workflow.iteration import Iteration

UNKNOWN = {"error_code": "ToolTimeout", "status": "timeout", "effect": "unknown", "error_type": "States.Timeout"}
FINAL = {"error_code": "NotFound", "retryable": False, "error_type": "NotFound"}
THROTTLED = {"error_code": "Throttled", "begun": False}
SUPERSEDED = {"error_code": "Superseded", "retryable": False, "begun": False}


def test_a_passing_failure_is_tried_again_after_the_drawn_delay(iteration: Iteration) -> None:
    before = item()

    following, after = iteration.failed(before)

    assert following == "Backoff"
    assert after == before | {
        "began_at": START, "failure": attempt_failed(), "wait": 1, "attempt": 2, "try": 2,
        "log": [
            {"attempt": 1, "candidate": 0, "tool_name": "orders", "started_at": START, "duration_ms": 12.5,
             "decision": "retry", "delay_seconds": 1, "error_code": "Unavailable", "error": "Not now.",
             "error_type": "Unavailable", "effect": "none"},
        ],
    }  # fmt: skip


def test_each_retry_waits_for_its_own_delay_until_they_are_used_up(iteration: Iteration) -> None:
    state, waits = item(), []

    following, state = iteration.failed(state)
    while following == "Backoff":
        waits.append(iteration.field("Backoff", "Seconds", state))
        following, state = iteration.failed(state)

    assert (following, waits, state["attempt"], len(state["log"])) == ("RecordFailure", [1, 2, 4], 4, 3)


@pytest.mark.parametrize(("delays", "retries"), [([], 0), ([3], 1), ([0, 0], 2)])
def test_one_delay_or_none_is_counted_right(iteration: Iteration, delays: list[int], retries: int) -> None:
    state, following = item(candidate(delays=delays)), "Backoff"
    for _ in range(retries):
        following, state = iteration.failed(state)
        assert (following, state["wait"]) == ("Backoff", delays[0])

    assert iteration.failed(state)[0] == "RecordFailure"


@pytest.mark.parametrize(
    ("asked", "wait"),
    [pytest.param(0, 1, id="nothing"), pytest.param(1, 1, id="as long"), pytest.param(7, 7, id="longer")],
)
def test_a_tool_that_asks_for_a_longer_wait_gets_it(iteration: Iteration, asked: int, wait: int) -> None:
    _, after = iteration.failed(item(), retry_after_seconds=asked)

    assert (after["wait"], after["log"][0]["delay_seconds"]) == (wait, wait)


@pytest.mark.parametrize(
    ("left_ms", "asked", "expected"),
    [
        (1_001, 0, "Backoff"),
        (1_000, 0, "RecordFailure"),
        (7_001, 7, "Backoff"),
        (7_000, 7, "RecordFailure"),
        (-1, 0, "RecordFailure"),
    ],
)
def test_a_wait_that_would_pass_the_deadline_is_not_begun(
    iteration: Iteration, left_ms: int, asked: int, expected: str
) -> None:
    iteration.now_ms = DEADLINE_MS - left_ms

    assert iteration.failed(item(), retry_after_seconds=asked)[0] == expected


@pytest.mark.parametrize(
    ("marks", "failure", "expected"),
    [
        pytest.param({}, {}, "Backoff", id="nothing was done"),
        pytest.param({}, UNKNOWN, "RecordFailure", id="unknown, not repeatable"),
        pytest.param({"repeatable": True}, UNKNOWN, "Backoff", id="unknown, repeatable"),
        pytest.param({"read_only": True}, {**UNKNOWN, "effect": "none"}, "Backoff", id="read-only"),
        pytest.param({}, {"effect": "applied"}, "RecordFailure", id="applied, not repeatable"),
        pytest.param({"repeatable": True}, FINAL, "RecordFailure", id="final, though repeatable"),
        pytest.param({}, {"retryable": True, "effect": "none", "begun": False}, "Backoff", id="never begun"),
    ],
)
def test_only_what_is_worth_it_and_harmless_is_tried_again(
    iteration: Iteration, marks: dict[str, Any], failure: dict[str, Any], expected: str
) -> None:
    assert iteration.failed(item(candidate(**marks)), **failure)[0] == expected


def test_an_attempt_that_never_began_leaves_its_number_free_but_uses_up_a_try(iteration: Iteration) -> None:
    following, after = iteration.failed(item(), **THROTTLED)

    assert (following, after["attempt"], after["try"], after["wait"]) == ("Backoff", 1, 2, 1)
    assert [entry["attempt"] for entry in after["log"]] == [1]


def test_throttling_ends_as_every_other_failure_does(iteration: Iteration) -> None:
    state = item()
    for _ in range(3):
        following, state = iteration.failed(state, **THROTTLED)
        assert following == "Backoff"

    assert iteration.failed(state, **THROTTLED)[0] == "RecordFailure"
    assert state["attempt"] == 1


@pytest.mark.parametrize(
    ("marks", "failure", "expected"),
    [
        pytest.param({}, FINAL, "Invoke", id="final without an effect"),
        pytest.param({"delays": []}, {}, "Invoke", id="no retries left"),
        pytest.param({}, UNKNOWN, "RecordFailure", id="unknown, not repeatable"),
        pytest.param({"repeatable": True, "delays": []}, UNKNOWN, "Invoke", id="unknown, repeatable"),
        pytest.param({}, SUPERSEDED, "RecordFailure", id="another attempt owns the call"),
        pytest.param({}, {**FINAL, "effect": "applied"}, "RecordFailure", id="something was done"),
    ],
)
def test_the_next_candidate_runs_where_nothing_may_have_been_done(
    iteration: Iteration, marks: dict[str, Any], failure: dict[str, Any], expected: str
) -> None:
    assert iteration.failed(item(candidate(**marks), candidate("sets")), **failure)[0] == expected


def test_a_fallback_begins_with_its_own_tries_and_the_next_number(iteration: Iteration) -> None:
    before = item(candidate(), candidate("sets", delays=[9]))
    _, once = iteration.failed(before)

    following, after = iteration.failed(once, **FINAL)

    assert (following, after["candidate"], after["attempt"], after["try"]) == ("Invoke", 1, 3, 1)
    assert [(entry["attempt"], entry["decision"]) for entry in after["log"]] == [(1, "retry"), (2, "fallback")]
    assert "delay_seconds" not in after["log"][1]
    assert iteration.field("Invoke", "Arguments", after)["FunctionName"] == "arn:sets"
    following, again = iteration.failed(after)
    assert (following, again["wait"], again["attempt"], again["candidate"]) == ("Backoff", 9, 4, 1)


def test_a_fallback_after_an_attempt_that_never_began_has_the_same_number(iteration: Iteration) -> None:
    _, after = iteration.failed(item(candidate(delays=[]), candidate("sets")), **THROTTLED)

    assert (after["candidate"], after["attempt"]) == (1, 1)


def test_all_fallbacks_are_tried_in_order_and_then_the_call_ends(iteration: Iteration) -> None:
    state, names, following = item(*(candidate(f"t{number}", delays=[]) for number in range(6))), [], "Invoke"

    while following == "Invoke":
        names.append(iteration.field("Invoke", "Arguments", state)["Payload"]["tool_name"])
        following, state = iteration.failed(state, **FINAL)

    assert (names, following) == ([f"t{number}" for number in range(6)], "RecordFailure")


@pytest.mark.parametrize(("left_ms", "expected"), [(1, "Invoke"), (0, "RecordFailure")])
def test_no_fallback_begins_after_the_deadline(iteration: Iteration, left_ms: int, expected: str) -> None:
    iteration.now_ms = DEADLINE_MS - left_ms

    assert iteration.failed(item(candidate(), candidate("sets")), **FINAL)[0] == expected


LATE = {"error_code": "DeadlineExceeded", "status": "timeout", "retryable": False, "begun": False}


@pytest.mark.parametrize(
    ("state", "failure", "left_ms", "expected"),
    [
        pytest.param({}, LATE, 0, "StopAtDeadline", id="at the deadline"),
        pytest.param({"mode": "sequence"}, LATE, -1, "StopAtDeadline", id="in a sequence"),
        pytest.param({}, THROTTLED, -1, "StopAtDeadline", id="throttled until it passed"),
        pytest.param({}, LATE, 1, "RecordFailure", id="before it"),
        pytest.param({"attempt": 2}, LATE, -1, "RecordFailure", id="an attempt ran before"),
        pytest.param({}, {**LATE, "begun": True}, -1, "RecordFailure", id="the tool ran"),
    ],
)
def test_the_first_call_that_the_deadline_met_before_it_began_stops_all_that_wait(
    iteration: Iteration, state: dict[str, Any], failure: dict[str, Any], left_ms: int, expected: str
) -> None:
    iteration.now_ms = DEADLINE_MS - left_ms

    assert iteration.failed(item(**state), **failure)[0] == expected


def test_a_failure_for_good_stops_a_sequence(iteration: Iteration) -> None:
    assert iteration.failed(item(mode="sequence"), **FINAL)[0] == "RecordAndStop"
    assert iteration.failed(item(mode="sequence"))[0] == "Backoff"


def test_what_goes_to_the_tool_is_a_context_that_it_reads(iteration: Iteration) -> None:
    state = item(candidate(), candidate("sets", timeout_seconds=7.5))
    _, state = iteration.failed(state)
    _, state = iteration.failed(state, **FINAL)

    payload = iteration.field("Invoke", "Arguments", state)["Payload"]

    context = AttemptContext.model_validate(payload["context"])
    assert (context.route, context.attempt, context.candidate, context.timeout_seconds) == ("workflow", 3, 1, 7.5)
    assert (context.execution_id, context.call_id, context.correlation_id) == ("e1", "c1", "k")
    assert [entry.decision for entry in context.attempt_log] == ["retry", "fallback"]
    assert payload.keys() == {"tool_name", "context"}


@pytest.mark.parametrize("entries", [0, 1, 2])
def test_the_log_is_an_array_however_short(iteration: Iteration, entries: int) -> None:
    state = item()
    for _ in range(entries):
        _, state = iteration.failed(state)

    log = iteration.field("Invoke", "Arguments", state)["Payload"]["context"]["attempt_log"]

    assert (log, len(log)) == (state["log"], entries)


def test_the_log_says_what_the_envelopes_metadata_needs(iteration: Iteration) -> None:
    _, state = iteration.failed(item(candidate(), candidate("sets")), retry_after_seconds=3)
    _, state = iteration.failed(state, **FINAL, error="There is none.")

    log = [AttemptEntry.model_validate(entry) for entry in state["log"]]
    done = AttemptEntry(attempt=3, candidate=1, tool_name="sets", started_at=START, duration_ms=1, decision="done")

    assert metadata_from_log([*log, done]) == {
        "attempt_durations": [12.5, 12.5, 1], "retry_reasons": ["Unavailable: Not now."], "retry_delays": [3_000],
        "fallback_used": True, "fallback_index": 0, "primary_error": "NotFound: There is none.",
    }  # fmt: skip
