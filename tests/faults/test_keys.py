"""Idempotency keys: what comes again with a key is not run again, whichever execution brings it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.faulty_cloud import ledger_call, store_fault
from tool_contract.record import attempt_log_of
from tool_executor.local.faults import FaultKind

if TYPE_CHECKING:
    from tests.faults.faulty_cloud import FaultyCloud, Run
    from tests.faults.oracle import Oracle

PUT = "dynamodb.PutItem"
KEY_ITEM = "idempotency#"
#: Enough to wait for what a test lets go on.
PATIENTLY: dict[str, Any] = {
    "max_retries": 10,
    "retry": {"initial_delay_seconds": 1, "max_delay_seconds": 3, "backoff": "exponential", "jitter": 0},
}


def again(cloud: FaultyCloud, run: Run, *calls: dict[str, Any]) -> Run:
    """A second execution whose calls write into the first one's ledger: their inputs may be the same."""
    return replace(cloud.request(*calls), ledger=run.ledger)


def new_key() -> str:
    return f"key {uuid.uuid4()}"


def test_a_key_that_comes_back_replays_its_success_and_with_another_input_runs_nothing(
    cloud: FaultyCloud, oracle: Oracle
) -> None:
    key = new_key()
    run = cloud.request(ledger_call("add_line", idempotency_key=key))
    oracle.judge(run, cloud.outcome(run))
    same = run.request["calls"][0]["input"]["line"]
    second = again(
        cloud,
        run,
        ledger_call("add_line", idempotency_key=key, line=same),
        ledger_call("add_line", idempotency_key=key, line={**same, "text": "c2"}),
        ledger_call("put_line", idempotency_key=key, line=same),
    )
    output = cloud.outcome(second)
    calls = oracle.judge(second, output)
    assert [call.get("error_code") for call in calls] == [None, "IdempotencyKeyReused", "IdempotencyKeyReused"]
    assert output["results"][0]["metadata"]["replayed"] is True
    assert output["results"][0]["result"]["text"] == "c1"
    assert [(call["attempts"], call.get("effect")) for call in calls[1:]] == [(1, "none")] * 2
    assert (run.lines("c1"), run.lines("c2")) == (1, 0)


def test_while_the_first_call_of_a_key_is_open_the_second_is_told_to_come_back(
    cloud: FaultyCloud, oracle: Oracle
) -> None:
    key = new_key()
    run = cloud.request(ledger_call("add_line", idempotency_key=key, line={"waits": True}, timeout_seconds=60))
    execution = cloud.start(run)
    cloud.until(lambda: run.lines("c1") == 1)
    same = run.request["calls"][0]["input"]["line"]
    second = again(cloud, run, ledger_call("add_line", idempotency_key=key, line=same, **PATIENTLY))
    following = cloud.start(second)
    cloud.until(lambda: "InProgress" in str(cloud.invocations("-ledger", second.execution_id)))
    run.release()
    oracle.judge(run, cloud.output(execution))
    output = cloud.output(following)
    (call,) = oracle.judge(second, output)
    told = attempt_log_of(call)[0]
    assert (told.error_code, told.effect, told.decision) == ("InProgress", "none", "retry")
    assert (call["status"], output["results"][0]["metadata"]["replayed"], run.lines("c1")) == ("success", True, 1)


def test_a_key_whose_call_failed_runs_again_only_if_nothing_was_done(cloud: FaultyCloud, oracle: Oracle) -> None:
    harmless, harmful = new_key(), new_key()
    run = cloud.request(
        ledger_call(
            "add_line",
            idempotency_key=harmless,
            line={"trouble": "unavailable", "troubled_attempts": 1},
            max_retries=0,
        ),
        ledger_call("add_line", idempotency_key=harmful, line={"trouble": "dies_after"}),
    )
    first = oracle.judge(run, cloud.outcome(run))
    assert [(call["error_code"], call["effect"]) for call in first] == [
        ("Unavailable", "none"),
        ("ToolCrashed", "unknown"),
    ]
    one, other = (call["input"]["line"] for call in run.request["calls"])
    second = again(
        cloud,
        run,
        ledger_call("add_line", idempotency_key=harmless, line=one, max_retries=1),
        ledger_call("add_line", idempotency_key=harmful, line=other),
    )
    ran, refused = oracle.judge(second, cloud.outcome(second))
    assert (ran["status"], ran["attempts"], run.lines("c1")) == ("success", 2, 1)
    assert [entry.decision for entry in attempt_log_of(ran)] == ["retry", "done"]
    assert (refused["error_code"], refused["effect"], refused["attempts"]) == ("OutcomeUnknown", "unknown", 1)
    assert run.lines("c2") == 1


def test_without_the_table_that_knows_the_key_nothing_is_begun(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("add_line", idempotency_key=new_key(), max_retries=0), ledger_call("look"))
    cloud.program(store_fault(FaultKind.FAIL_BEFORE, run, PUT, KEY_ITEM, times=None))
    refused, sibling = oracle.judge(run, cloud.outcome(run))
    assert (refused["error_code"], refused["effect"], run.lines("c1")) == ("HistoryUnavailable", "none", 0)
    assert sibling["status"] == "success"


@pytest.mark.parametrize("kind", [FaultKind.FAIL_AFTER, FaultKind.DROP_ANSWER])
def test_a_key_whose_acknowledgement_is_lost_is_recognised_as_ones_own(
    cloud: FaultyCloud, oracle: Oracle, kind: FaultKind
) -> None:
    run = cloud.request(ledger_call("add_line", idempotency_key=new_key()))
    cloud.program(store_fault(kind, run, PUT, KEY_ITEM))
    (call,) = oracle.judge(run, cloud.outcome(run))
    assert cloud.report()["faults"][0]["struck"] == 1
    assert (call["status"], call["attempts"], run.lines("c1")) == ("success", 1, 1)
