"""What the direct route sends to a tool's function is what the contract's model would write."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.client.virtual_time import VirtualClock
from tool_contract.attempt import AttemptContext, AttemptEntry, Hedge
from tool_executor.direct.call_run import CallRun, ExecutionFrame
from tool_executor.direct.function_answer import FunctionAnswer
from tool_executor.direct.iteration import Candidate, Iteration

DEADLINE = "2026-11-20T10:00:00.000Z"
ENTRY = AttemptEntry(
    attempt=1, tool_name="look", started_at=DEADLINE, duration_ms=1.5, decision="retry", delay_seconds=1
)
CANDIDATE = Candidate("look", "fn", 30.0, read_only=True, repeatable=True, delays=(1.0,))


@pytest.mark.parametrize("session", [None, "e1"])
@pytest.mark.parametrize("log", [(), (ENTRY,)])
@pytest.mark.parametrize("hedge", [None, Hedge(started_at=DEADLINE, count=2)])
def test_the_context_is_the_contracts(session: str | None, log: tuple[AttemptEntry, ...], hedge: Hedge | None) -> None:
    sent = []

    async def invoke(_function: str, event: object, _timeout_seconds: float) -> FunctionAnswer:
        sent.append(event)
        return FunctionAnswer(403, b"{}")

    frame = ExecutionFrame("e1", "k", DEADLINE, 10**15, session)
    run = CallRun(frame, invoke, VirtualClock())
    iteration = Iteration("c1", (CANDIDATE, CANDIDATE), attempt=3, candidate=1, log=log)
    with asyncio.Runner() as runner:
        runner.run(run._attempt(iteration, hedge))

    context = AttemptContext(
        execution_id="e1", correlation_id="k", call_id="c1", attempt=3, candidate=1, timeout_seconds=30.0,
        deadline=DEADLINE, attempt_log=list(log), session=session, hedge=hedge,
    )  # fmt: skip
    assert sent == [{"tool_name": "look", "context": context.model_dump(mode="json", exclude_none=True)}]
