"""Executions of the Express state machine: starts refused, answers lost, clients killed; and nothing runs twice."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import uuid
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.faulty_cloud import FINISHER, PLANNER, lambda_fault, ledger_call, store_fault
from tests.local.conftest import ROOT
from tool_executor import (
    ExecutionIdTakenError,
    InvalidRequestError,
    ServiceError,
    ToolCall,
    ToolExecutor,
    ToolNotFoundError,
)
from tool_executor.cancellation import Canceller
from tool_executor.local.faults import FaultKind

if TYPE_CHECKING:
    from tests.faults.faulty_cloud import FaultyCloud, Run
    from tests.faults.oracle import Oracle
    from tool_executor import ToolExecutionResult

START = "states.StartSyncExecution"
WAITS: dict[str, Any] = {"line": {"waits": True}, "timeout_seconds": 60}


def ran(
    cloud: FaultyCloud, run: Run, route: str = "auto", wait_seconds: float | None = None
) -> list[ToolExecutionResult]:
    return asyncio.run(cloud.engine(route, "sync").run(run.request, run.execution_id, wait_seconds))


def said(result: ToolExecutionResult) -> tuple[str, int, bool]:
    return result.status.value, result.attempts, bool(result.metadata.get("degraded"))


def route_of(cloud: FaultyCloud, run: Run) -> str:
    return str(cloud.history.execution(run.execution_id)[0]["route"])


def starts(cloud: FaultyCloud, run: Run) -> int:
    """How often the planner was asked for an execution: once by each run of a machine that was not refused."""
    return len(cloud.invocations("-planner", run.execution_id))


def executor_of(cloud: FaultyCloud) -> ToolExecutor:
    return ToolExecutor(aws=cloud.aws, deployment=cloud.deployment, wait="sync")


def without_machine(cloud: FaultyCloud) -> FaultyCloud:
    arn = f"{cloud.deployment.outputs['ExpressStateMachineArn']}-gone"
    outputs = {**cloud.deployment.outputs, "ExpressStateMachineArn": arn}
    return replace(cloud, deployment=replace(cloud.deployment, outputs=outputs))


def test_its_results_and_records_are_as_any_others_and_say_who_ran_it(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("add_line"), ledger_call("look", line={"trouble": "refuses_input"}))
    done, refused = ran(cloud, run)
    oracle.judge(run)
    assert (said(done), said(refused)) == (("success", 1, False), ("failed", 1, False))
    own = cloud.history.execution(run.execution_id)[0]
    assert (own["route"], own["status"], ":express:" in own["execution_arn"]) == ("express", "partial", True)
    assert (run.lines("c1"), starts(cloud, run)) == (1, 1)


def test_eight_executions_at_once_have_eight_effects(cloud: FaultyCloud, oracle: Oracle) -> None:
    runs = [cloud.request(ledger_call("put_line"), ledger_call("add_line")) for _ in range(8)]

    async def all_at_once() -> list[list[ToolExecutionResult]]:
        engine = cloud.engine(wait="sync")
        return await asyncio.gather(*[engine.run(run.request, run.execution_id) for run in runs])

    for run, results in zip(runs, asyncio.run(all_at_once()), strict=True):
        oracle.judge(run)
        assert [said(result) for result in results] == [("success", 1, False)] * 2
        assert (run.lines("c1"), run.lines("c2")) == (1, 1)


def test_two_executions_of_one_id_have_one_effect(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("add_line", line={"waits": True}, timeout_seconds=60))

    async def both() -> list[Any]:
        engine = cloud.engine(wait="sync")
        tasks = [asyncio.create_task(engine.run(run.request, run.execution_id)) for _ in range(2)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        run.release()
        return await asyncio.gather(*tasks, return_exceptions=True)

    outcomes = asyncio.run(both())
    oracle.judge(run)
    (refused,) = [one for one in outcomes if isinstance(one, BaseException)]
    ((result,),) = [one for one in outcomes if isinstance(one, list)]
    assert isinstance(refused, ExecutionIdTakenError)
    assert (refused.nothing_ran, said(result), run.lines("c1")) == (True, ("success", 1, False), 1)


def test_an_answer_that_is_lost_after_all_has_run_is_read_from_the_records(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("add_line"))
    cloud.program(store_fault(FaultKind.DROP_ANSWER, run, START, times=None))
    (result,) = ran(cloud, run)
    oracle.judge(run)
    assert (said(result), route_of(cloud, run)) == (("success", 1, False), "express")
    assert (run.lines("c1"), starts(cloud, run)) == (1, 1)


def test_so_it_is_where_the_service_says_that_it_has_failed(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("add_line"))
    cloud.program(store_fault(FaultKind.FAIL_AFTER, run, START, times=None))
    (result,) = ran(cloud, run, "state_machine")
    oracle.judge(run)
    assert (said(result), run.lines("c1"), starts(cloud, run)) == (("success", 1, False), 1, 1)


@pytest.mark.parametrize("kind", [FaultKind.FAIL_BEFORE, FaultKind.THROTTLE])
def test_what_did_not_start_is_run_directly_and_marked(cloud: FaultyCloud, oracle: Oracle, kind: FaultKind) -> None:
    run = cloud.request(ledger_call("add_line"))
    cloud.program(store_fault(kind, run, START, times=None))
    (result,) = ran(cloud, run)
    oracle.judge(run)
    assert (said(result), route_of(cloud, run), run.lines("c1")) == (("success", 1, True), "direct", 1)


def test_a_machine_that_is_gone_is_done_without_where_that_is_allowed(cloud: FaultyCloud, oracle: Oracle) -> None:
    gone, run = without_machine(cloud), cloud.request(ledger_call("add_line"))
    (result,) = ran(gone, run)
    oracle.judge(run)
    assert said(result) == ("success", 1, True)
    with pytest.raises(ServiceError, match="was not started") as refused:
        ran(gone, cloud.request(ledger_call("look")), "state_machine")
    assert refused.value.nothing_ran


def test_what_runs_directly_instead_keeps_the_deadline_of_five_minutes(cloud: FaultyCloud) -> None:
    run = cloud.request(ledger_call("look"))
    ran(without_machine(cloud), run)
    own = cloud.history.execution(run.execution_id)[0]
    assert _seconds(own["started_at"], own["deadline"]) == 270


def _seconds(begin: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()


def test_a_direct_run_that_finds_the_express_machine_at_work_waits_for_its_results(
    cloud: FaultyCloud, oracle: Oracle
) -> None:
    run = cloud.request(ledger_call("add_line", **WAITS))

    async def both() -> list[ToolExecutionResult]:
        first = asyncio.create_task(cloud.engine(wait="sync").run(run.request, run.execution_id))
        await asyncio.to_thread(cloud.until, lambda: bool(cloud.history.execution(run.execution_id)))
        second = asyncio.create_task(without_machine(cloud).engine(wait="sync").run(run.request, run.execution_id))
        await asyncio.to_thread(cloud.until, lambda: starts(cloud, run) == 2)
        run.release()
        return [*await first, *await second]

    results = asyncio.run(both())
    oracle.judge(run)
    assert [said(result) for result in results] == [("success", 1, False)] * 2
    assert run.lines("c1") == 1


def test_a_request_that_the_planner_refuses_is_refused_in_its_words(cloud: FaultyCloud) -> None:
    run = cloud.request(ledger_call("lok"), ledger_call("look", input={"line": {"text": 1}}))
    with pytest.raises(InvalidRequestError) as refused:
        ran(cloud, run)
    assert "/calls/0/tool_name" in [problem["pointer"] for problem in refused.value.problems]
    assert (refused.value.nothing_ran, cloud.history.execution(run.execution_id)) == (True, [])
    with pytest.raises(ToolNotFoundError):
        executor_of(cloud).execute_tool_sync(ToolCall("lok", {}))


def test_a_wait_that_ends_first_has_its_answer_and_the_result_comes_later(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("add_line", **WAITS))

    async def impatient() -> list[str]:
        engine = cloud.engine(wait="sync")
        (early,) = await engine.run({**run.request, "timeout_seconds": 60}, run.execution_id, 3)
        run.release()
        (late,) = await engine.wait(run.execution_id, 60)
        return [early.status.value, late.status.value]

    assert asyncio.run(impatient()) == ["timeout", "success"]
    oracle.judge(run)


def test_a_cancelled_execution_s_records_say_so_and_its_late_attempt_changes_nothing(
    cloud: FaultyCloud, oracle: Oracle
) -> None:
    run = cloud.request(ledger_call("add_line", **WAITS), ledger_call("look"))

    async def cancelled() -> list[str]:
        running = asyncio.create_task(cloud.engine(wait="sync").run(run.request, run.execution_id))
        await asyncio.to_thread(cloud.until, lambda: _statuses(cloud, run) == ["running", "success"])
        cancellation = await asyncio.to_thread(Canceller(cloud.aws, cloud.deployment).cancel, run.execution_id)
        assert (cancellation.stopped, [call["call_id"] for call in cancellation.cancelled]) == (True, ["c1"])
        run.release()
        return [result.status.value for result in await running]

    assert asyncio.run(cancelled()) == ["cancelled", "success"]
    adding, _ = oracle.judge(run)
    assert (adding["status"], adding["effect"]) == ("cancelled", "unknown")
    again = Canceller(cloud.aws, cloud.deployment).cancel(run.execution_id)
    assert (again.stopped, again.status) == (False, "partial")


def _statuses(cloud: FaultyCloud, run: Run) -> list[str]:
    return [call["status"] for call in cloud.calls(run)]


def test_a_task_that_is_cancelled_cancels_its_execution(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("add_line", **WAITS))

    async def cancelled() -> None:
        task = asyncio.create_task(cloud.engine(wait="sync").run(run.request, run.execution_id))
        await asyncio.to_thread(cloud.until, lambda: _statuses(cloud, run) == ["running"])
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert [call["status"] for call in oracle.judge(run)] == ["cancelled"]


def test_a_task_that_is_cancelled_while_it_is_planned_leaves_nothing_open(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("add_line"), ledger_call("look"))
    held = {"seconds": 60, "until_file": str(run.release_file)}
    cloud.program(lambda_fault(FaultKind.DELAY, run, request=PLANNER, **held))

    async def cancelled() -> None:
        task = asyncio.create_task(cloud.engine(wait="sync").run(run.request, run.execution_id))
        await asyncio.to_thread(cloud.until, lambda: starts(cloud, run) == 1)
        task.cancel()
        run.release()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert {call["status"] for call in oracle.judge(run)} <= {"cancelled", "success"}


WAITING_CLIENT = """
import asyncio, json, sys
from concurrent.futures import ThreadPoolExecutor
from tool_executor.aws import Aws
from tool_executor.deployment import find_deployment
from tool_executor.direct.lambda_http import LambdaHttp
from tool_executor.engine import Engine
from tool_executor.ways import Route, Wait

