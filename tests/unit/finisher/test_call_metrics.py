"""What records amount to as metrics: sums that are the records' own, each for the tool it belongs to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.finisher.call_metrics import metrics_of
from tool_contract.envelope import CallStatus
from tool_contract.metrics import FROM_RECORDS, Metric, outcome_metric
from tool_contract.shards import tool_day

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

STARTED = "2026-11-20T10:00:00.000Z"
BEGAN = "2026-11-20T10:00:00.250Z"


def entry(attempt: int, decision: str, tool: str = "ask", **more: Any) -> dict[str, Any]:
    return {
        "attempt": attempt,
        "tool_name": tool,
        "started_at": BEGAN,
        "duration_ms": 10.0,
        "decision": decision,
        **more,
    }


def record(status: str, *log: dict[str, Any], asked: str = "ask", **more: Any) -> dict[str, Any]:
    return {
        "status": status,
        "tool_name": log[-1]["tool_name"] if log else asked,
        "tool_day": tool_day(asked, "2026-11-20"),
        "attempts": max((one["attempt"] for one in log), default=0),
        "started_at": STARTED,
        "execution_time_ms": 30.0,
        "attempt_log": json.dumps(log) if log else None,
        **more,
    }


def counted(*records: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Return the counts, without the times."""
    times = {Metric.EXECUTION_TIME, Metric.QUEUE_TIME}
    found = metrics_of(records)
    return {
        tool: {metric.value: sum(values) for metric, values in given.items() if metric not in times}
        for tool, given in found.items()
    }


def test_a_success_at_once() -> None:
    assert metrics_of([record("success", entry(1, "done"))]) == {
        "ask": {
            Metric.CALLS: [1],
            Metric.CALLS_SUCCESS: [1],
            Metric.ATTEMPTS: [1],
            Metric.QUEUE_TIME: [250],
            Metric.EXECUTION_TIME: [30.0],
        }
    }


def test_times_are_told_of_each_call_and_counts_summed_up() -> None:
    values = metrics_of([record("success", entry(1, "done"), execution_time_ms=time) for time in (5.0, 7.0)])["ask"]

    assert (values[Metric.EXECUTION_TIME], values[Metric.CALLS]) == ([5.0, 7.0], [2])


def test_a_fallbacks_answer_is_a_success_of_the_tool_that_was_asked_for_and_an_attempt_of_the_other() -> None:
    log = [
        entry(1, "retry", error_code="Unavailable"),
        entry(2, "fallback", error_code="ToolTimeout"),
        entry(3, "done", "answer", candidate=1),
    ]

    assert counted(record("success", *log)) == {
        "ask": {"Calls": 1, "CallsSuccess": 1, "Attempts": 2, "Retries": 1, "Fallbacks": 1, "Timeouts": 1},
        "answer": {"Attempts": 1},
    }


def test_an_attempt_that_was_not_begun_is_a_retry_and_no_attempt() -> None:
    """Lambda had no room: the next attempt has the same number."""
    log = [entry(1, "retry", error_code="Throttled"), entry(1, "done")]

    assert counted(record("success", *log))["ask"] == {"Calls": 1, "CallsSuccess": 1, "Attempts": 1, "Retries": 1}


@pytest.mark.parametrize(("decision", "metric"), [("cached", "CacheHits"), ("replayed", "Replays")])
def test_a_stored_answer_is_counted_as_such(decision: str, metric: str) -> None:
    assert counted(record("success", entry(1, decision)))["ask"][metric] == 1


def test_a_call_that_never_began_has_an_outcome_and_nothing_else() -> None:
    assert metrics_of([record("skipped")]) == {"ask": {Metric.CALLS: [1], Metric.CALLS_SKIPPED: [1]}}


def test_a_call_whose_attempt_nobody_told_of_has_begun_and_timed_out() -> None:
    ended = record("timeout", attempts=1, attempt_started_at=BEGAN)

    assert metrics_of([ended])["ask"] == {
        Metric.CALLS: [1],
        Metric.CALLS_TIMEOUT: [1],
        Metric.ATTEMPTS: [1],
        Metric.TIMEOUTS: [1],
        Metric.QUEUE_TIME: [250],
        Metric.EXECUTION_TIME: [30.0],
    }


def test_a_timeout_that_its_log_tells_is_counted_once() -> None:
    assert counted(record("timeout", entry(1, "end", error_code="ToolTimeout")))["ask"]["Timeouts"] == 1


@st.composite
def records(draw: DrawFn) -> dict[str, Any]:
    decisions = draw(st.lists(st.sampled_from(["retry", "fallback"]), max_size=5))
    last = draw(st.sampled_from(["done", "cached", "replayed", "end", None]))
    names = st.sampled_from(["ask", "answer", "third"])
    log, number = [], 1
    for decision in [*decisions, *([last] if last else [])]:
        log.append(entry(number, decision, draw(names)))
        number += draw(st.booleans())
    asked = draw(names)
    status = draw(st.sampled_from([status.value for status in CallStatus if status.is_terminal]))
    return record(status, *log, asked=asked, attempts=draw(st.integers(0, 9)))


@given(st.lists(records(), max_size=20))
def test_sums_over_all_tools_are_the_records(calls: list[dict[str, Any]]) -> None:
    found = metrics_of(calls)

    def total(metric: Metric) -> float:
        return sum(sum(given.get(metric, [])) for given in found.values())

    assert total(Metric.CALLS) == len(calls)
    assert total(Metric.ATTEMPTS) == sum(call["attempts"] for call in calls)
    for status in CallStatus:
        if status.is_terminal:
            assert total(outcome_metric(status)) == sum(call["status"] == status for call in calls)
    logs = [one for call in calls for one in json.loads(call["attempt_log"] or "[]")]
    for decision, metric in (("retry", Metric.RETRIES), ("fallback", Metric.FALLBACKS), ("cached", Metric.CACHE_HITS)):
        assert total(metric) == sum(one["decision"] == decision for one in logs)
    assert {metric for given in found.values() for metric in given} <= set(FROM_RECORDS)


def test_a_hedge_that_answered_is_an_attempt_a_hedge_and_won() -> None:
    call = record("success", entry(1, "overtaken"), entry(2, "done"), hedges=1)
    assert counted(call)["ask"].items() >= {"Attempts": 2, "Hedges": 1, "HedgesWon": 1}.items()
    assert "Retries" not in counted(call)["ask"]


def test_a_hedge_that_was_overtaken_is_an_attempt_and_a_hedge() -> None:
    call = record("success", entry(1, "done"), hedges=1, attempts=2)
    assert counted(call)["ask"].items() >= {"Attempts": 2, "Hedges": 1}.items()
    assert "HedgesWon" not in counted(call)["ask"]


def test_hedges_are_of_the_tools_that_they_tried() -> None:
    failed = entry(1, "hedged", error_code="Unavailable"), entry(2, "fallback", error_code="Unavailable")
    call = record("success", *failed, entry(3, "overtaken", "other"), entry(4, "done", "other"), hedges=2)
    assert {tool: figures["Hedges"] for tool, figures in counted(call).items()} == {"ask": 1, "other": 1}
    assert "HedgesWon" not in counted(call)["ask"]


def test_time_begins_with_the_first_attempt_wherever_it_stands_in_the_log() -> None:
    later = entry(2, "hedged", error_code="Unavailable") | {"started_at": "2026-11-20T10:00:09.000Z"}
    call = record("failed", later, entry(1, "end", error_code="NotFound"), hedges=1)
    assert metrics_of([call])["ask"][Metric.QUEUE_TIME] == [250]
