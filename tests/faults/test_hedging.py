"""A second attempt beside a slow one: the first answer stands, the other changes nothing, whatever befalls either."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.chaos.generator import scenario
from tests.faults.chaos.scenario import named_run
from tests.faults.faulty_cloud import ATTEMPT_SUCCEEDS, lambda_fault, ledger_call, store_fault
from tool_contract.breaker_item import Circuit
from tool_contract.record import attempt_log_of, envelope_from_record, overtaken_hedge
from tool_executor.breakers import Breakers
from tool_executor.cancellation import Canceller
from tool_executor.clock import SystemClock
from tool_executor.direct.hedging import HedgePolicy, Hedging
from tool_executor.errors import ToolExecutorError
from tool_executor.local.faults import Fault, FaultKind

if TYPE_CHECKING:
    from tests.faults.faulty_cloud import FaultyCloud, Run
    from tests.faults.oracle import Oracle
    from tool_executor.engine import Engine
    from tool_executor.result import ToolExecutionResult

FIRST, SECOND = '"attempt":1,', '"attempt":2,'
#: Every attempt may be hedged, and soon: what the budget allows is unit-tested.
EAGER = HedgePolicy(after_seconds=0.3, share=1.0)


def _engine(cloud: FaultyCloud, hedging: Hedging | None = None) -> Engine:
    return replace(cloud.engine("direct"), hedging=hedging or Hedging(SystemClock(), EAGER))


def _outcome(cloud: FaultyCloud, run: Run, hedging: Hedging | None = None) -> list[ToolExecutionResult]:
    return asyncio.run(_engine(cloud, hedging).run(run.request, run.execution_id))


def _held(run: Run, attempt: str, kind: FaultKind = FaultKind.DELAY) -> Fault:
    """An attempt that does not go on until the test lets it."""
    return lambda_fault(kind, run, attempt, seconds=30, until_file=str(run.release_file))


def _decisions(call: dict[str, Any]) -> list[tuple[int, str]]:
    return [(entry.attempt, entry.decision) for entry in attempt_log_of(call)]


def test_a_slow_attempt_is_overtaken_and_when_it_comes_it_changes_nothing(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("look"))
    cloud.program(_held(run, FIRST))
    (result,) = _outcome(cloud, run)

    assert (result.status.value, result.result["attempt"], result.attempts) == ("success", 2, 2)
    assert result.metadata["hedges"] == 1
    run.release()
    cloud.until_answered(run, 2)
    (call,) = oracle.judge(run)
    assert (call["attempts"], call["hedges"], _decisions(call)) == (2, 1, [(1, "overtaken"), (2, "done")])
    assert run.lines("c1") == 1, "what came late found the answer, and ran nothing"


def test_the_first_attempt_wins_though_its_hedge_has_taken_the_record(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("look", line={"seconds": 1.5}))
    (result,) = _outcome(cloud, run)

    assert (result.result["attempt"], result.attempts, result.metadata["hedges"]) == (1, 2, 1)
    cloud.until_answered(run, 2)
    (call,) = oracle.judge(run)
    assert (call["attempts"], call["hedges"], _decisions(call)) == (2, 1, [(1, "done")])
    overtaken = overtaken_hedge(call, attempt_log_of(call))
    assert overtaken is not None
    assert (overtaken.attempt, overtaken.decision) == (2, "overtaken")
    assert run.lines("c1") == 2, "a tool that only reads ran twice"


def test_a_hedge_that_comes_after_the_answer_leaves_no_trace(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("look", line={"seconds": 1}))
    cloud.program(_held(run, SECOND))
    (result,) = _outcome(cloud, run)

    assert (result.result["attempt"], result.attempts, "hedges" in result.metadata) == (1, 1, False)
    run.release()
    cloud.until_answered(run, 2)
    (call,) = oracle.judge(run)
    assert (call["attempts"], "hedges" in call, run.lines("c1")) == (1, False, 1)


@pytest.mark.parametrize("tool", ["put_line", "add_line"])
def test_what_may_change_something_has_no_second_attempt_beside_it(
    cloud: FaultyCloud, oracle: Oracle, tool: str
) -> None:
    run = cloud.request(ledger_call(tool, line={"seconds": 1}))
    (result,) = _outcome(cloud, run)
    oracle.judge(run)
    assert (result.status.value, result.attempts, len(cloud.invocations("-ledger", run.execution_id))) == (
        "success",
        1,
        1,
    )


def test_a_call_without_retries_is_not_hedged(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("look", line={"seconds": 1}, max_retries=0))
    (result,) = _outcome(cloud, run)
    oracle.judge(run)
    assert (result.status.value, len(cloud.invocations("-ledger", run.execution_id))) == ("success", 1)


def test_where_both_fail_one_decision_follows_and_the_hedge_has_used_up_a_retry(
    cloud: FaultyCloud, oracle: Oracle
) -> None:
    run = cloud.request(ledger_call("look", line={"trouble": "unavailable"}, max_retries=2))
    cloud.program(lambda_fault(FaultKind.DELAY_ANSWER, run, FIRST, seconds=1))
    (result,) = _outcome(cloud, run)

    (call,) = oracle.judge(run)
    assert (result.status.value, result.error_code, result.attempts) == ("failed", "Unavailable", 3)
    assert _decisions(call) == [(1, "hedged"), (2, "retry"), (3, "end")]
    assert len(result.metadata["retry_delays"]) == 1
    assert call["hedges"] == 1


def test_an_attempt_that_fails_waits_for_the_other(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("look", line={"trouble": "unavailable", "troubled_attempts": 1}))
    cloud.program(
        lambda_fault(FaultKind.DELAY_ANSWER, run, FIRST, seconds=0.8),
        lambda_fault(FaultKind.DELAY, run, SECOND, seconds=2),
    )
    (result,) = _outcome(cloud, run)
    oracle.judge(run)
    assert (result.status.value, result.result["attempt"], result.attempts) == ("success", 2, 2)
    assert "retry_reasons" not in result.metadata


def test_a_lost_answer_is_found_by_the_hedge(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("look"))
    cloud.program(_held(run, FIRST, FaultKind.DELAY_ANSWER))
    (result,) = _outcome(cloud, run)
    run.release()
    oracle.judge(run)
    assert (result.status.value, result.result["attempt"], run.lines("c1")) == ("success", 1, 1)


def test_a_hedge_that_lambda_has_no_room_for_is_not_repeated_nor_is_another_sent(
    cloud: FaultyCloud, oracle: Oracle
) -> None:
    run = cloud.request(ledger_call("look", line={"seconds": 1}), ledger_call("look", line={"seconds": 1}))
    run.request["mode"] = "sequence"
    cloud.program(lambda_fault(FaultKind.THROTTLE, run, SECOND, times=None))
    results = _outcome(cloud, run)
    oracle.judge(run)
    assert [(result.status.value, result.attempts) for result in results] == [("success", 1)] * 2
    assert len(cloud.invocations("-ledger", run.execution_id, SECOND)) == 1


def test_an_open_circuit_lets_no_hedge_run(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("look", line={"waits": True}))
    breakers = Breakers(cloud.aws, cloud.deployment.tool_state_table)

    async def opened_meanwhile() -> list[ToolExecutionResult]:
        running = asyncio.create_task(_engine(cloud, Hedging(SystemClock(), replace(EAGER, after_seconds=2.5))).run(
            run.request, run.execution_id
        ))  # fmt: skip
        await asyncio.to_thread(cloud.until, lambda: run.lines("c1") == 1)
        breakers.set("look", Circuit.FORCED_OPEN, SystemClock().now_ms())
        await asyncio.to_thread(cloud.until, lambda: bool(cloud.invocations("-ledger", run.execution_id, SECOND)))
        run.release()
        return await running

    try:
        (result,) = asyncio.run(opened_meanwhile())
    finally:
        cloud.close_circuits()
    oracle.judge(run)
    assert (result.status.value, result.result["attempt"], run.lines("c1")) == ("success", 1, 1)


def test_a_success_that_the_record_does_not_take_is_found_though_a_hedge_holds_the_record(
    cloud: FaultyCloud, oracle: Oracle
) -> None:
    run = cloud.request(ledger_call("look", line={"waits": True}))
    # The hedge has begun, and never answers: the success is the first attempt's, and lies in the bucket.
    cloud.program(
        store_fault(FaultKind.FAIL_BEFORE, run, "dynamodb.UpdateItem", ATTEMPT_SUCCEEDS, times=None),
        lambda_fault(FaultKind.KILL, run, SECOND, seconds=3),
    )

    async def first_answers_when_the_hedge_is_dead() -> list[ToolExecutionResult]:
        patient = Hedging(SystemClock(), replace(EAGER, after_seconds=2.5))
        running = asyncio.create_task(_engine(cloud, patient).run(run.request, run.execution_id))
        await asyncio.to_thread(cloud.until_answered, run, 1)
        run.release()
        return await running

    (result,) = asyncio.run(first_answers_when_the_hedge_is_dead())
    (call,) = oracle.judge(run)
    assert (call["status"], call["attempts"], run.lines("c1")) == ("success", 2, 2)
    assert result.result["attempt"] == 1


def test_cancelled_it_cancels_both_and_what_they_find_out_changes_nothing(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("look", line={"waits": True}))

    async def cancelled() -> None:
        running = asyncio.create_task(_engine(cloud).run(run.request, run.execution_id))
        await asyncio.to_thread(cloud.until, lambda: run.lines("c1") == 2)
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()

    asyncio.run(cancelled())
    run.release()
    cloud.until_answered(run, 2)
    (call,) = oracle.judge(run)
    assert (call["status"], call["attempts"], call["effect"]) == ("cancelled", 2, "none")


def test_metrics_count_what_the_records_count(cloud: FaultyCloud, oracle: Oracle) -> None:
    won = cloud.request(ledger_call("look_often"))
    lost = cloud.request(ledger_call("look_often", line={"seconds": 1}))
    cloud.program(_held(won, FIRST))
    before = cloud.counts("look_often")
    calls = []
    for run in (won, lost):
        _outcome(cloud, run)
        run.release()
        cloud.until_answered(run, 2)
        calls += oracle.judge(run)

    def grown() -> dict[str, int]:
        now = cloud.counts("look_often")
        return {name: count - before.get(name, 0) for name, count in now.items() if count != before.get(name, 0)}

    cloud.until(lambda: grown().get("Hedges") == 2)
    assert (grown()["Attempts"], grown()["HedgesWon"]) == (sum(call["attempts"] for call in calls), 1)
    assert "LateAttempts" not in grown(), "what is overtaken by its hedge, or by whom it hedges, is as it should be"


@pytest.mark.parametrize("seeds", [range(1, 9), range(9, 17)], ids=lambda seeds: f"{seeds.start} to {seeds.stop - 1}")
def test_random_executions_under_random_faults_keep_every_promise_with_hedging(
    cloud: FaultyCloud, oracle: Oracle, seeds: range
) -> None:
    runs = []
    for seed in seeds:
        planned = scenario(seed).runs[0]
        ledger = cloud.folder / f"hedged-{seed}"
        run, faults = named_run(planned, f"hedged-{seed}", ledger, f"hedged-{seed}")
        run.request["calls"] = [_reading(call) for call in run.request["calls"]]
        cloud.add_faults(*faults)
        cloud.runs.append(run)
        runs.append(run)
    with ThreadPoolExecutor(len(runs)) as threads:
        list(threads.map(lambda run: _ended_somehow(cloud, run), runs))
    Canceller(cloud.aws, cloud.deployment).reconcile()
    judged = [call for run in runs if cloud.calls(run) for call in oracle.judge(run)]
    assert sum(int(call.get("hedges", 0)) for call in judged) > 0
    assert all(envelope_from_record(call).attempts == call["attempts"] for call in judged)


def _reading(call: dict[str, Any]) -> dict[str, Any]:
    """A call of a drawn scenario, without its secret, and of a tool that only reads in place of an idempotent one."""
    tool_name = "look" if call["tool_name"] == "put_line" else call["tool_name"]
    plain = {**call, "tool_name": tool_name, "input": {"line": call["input"]["line"]}}
    return plain | ({"fallbacks": [_reading(one) for one in call["fallbacks"]]} if "fallbacks" in call else {})


def _ended_somehow(cloud: FaultyCloud, run: Run) -> None:
    """Run to the end; a planner or finisher that a fault keeps from answering is no matter of this test."""
    with suppress(ToolExecutorError):
        _outcome(cloud, run, Hedging(SystemClock(), replace(EAGER, after_seconds=0.1)))
    cloud.until(lambda: _is_closed(cloud, run), 120)


def _is_closed(cloud: FaultyCloud, run: Run) -> bool:
    records = cloud.history.execution(run.execution_id)
    if all("open" not in record for record in records):
        return True
    Canceller(cloud.aws, cloud.deployment).reconcile()
    return False
