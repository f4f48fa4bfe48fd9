"""Executions that do not end by themselves: stopped, out of time, or left open by an outage."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.faulty_cloud import (
    ATTEMPT_SUCCEEDS,
    FINISHER,
    FINISHER_ENDS_CALL,
    PLANNER,
    lambda_fault,
    ledger_call,
    store_fault,
)
from tests.local.conftest import ROOT
from tool_contract.timestamps import ms_from_iso
from tool_executor.cancellation import Canceller
from tool_executor.errors import ExecutionNotFoundError
from tool_executor.local.faults import FaultKind

if TYPE_CHECKING:
    from tests.faults.faulty_cloud import FaultyCloud, Run
    from tests.faults.oracle import Oracle

UPDATE = "dynamodb.UpdateItem"


def canceller(cloud: FaultyCloud) -> Canceller:
    return Canceller(cloud.aws, cloud.deployment)


#: How long after its deadline an execution may end, as docs/semantics.md promises.
_MARGIN_MS = 30_000


def told(call: dict[str, Any]) -> tuple[str, str, str]:
    return call["status"], call["error_code"], call["effect"]


def command(cloud: FaultyCloud, *arguments: str, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tool_executor.cli.main", *arguments],
        cwd=ROOT,
        env=cloud.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + (done.stderr if code else "")


def half_done(cloud: FaultyCloud) -> Run:
    """Start an execution and wait until one call is done, two run (until they are released) and one waits."""
    run = cloud.request(
        ledger_call("add_line"),
        ledger_call("add_line", line={"waits": True}, timeout_seconds=60),
        ledger_call("look", line={"waits": True}, timeout_seconds=60),
        ledger_call("add_line"),
        max_concurrency=2,
    )
    cloud.start(run)
    cloud.until(lambda: (run.lines("c1"), run.lines("c2"), run.lines("c3")) == (1, 1, 1))
    cloud.until(lambda: cloud.calls(run)[0]["status"] == "success")
    return run


def test_cancel_keeps_what_is_done_and_ends_the_rest_and_late_answers_change_nothing(
    cloud: FaultyCloud, oracle: Oracle
) -> None:
    run = half_done(cloud)
    cancellation = canceller(cloud).cancel(run.execution_id)
    done, adding, looking, waiting = oracle.judge(run)
    assert (cancellation.stopped, len(cancellation.cancelled)) == (True, 3)
    assert (done["status"], done["attempts"]) == ("success", 1)
    assert told(adding) == ("cancelled", "Cancelled", "unknown")
    assert told(looking) == ("cancelled", "Cancelled", "none")
    assert (told(waiting), waiting["attempts"]) == (("cancelled", "Cancelled", "none"), 0)
    run.release()
    cloud.until_answered(run, 3)
    assert "Superseded" in cloud.invocations("-ledger", run.execution_id, '"call_id":"c2"')[0]["answer"]


def test_the_status_event_ends_what_stop_execution_left_open(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = half_done(cloud)
    arn = cloud.history.execution(run.execution_id)[0]["execution_arn"]
    cloud.aws.step_functions.stop_execution(executionArn=arn)
    cloud.until(lambda: "open" not in cloud.history.execution(run.execution_id)[0])
    assert [call["status"] for call in oracle.judge(run)] == ["success", "cancelled", "cancelled", "cancelled"]


def test_an_attempt_that_begins_while_its_call_is_being_cancelled_is_unknown(
    cloud: FaultyCloud, oracle: Oracle
) -> None:
    run = cloud.request(ledger_call("add_line", line={"waits": True}, timeout_seconds=60))
    begins = run.ledger.with_suffix(".begins")
    has_begun = {"seconds": 60, "until_file": str(run.ledger)}
    cloud.program(
        lambda_fault(FaultKind.DELAY, run, seconds=60, until_file=str(begins)),
        # Twice: the status event and the cancel itself have the finisher end the call.
        store_fault(FaultKind.DELAY, run, UPDATE, FINISHER_ENDS_CALL, times=2, **has_begun),
    )
    cloud.start(run)
    cloud.until(lambda: len(cloud.calls(run)) == 1)
    threading.Timer(1, begins.touch).start()  # when the finisher has read that the call is pending
    canceller(cloud).cancel(run.execution_id)
    (call,) = oracle.judge(run)
    assert (told(call), run.lines("c1")) == (("cancelled", "Cancelled", "unknown"), 1)


def test_an_event_that_comes_after_the_cancel_begins_nothing(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("add_line"))
    cloud.program(lambda_fault(FaultKind.DELAY, run, seconds=60, until_file=str(run.release_file)))
    cloud.start(run)
    cloud.until(lambda: len(cloud.calls(run)) == 1)
    canceller(cloud).cancel(run.execution_id)
    run.release()
    cloud.until_answered(run, 1)
    (call,) = oracle.judge(run)
    assert (told(call), call["attempts"], run.lines("c1")) == (("cancelled", "Cancelled", "none"), 0, 0)


def test_a_plan_that_is_being_written_when_the_execution_is_stopped_leaves_no_call_open(
    cloud: FaultyCloud, oracle: Oracle
) -> None:
    run = cloud.request(ledger_call("add_line"), ledger_call("look"))
    cloud.program(
        store_fault(FaultKind.DELAY, run, "dynamodb.PutItem", '"c2"', seconds=3, until_file=str(run.release_file))
    )
    cloud.start(run)
    cloud.until(lambda: len(cloud.calls(run)) == 1)
    threading.Timer(1.5, run.release).start()
    cancellation = canceller(cloud).cancel(run.execution_id)
    assert (len(cancellation.cancelled), cancellation.status) == (2, "cancelled")
    assert [told(call) for call in oracle.judge(run)] == [("cancelled", "Cancelled", "none")] * 2


def test_an_execution_that_is_stopped_before_it_was_planned_is_said_to_be(cloud: FaultyCloud) -> None:
    run = cloud.request(ledger_call("add_line"))
    cloud.program(lambda_fault(FaultKind.DELAY, run, request=PLANNER, seconds=60, until_file=str(run.release_file)))
    cloud.start(run)
    cancellation = canceller(cloud).cancel(run.execution_id)
    assert (cancellation.stopped, cancellation.status, cancellation.calls) == (True, "cancelled", ())


def test_an_execution_that_has_ended_is_not_cancelled(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("add_line"))
    records = oracle.judge(run, cloud.outcome(run))
    cancellation = canceller(cloud).cancel(run.execution_id)
    assert (cancellation.stopped, cancellation.status, list(cancellation.calls)) == (False, "succeeded", records)


def test_an_execution_that_never_was_cannot_be_cancelled(cloud: FaultyCloud) -> None:
    with pytest.raises(ExecutionNotFoundError):
        canceller(cloud).cancel("nowhere")


def test_cancel_repeats_a_finisher_that_fails(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = half_done(cloud)
    cloud.program(lambda_fault(FaultKind.THROTTLE, run, request=FINISHER, times=3))
    canceller(cloud).cancel(run.execution_id)
    assert [call["status"] for call in oracle.judge(run)] == ["success", "cancelled", "cancelled", "cancelled"]


def test_reconcile_ends_what_a_lost_event_left_open(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("add_line", line={"waits": True}), ledger_call("look"), timeout_seconds=6)
    cloud.program(lambda_fault(FaultKind.FAIL_BEFORE, run, request=FINISHER, times=None))
    execution = cloud.start(run)
    cloud.until(lambda: run.lines("c1") == 1)
    cloud.until(lambda: cloud.calls(run)[1]["status"] == "success")
    cloud.aws.step_functions.stop_execution(executionArn=execution.arn)
    deadline_ms = ms_from_iso(cloud.history.execution(run.execution_id)[0]["deadline"])
    cloud.until(lambda: time.time_ns() // 1_000_000 > deadline_ms)
    assert "open" in cloud.history.execution(run.execution_id)[0]
    assert run.execution_id not in canceller(cloud).reconcile().ended
    reconciled = canceller(cloud).reconcile(older_than_seconds=0)
    assert (run.execution_id in reconciled.ended, reconciled.failed) == (True, ())
    added, looked = oracle.judge(run)
    assert told(added) == ("timeout", "DeadlineExceeded", "unknown")
    assert looked["status"] == "success"
    assert canceller(cloud).reconcile(older_than_seconds=0).ended == ()


def test_a_finisher_that_dies_half_way_is_finished_by_the_next(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(*[ledger_call("add_line", line={"waits": True}) for _ in range(2)], timeout_seconds=6)
    cloud.program(store_fault(FaultKind.FAIL_BEFORE, run, UPDATE, FINISHER_ENDS_CALL, '"c2"', times=4))
    execution = cloud.start(run)
    cloud.until(lambda: (run.lines("c1"), run.lines("c2")) == (1, 1))
    cloud.aws.step_functions.stop_execution(executionArn=execution.arn)
    cloud.until(lambda: cloud.report()["faults"][0]["struck"] == 4)
    cloud.until(lambda: cloud.calls(run)[0]["status"] == "cancelled")
    assert [call["status"] for call in cloud.calls(run)] == ["cancelled", "running"]
    cloud.until(lambda: run.execution_id in canceller(cloud).reconcile(older_than_seconds=0).ended)
    first, second = oracle.judge(run)
    assert told(first) == ("cancelled", "Cancelled", "unknown")
    assert told(second) == ("timeout", "DeadlineExceeded", "unknown")


def test_the_close_of_an_execution_may_lose_its_acknowledgement(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("add_line"))
    cloud.program(store_fault(FaultKind.FAIL_AFTER, run, UPDATE, "REMOVE #open"))
    oracle.judge(run, cloud.outcome(run))


def test_a_finisher_that_fails_twice_is_repeated_by_the_workflow(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("add_line"))
    cloud.program(lambda_fault(FaultKind.FAIL_AFTER, run, request=FINISHER, times=2))
    assert oracle.judge(run, cloud.outcome(run))[0]["status"] == "success"


def test_at_the_deadline_calls_that_never_began_had_no_effect(cloud: FaultyCloud, oracle: Oracle) -> None:
    calls = [ledger_call("look", line={"seconds": 1}) for _ in range(12)]
    run = cloud.request(*calls, max_concurrency=2, timeout_seconds=2)
    output = cloud.outcome(run)
    records = oracle.judge(run, output)
    assert output["execution_time_ms"] < 2_000 + _MARGIN_MS
    statuses = [record["status"] for record in records]
    assert set(statuses) <= {"success", "timeout"}
    assert statuses.count("timeout") >= 8
    assert all(record["effect"] == "none" for record in records if not record["attempts"])


def test_a_result_that_is_written_as_the_execution_is_stopped_stands_whole_or_not_at_all(
    cloud: FaultyCloud, oracle: Oracle
) -> None:
    run = cloud.request(ledger_call("add_line"))
    cloud.program(store_fault(FaultKind.DELAY_ANSWER, run, UPDATE, ATTEMPT_SUCCEEDS, seconds=1))
    cloud.start(run)
    cloud.until(lambda: run.lines("c1") == 1)
    canceller(cloud).cancel(run.execution_id)
    (call,) = oracle.judge(run)
    assert call["status"] == "success" or told(call) == ("cancelled", "Cancelled", "unknown")


def test_the_commands_say_what_they_ended(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = half_done(cloud)
    said = command(cloud, "cancel", run.execution_id)
    assert "3 calls cancelled, 1 had ended before" in said
    assert "c2  add_line: was running, effect unknown" in said
    oracle.judge(run)
    assert "had ended already: " in command(cloud, "cancel", run.execution_id)
    assert json.loads(command(cloud, "cancel", run.execution_id, "--json"))["stopped"] is False
    assert "no execution 'nowhere'" in command(cloud, "cancel", "nowhere", code=2)
    assert json.loads(command(cloud, "reconcile", "--json")) == {"ended": [], "failed": []}


def test_control_c_cancels_the_execution_and_says_so(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("add_line", line={"waits": True}, timeout_seconds=60))
    arguments = [sys.executable, "-W", "ignore", "-m", "tool_executor.cli.main", "run", "-", "--name", run.execution_id]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(arguments, cwd=ROOT, env=cloud.environment, **pipes) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(run.request))
        process.stdin.close()
        process.stdin = None
        cloud.until(lambda: run.lines("c1") == 1)
        os.kill(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, "1 call cancelled" in said) == (130, True), said
    assert told(oracle.judge(run)[0]) == ("cancelled", "Cancelled", "unknown")


def test_run_shows_what_an_execution_came_to_that_somebody_else_cancelled(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("look"), ledger_call("add_line", line={"waits": True}, timeout_seconds=60))
    file = run.ledger.with_suffix(".json")
    file.write_text(json.dumps(run.request), encoding="utf-8")

    def cancel() -> None:
        cloud.until(lambda: [call["status"] for call in cloud.calls(run)] == ["success", "running"])
        canceller(cloud).cancel(run.execution_id)

    somebody = threading.Thread(target=cancel)
    somebody.start()
    output = json.loads(command(cloud, "run", str(file), "--name", run.execution_id, "--json", code=1).splitlines()[0])
    somebody.join()
    oracle.judge(run)
    assert [envelope["status"] for envelope in output["results"]] == ["success", "cancelled"]
