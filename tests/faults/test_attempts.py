"""What an attempt may meet: failing tools, a failing Lambda, workers that die, events that come late or twice."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.faults.faulty_cloud import lambda_fault, ledger_call
from tool_contract.record import attempt_log_of
from tool_executor.errors import InvalidRequestError
from tool_executor.local.faults import FaultKind

if TYPE_CHECKING:
    from tests.faults.faulty_cloud import FaultyCloud, Run
    from tests.faults.oracle import Oracle
    from tool_executor.execution import Execution

TOOLS = ("look", "put_line", "add_line")


def test_two_transient_failures_then_success_are_three_attempts_and_one_effect(
    cloud: FaultyCloud, oracle: Oracle
) -> None:
    run = cloud.request(ledger_call("add_line", line={"trouble": "unavailable", "troubled_attempts": 2}))
    output = cloud.outcome(run)
    (call,) = oracle.judge(run, output)
    assert (call["status"], call["attempts"], run.lines("c1")) == ("success", 3, 1)
    delays = output["results"][0]["metadata"]["retry_delays"]
    assert len(delays) == 2
    assert all(1_000 <= delay <= 10_000 for delay in delays)


def test_a_tool_that_is_never_there_fails_after_its_retries_and_leaves_its_sibling_alone(
    cloud: FaultyCloud, oracle: Oracle
) -> None:
    run = cloud.request(ledger_call("add_line", line={"trouble": "unavailable"}, max_retries=1), ledger_call("look"))
    failed, sibling = oracle.judge(run, cloud.outcome(run))
    assert (failed["status"], failed["attempts"], failed["effect"]) == ("failed", 2, "none")
    assert (sibling["status"], sibling["attempts"]) == ("success", 1)


def test_an_input_that_the_tool_refuses_is_tried_once(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("put_line", line={"trouble": "refuses_input"}))
    (call,) = oracle.judge(run, cloud.outcome(run))
    assert (call["status"], call["error_code"], call["attempts"]) == ("failed", "InvalidInput", 1)


def test_of_a_request_that_is_refused_nothing_runs(cloud: FaultyCloud) -> None:
    run = cloud.request(ledger_call("add_line"), ledger_call("add_line", line={"seconds": "5"}))
    with pytest.raises(InvalidRequestError):
        cloud.outcome(run)
    assert (cloud.calls(run), cloud.invocations("-ledger", run.execution_id)) == ([], [])


def test_a_429_uses_up_no_attempt(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("add_line"))
    cloud.program(lambda_fault(FaultKind.THROTTLE, run))
    (call,) = oracle.judge(run, cloud.outcome(run))
    assert (call["status"], call["attempts"]) == ("success", 1)


def test_a_429_for_ever_is_throttled_with_no_attempt_and_no_effect(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("add_line", max_retries=1))
    cloud.program(lambda_fault(FaultKind.THROTTLE, run, times=None))
    (call,) = oracle.judge(run, cloud.outcome(run))
    assert (call["status"], call["error_code"], call["attempts"], call["effect"]) == ("failed", "Throttled", 0, "none")


@pytest.mark.parametrize("kind", [FaultKind.FAIL_AFTER, FaultKind.DROP_ANSWER])
def test_an_answer_that_is_lost_after_the_run_costs_nothing(
    cloud: FaultyCloud, oracle: Oracle, kind: FaultKind
) -> None:
    run = cloud.request(*[ledger_call(tool) for tool in TOOLS])
    cloud.program(lambda_fault(kind, run, times=3))
    calls = oracle.judge(run, cloud.outcome(run))
    assert [(call["status"], call["attempts"]) for call in calls] == [("success", 1)] * 3
    assert run.lines("c3") == 1


def test_a_500_that_may_have_run_is_unknown_and_retried_by_the_marks_alone(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(*[ledger_call(tool, max_retries=1) for tool in TOOLS])
    cloud.program(*[lambda_fault(FaultKind.FAIL_BEFORE, run, f'"call_id":"c{number}"') for number in (1, 2, 3)])
    look, put, add = oracle.judge(run, cloud.outcome(run))
    assert (look["status"], look["attempts"]) == ("success", 2)
    assert (put["status"], put["attempts"]) == ("success", 2)
    assert (add["status"], add["error_code"], add["effect"]) == ("failed", "ToolCrashed", "unknown")


def test_a_tool_that_hangs_is_timed_out_and_retried_by_the_marks_alone(cloud: FaultyCloud, oracle: Oracle) -> None:
    calls = [ledger_call(tool, line={"seconds": 4}, timeout_seconds=1, max_retries=1) for tool in TOOLS]
    run = cloud.request(*calls)
    look, put, add = oracle.judge(run, cloud.outcome(run))
    told = [(call["status"], call["error_code"], call["attempts"], call["effect"]) for call in (look, put, add)]
    assert told == [
        ("timeout", "ToolTimeout", 2, "none"),
        ("timeout", "ToolTimeout", 2, "unknown"),
        ("timeout", "ToolTimeout", 1, "unknown"),
    ]


@pytest.mark.parametrize("how", ["exits", "is killed"])
def test_a_worker_that_dies_between_effect_and_record_leaves_an_unknown_effect(
    cloud: FaultyCloud, oracle: Oracle, how: str
) -> None:
    line = {"trouble": "dies_after", "troubled_attempts": 1} if how == "exits" else {"waits": True}
    fields = {"line": line, "timeout_seconds": 60}
    run = cloud.request(ledger_call("put_line", **fields), ledger_call("add_line", **fields), ledger_call("look"))
    if how == "is killed":
        first = ('"attempt":1', '"call_id":"c1"'), ('"attempt":1', '"call_id":"c2"')
        cloud.program(*[lambda_fault(FaultKind.KILL, run, *texts, seconds=3) for texts in first])
    execution = cloud.start(run)
    cloud.until(lambda: run.lines("c1") == 2)
    cloud.until(lambda: cloud.invocations("-ledger", run.execution_id, '"call_id":"c2"')[0]["answer"] is not None)
    run.release()
    put, add, sibling = oracle.judge(run, cloud.output(execution))
    assert (put["status"], put["attempts"], run.lines("c1")) == ("success", 2, 2)
    assert (add["status"], add["error_code"], add["effect"]) == ("failed", "ToolCrashed", "unknown")
    assert run.lines("c2") == 1
    assert sibling["status"] == "success"


def test_a_worker_that_dies_every_time_is_a_crash_within_its_attempts(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("look", line={"trouble": "dies_before"}, max_retries=1), ledger_call("add_line"))
    crashed, sibling = oracle.judge(run, cloud.outcome(run))
    assert (crashed["error_code"], crashed["attempts"], crashed["effect"]) == ("ToolCrashed", 2, "none")
    assert sibling["status"] == "success"


def test_a_last_attempt_without_effect_does_not_deny_what_an_earlier_one_did(
    cloud: FaultyCloud, oracle: Oracle
) -> None:
    run = cloud.request(ledger_call("put_line", line={"trouble": "unavailable_after_death"}, max_retries=1))
    (call,) = oracle.judge(run, cloud.outcome(run))
    assert (call["status"], call["attempts"], call["effect"]) == ("failed", 2, "unknown")
    assert [entry.effect for entry in attempt_log_of(call)] == ["unknown", "none"]


def test_an_event_that_comes_again_finds_the_answer(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(*[ledger_call(tool) for tool in TOOLS])
    cloud.program(lambda_fault(FaultKind.REPEAT, run, times=None))
    calls = oracle.judge(run, cloud.outcome(run))
    assert [(call["status"], call["attempts"]) for call in calls] == [("success", 1)] * 3
    assert [run.lines(call_id) for call_id in ("c1", "c2", "c3")] == [1, 1, 1]


def test_of_an_event_that_comes_eight_times_at_once_one_runs(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("add_line", line={"seconds": 2}))  # long enough to start workers for the copies
    cloud.program(lambda_fault(FaultKind.REPEAT_AT_ONCE, run, copies=8))
    output = cloud.outcome(run)
    cloud.until_answered(run, 8)
    (call,) = oracle.judge(run, output)
    assert run.lines("c1") == 1
    assert call["status"] == "success" or (call["error_code"], call["effect"]) == ("Superseded", "unknown")


def test_what_the_platform_delivers_again_is_counted_apart_from_attempts(cloud: FaultyCloud, oracle: Oracle) -> None:
    before = Counter(cloud.counts("add_line"))
    run = cloud.request(ledger_call("add_line"))
    cloud.program(lambda_fault(FaultKind.REPEAT, run, copies=3))
    oracle.judge(run, cloud.outcome(run))
    counted = Counter(cloud.counts("add_line")) - before
    assert (counted["Calls"], counted["CallsSuccess"], counted["Attempts"]) == (1, 1, 1)
    assert (counted["Redeliveries"], counted["LateAttempts"]) == (2, 0)


@pytest.mark.parametrize("tool", ["look", "put_line"])
def test_a_repeatable_tool_whose_event_comes_twice_at_once_succeeds(
    cloud: FaultyCloud, oracle: Oracle, tool: str
) -> None:
    run = cloud.request(ledger_call(tool, line={"waits": True}, timeout_seconds=60))
    cloud.program(lambda_fault(FaultKind.REPEAT_AT_ONCE, run))
    execution = cloud.start(run)
    cloud.until(lambda: run.lines("c1") == 2)
    run.release()
    output = cloud.output(execution)
    cloud.until_answered(run, 2)
    (call,) = oracle.judge(run, output)
    assert (call["status"], call["attempts"], run.lines("c1")) == ("success", 1, 2)


def test_what_comes_after_the_tasks_own_timeout_changes_no_record_and_runs_nothing_again(
    cloud: FaultyCloud, oracle: Oracle, late_run: tuple[Run, Execution]
) -> None:
    run, execution = late_run
    output = cloud.output(execution)
    cloud.until_answered(run, 5)
    begun_late, begun_late_unsafe, answered_late = oracle.judge(run, output)
    assert (begun_late["status"], begun_late["attempts"]) == ("success", 2)
    assert (begun_late_unsafe["status"], begun_late_unsafe["effect"]) == ("timeout", "unknown")
    assert (answered_late["status"], answered_late["attempts"]) == ("success", 1)
    assert [run.lines(call_id) for call_id in ("c1", "c2", "c3")] == [1, 0, 1]
