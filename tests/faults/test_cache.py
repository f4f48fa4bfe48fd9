"""The cache of results on the cloud: one run for equal calls, successes only, and a call that wants none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.faults.faulty_cloud import ledger_call
from tool_executor.local.faults import Fault, FaultKind

if TYPE_CHECKING:
    from tests.faults.faulty_cloud import FaultyCloud
    from tests.faults.oracle import Oracle

CACHED = "look_rarely"


def test_fifty_equal_calls_at_once_are_one_run(cloud: FaultyCloud, oracle: Oracle) -> None:
    def runs() -> int:
        same = {"text": "same", "waits": True}
        calls = [ledger_call(CACHED, line=same, timeout_seconds=60) for _ in range(50)]
        run = cloud.request(*calls, max_concurrency=40)
        # A fault that does nothing counts how often calls look into the cache.
        looks = Fault(kind=FaultKind.DELAY, request="dynamodb.GetItem", containing=(f"cache#{CACHED}",), times=None)
        cloud.program(looks)
        execution = cloud.start(run)
        cloud.until(lambda: run.lines("same") > 0)
        cloud.until(lambda: cloud.report()["faults"][0]["struck"] >= 50)
        run.release()
        output = cloud.output(execution)
        oracle.judge(run, output)
        assert {envelope["result"]["text"] for envelope in output["results"]} == {"same"}
        cached = sum(envelope["metadata"].get("cached", False) for envelope in output["results"])
        assert cached == 50 - run.lines("same")
        return run.lines("same")

    # Where a machine stalls, a process may wait in vain for the table and run its tool: then again.
    assert any(runs() == 1 for _ in range(3))


def test_failures_are_not_kept_and_who_wants_no_cache_is_given_none(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call(CACHED, line={"trouble": "unavailable", "troubled_attempts": 1}, max_retries=1))
    (first,) = oracle.judge(run, cloud.outcome(run))
    assert (first["status"], first["attempts"], run.lines("c1")) == ("success", 2, 1)
    same = run.request["calls"][0]["input"]["line"]
    again = replace(
        cloud.request(ledger_call(CACHED, line=same), ledger_call(CACHED, line=same, use_cache=False)),
        ledger=run.ledger,
    )
    output = cloud.outcome(again)
    cached, ran = oracle.judge(again, output)
    assert (cached["attempts"], ran["attempts"], run.lines("c1")) == (1, 2, 2)
    assert [envelope["metadata"].get("cached") for envelope in output["results"]] == [True, None]
