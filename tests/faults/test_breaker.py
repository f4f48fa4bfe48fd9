"""A dependency that is down, and the circuit breaker before it; and the table of tool state itself down."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.runtime.circuit_breaker import DEFAULT_POLICY
from lambdas.runtime.tool_state_outage import PAUSE_SECONDS
from tests.faults.faulty_cloud import ledger_call
from tool_contract.breaker_item import Breaker, Circuit, key_of, put_arguments, stored_from
from tool_executor.breakers import Breakers
from tool_executor.local.faults import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.faulty_cloud import FaultyCloud, Run
    from tests.faults.oracle import Oracle

GUARDED = "look_guarded"
DOWN: dict[str, Any] = {"line": {"trouble": "unavailable"}, "max_retries": 0}
#: A process believes what it has read of a breaker for a second.
READ_KEPT_MS = 1_100
AN_OUTAGE_COSTS_MS = 3_000
#: What a busy machine may add to anything.
STALL_MS = 5_000


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def breaker(cloud: FaultyCloud) -> Breaker:
    table = cloud.deployment.tool_state_table
    item = cloud.aws.dynamodb.get_item(TableName=table, Key=key_of(GUARDED), ConsistentRead=True).get("Item")
    return stored_from(item).breaker


def let_probes_through(cloud: FaultyCloud) -> None:
    """Leave an open breaker whose time has ended, and wait until no process believes otherwise."""
    client, table = cloud.aws.dynamodb, cloud.deployment.tool_state_table
    stored = stored_from(client.get_item(TableName=table, Key=key_of(GUARDED), ConsistentRead=True).get("Item"))
    ended = Breaker(Circuit.OPEN, stored.breaker.generation + 1, until=now_ms(), openings=1)
    client.put_item(**put_arguments(table, GUARDED, ended, over=stored, write_id="the test", now_ms=now_ms()))
    until_all_have_read_since(cloud, ended.until)


def until_all_have_read_since(cloud: FaultyCloud, since_ms: int) -> None:
    cloud.until(lambda: now_ms() > since_ms + READ_KEPT_MS)


def lines(run: Run) -> int:
    """How many calls of a run ran their tool to the end."""
    return sum(run.lines(call["call_id"]) for call in run.request["calls"])


def answered(cloud: FaultyCloud, run: Run) -> int:
    """How many calls of a run have been answered by their function."""
    return sum(seen["answer"] is not None for seen in cloud.invocations("-ledger", run.execution_id))


@pytest.fixture
def closed_circuit(cloud: FaultyCloud) -> None:
    set_at = now_ms()
    Breakers(cloud.aws, cloud.deployment.tool_state_table).set(GUARDED, Circuit.CLOSED, set_at)
    until_all_have_read_since(cloud, set_at)


def in_one_of_three(rounds: Callable[[], bool]) -> None:
    """Where a machine stalls, a process may wait in vain for the table and let its calls run: then again."""
    assert any(rounds() for _ in range(3))


@pytest.mark.usefixtures("closed_circuit")
def test_of_a_dependency_that_is_down_callers_hear_at_once_and_other_tools_do_not(
    cloud: FaultyCloud, oracle: Oracle
) -> None:
    down = cloud.request(*[ledger_call(GUARDED, **DOWN) for _ in range(50)], max_concurrency=40)
    codes = [call["error_code"] for call in oracle.judge(down, cloud.outcome(down))]
    assert set(codes) <= {"Unavailable", "CircuitOpen"}
    assert codes.count("Unavailable") >= DEFAULT_POLICY.minimum_calls
    opened = breaker(cloud)
    assert (opened.circuit, opened.openings) == (Circuit.OPEN, 1)
    until_all_have_read_since(cloud, now_ms())

    def refused() -> bool:
        others = [ledger_call("look"), ledger_call("put_line")]
        run = cloud.request(*[ledger_call(GUARDED, max_retries=0)] * 20, *others, max_concurrency=40)
        *guarded, look, put = oracle.judge(run, cloud.outcome(run))
        assert [look["status"], put["status"]] == ["success", "success"]
        told = {(call.get("error_code"), call.get("effect"), call["attempts"]) for call in guarded}
        return told == {("CircuitOpen", "none", 1)} and lines(run) == len(others)

    in_one_of_three(refused)


@pytest.mark.usefixtures("closed_circuit")
def test_three_probes_find_out_that_it_works_again(cloud: FaultyCloud, oracle: Oracle) -> None:
    def probed() -> bool:
        let_probes_through(cloud)
        waiting = {"line": {"waits": True}, "max_retries": 0, "timeout_seconds": 60}
        run = cloud.request(*[ledger_call(GUARDED, **waiting) for _ in range(10)], max_concurrency=10)
        execution = cloud.start(run)
        cloud.until(lambda: answered(cloud, run) + lines(run) == 10)
        circuit = breaker(cloud).circuit
        run.release()
        codes = [call.get("error_code") for call in oracle.judge(run, cloud.output(execution))]
        assert set(codes) == {None, "CircuitOpen"}
        return (lines(run), circuit, breaker(cloud).circuit) == (
            DEFAULT_POLICY.probes,
            Circuit.HALF_OPEN,
            Circuit.CLOSED,
        )

    in_one_of_three(probed)


@pytest.mark.usefixtures("closed_circuit")
def test_what_the_caller_did_wrong_counts_against_no_tool(cloud: FaultyCloud, oracle: Oracle) -> None:
    refusing = [ledger_call(GUARDED, line={"trouble": "refuses_input"}) for _ in range(20)]
    run = cloud.request(*refusing, ledger_call(GUARDED), max_concurrency=20)
    *refused, good = oracle.judge(run, cloud.outcome(run))
    assert {(call["error_code"], call["attempts"]) for call in refused} == {("InvalidInput", 1)}
    assert good["status"] == "success"
    assert (breaker(cloud).circuit, breaker(cloud).current.failed) == (Circuit.CLOSED, 0)


def test_without_the_table_of_tool_state_calls_go_on_and_soon(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(
        ledger_call("add_line"),
        ledger_call("look_rarely"),
        ledger_call(GUARDED),
        ledger_call("put_line", line={"trouble": "unavailable", "troubled_attempts": 1}),
        max_concurrency=1,
    )
    table = cloud.deployment.tool_state_table
    silent = {"seconds": 60, "until_file": str(run.release_file), "times": None}
    cloud.program(Fault(kind=FaultKind.DELAY, request="dynamodb.*", containing=(table,), **silent))
    output = cloud.outcome(run)
    ended_ms = now_ms()
    assert cloud.report()["faults"][0]["struck"] > 0
    calls = oracle.judge(run, output)
    assert [(call["status"], call["attempts"]) for call in calls] == [("success", 1)] * 3 + [("success", 2)]
    assert [run.lines(call["call_id"]) for call in calls] == [1] * 4
    durations = [ms for envelope in output["results"] for ms in envelope["metadata"]["attempt_durations"]]
    assert max(durations) < AN_OUTAGE_COSTS_MS + STALL_MS, durations
    # What one call has found out, the calls after it in the same process need not wait for.
    assert sorted(durations)[len(durations) // 2] < AN_OUTAGE_COSTS_MS
    # The next test's calls are to have their guards again.
    cloud.until(lambda: now_ms() > ended_ms + PAUSE_SECONDS * 1000)