aws = Aws(*sys.argv[1:3])
engine = Engine(aws, find_deployment(aws, "dev"), Route.AUTO, LambdaHttp(aws), ThreadPoolExecutor(4), wait_by=Wait.SYNC)
asyncio.run(engine.run(json.load(sys.stdin), sys.argv[3]))
"""


def _killed_while_waiting(cloud: FaultyCloud, run: Run) -> None:
    arguments = [str(cloud.aws.region), str(cloud.aws.endpoint_url), run.execution_id]
    client = subprocess.Popen(
        [sys.executable, "-c", WAITING_CLIENT, *arguments], cwd=ROOT, stdin=subprocess.PIPE, text=True
    )
    assert client.stdin is not None
    client.stdin.write(json.dumps(run.request))
    client.stdin.close()
    try:
        cloud.until(lambda: _statuses(cloud, run) == ["running"])
    finally:
        client.send_signal(signal.SIGKILL)
        client.wait(30)


def test_an_execution_whose_client_is_killed_ends_by_itself(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("add_line", **WAITS))
    _killed_while_waiting(cloud, run)
    run.release()
    cloud.until(lambda: "open" not in cloud.history.execution(run.execution_id)[0])
    (record,) = oracle.judge(run)
    assert (record["status"], run.lines("c1")) == ("success", 1)


def test_one_whose_finisher_fails_besides_is_ended_past_its_deadline(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("add_line", **WAITS), timeout_seconds=8)
    cloud.program(lambda_fault(FaultKind.FAIL_BEFORE, run, '"unrecorded"', request=FINISHER, times=None))
    _killed_while_waiting(cloud, run)
    run.release()
    canceller = Canceller(cloud.aws, cloud.deployment)
    cloud.until(lambda: run.execution_id in canceller.reconcile(0).ended)
    (record,) = oracle.judge(run)
    assert (record["status"], run.lines("c1")) == ("success", 1)
    assert cloud.history.execution(run.execution_id)[0]["status"] == "succeeded"


def test_of_one_whose_finisher_fails_the_client_has_the_records_ended(cloud: FaultyCloud, oracle: Oracle) -> None:
    calls = [ledger_call("add_line"), ledger_call("look", line={"trouble": "refuses_input"}), ledger_call("look")]
    run = cloud.request(*calls, mode="sequence")
    cloud.program(lambda_fault(FaultKind.FAIL_BEFORE, run, '"unrecorded"', request=FINISHER, times=None))
    results = ran(cloud, run)
    oracle.judge(run)
    assert [said(result) for result in results] == [
        ("success", 1, False),
        ("failed", 1, False),
        ("skipped", 0, False),
    ]


def test_a_handle_and_a_stream_are_of_the_standard_machine(cloud: FaultyCloud) -> None:
    line = {"file": str(cloud.folder / f"handle-{uuid.uuid4().hex}"), "text": "h"}

    async def both() -> list[str]:
        executor = executor_of(cloud)
        handle = await executor.submit([ToolCall("look", {"line": line})], timeout=3600)
        await handle.wait(60)
        streamed = [result async for result in executor.stream([ToolCall("look", {"line": line})])]
        ids = [handle.execution_id, str(streamed[0].execution_id)]
        return [cloud.history.execution(execution_id)[0]["route"] for execution_id in ids]

    assert asyncio.run(both()) == ["workflow", "workflow"]


def test_the_metrics_of_what_express_ran_agree_with_the_history(cloud: FaultyCloud, oracle: Oracle) -> None:
    before = {name: cloud.counts(name) for name in ("put_line", "look_rarely")}
    run = cloud.request(
        ledger_call("put_line"),
        ledger_call("put_line", line={"trouble": "refuses_input"}),
        ledger_call("look_rarely", use_cache=False),
    )
    ran(cloud, run)
    oracle.judge(run)
    after = {name: cloud.counts(name) for name in before}

    def grew(name: str, metric: str) -> int:
        return after[name].get(metric, 0) - before[name].get(metric, 0)

    assert (grew("put_line", "Calls"), grew("put_line", "CallsSuccess"), grew("put_line", "CallsFailed")) == (2, 1, 1)
    assert (grew("look_rarely", "Calls"), grew("look_rarely", "Attempts")) == (1, 1)
