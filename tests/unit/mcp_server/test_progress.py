"""Progress: asked for by a token, told as attempts go, by numbers that only grow."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from anyio import BrokenResourceError
from hypothesis import given
from hypothesis import strategies as st
from mcp import Client

from tests.unit.mcp_server.fake_executions import FakeExecutions, answering, never
from tool_contract.envelope import CallStatus
from tool_executor.errors import ServiceError
from tool_executor.mcp_server import server_of
from tool_executor.mcp_server.progress import Progress
from tool_executor.mcp_server.runs import Runs

if TYPE_CHECKING:
    from tool_executor.result import ToolExecutionResult

Told = list[tuple[float, float | None, str | None]]


def row(status: str, attempts: int, call_id: str = "c1") -> dict[str, Any]:
    return {"status": status, "attempts": attempts, "call_id": call_id, "tool_name": "say_text"}


def told_of(stages: list[list[dict[str, Any]]], calls: int) -> Told:
    told: Told = []

    async def report(progress: float, total: float | None = None, message: str | None = None) -> None:
        told.append((progress, total, message))

    async def tell() -> None:
        progress = Progress("e-1", calls, report)
        await progress.begun()
        for records in stages:
            await progress.stands(records)

    asyncio.run(tell())
    return told


def test_each_attempt_of_a_call_is_told_and_its_end() -> None:
    stages = [[row("pending", 0)], [row("running", 1)], [row("running", 1)], [row("retrying", 2)], [row("success", 2)]]
    assert told_of(stages, 1) == [
        (0.0, 1.0, "execution e-1 has begun"),
        (0.5, 1.0, "attempt 1 of c1 (say_text)"),
        (0.6667, 1.0, "attempt 2 of c1 (say_text)"),
        (1.0, 1.0, "1 of 1 calls have ended"),
    ]


def test_of_several_calls_it_is_told_how_many_have_ended_and_what_is_under_way() -> None:
    (_, last) = told_of([[row("success", 1), row("running", 1, "c2"), row("pending", 0, "c3")]], 3)
    assert last == (1.5, 3.0, "1 of 3 calls have ended; attempt 1 of c2 (say_text)")


_ROWS = st.lists(
    st.builds(row, st.sampled_from([status.value for status in CallStatus]), st.integers(0, 40)), max_size=6
)


@given(st.lists(_ROWS, max_size=12))
def test_whatever_the_records_say_numbers_grow_and_never_pass_the_total(stages: list[list[dict[str, Any]]]) -> None:
    numbers = [progress for progress, _, _ in told_of(stages, 6)]
    assert numbers == sorted(set(numbers))
    assert all(0 <= number <= 6 for number in numbers)


def _called(executions: FakeExecutions, *, asked: bool) -> tuple[Any, Told]:
    told: Told = []

    async def callback(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    async def call() -> Any:
        async with Client(server_of(executions), mode="legacy") as client:
            return await client.call_tool("say_text", {"text": "x"}, progress_callback=callback if asked else None)

    return asyncio.run(call()), told


def _slowly(executions: FakeExecutions) -> FakeExecutions:
    """Answer once the second attempt's record has been looked at."""
    at_once = executions.answer

    async def answer(request: dict[str, Any], execution_id: str) -> list[ToolExecutionResult]:
        await executions.looked_at_all.wait()
        await asyncio.sleep(0)
        return await at_once(request, execution_id)

    executions.answer = answer
    return executions


def test_a_client_that_asks_hears_of_the_beginning_each_attempt_and_the_end() -> None:
    stages = [[row("running", 1)], [row("retrying", 2)], [row("retrying", 2)]]  # the last is looked at when it was told
    answer, told = _called(_slowly(FakeExecutions(answering({}), records=stages)), asked=True)
    assert answer.is_error is False
    assert [number for number, _, _ in told] == [0.0, 0.5, 0.6667, 1.0]
    assert told[-1][2] == "1 of 1 calls succeeded"


def test_a_client_that_does_not_ask_hears_nothing_and_no_record_is_read() -> None:
    executions = FakeExecutions(answering({}))  # reading its records would fail
    answer, told = _called(executions, asked=False)
    assert (answer.is_error, told) == (False, [])


@pytest.mark.parametrize("takes", [0, 1])
def test_a_client_that_takes_no_notifications_still_gets_its_answer(takes: int) -> None:
    told: list[float] = []

    async def report(progress: float, _total: float | None = None, _message: str | None = None) -> None:
        if len(told) >= takes:
            raise BrokenResourceError
        told.append(progress)

    async def run() -> list[ToolExecutionResult]:
        executions = FakeExecutions(answering({"a": 1}), records=[[row("pending", 0)]])
        return await Runs(executions).to_end({"calls": [{"tool_name": "say_text"}]}, "e-1", report)

    (result,) = asyncio.run(run())
    assert (result.result, len(told)) == ({"a": 1}, takes)


def test_whatever_ends_the_wait_cancels_the_execution() -> None:
    executions = FakeExecutions(never)

    class EndedError(BaseException):
        """Neither an error nor a cancellation."""

    async def report(_progress: float, _total: float | None = None, _message: str | None = None) -> None:
        await executions.begun.get()
        raise EndedError

    async def run() -> None:
        with pytest.raises(EndedError):
            await Runs(executions).to_end({"calls": [{"tool_name": "say_text"}]}, "e-1", report)
        assert executions.cancelled == ["e-1"]  # by now, and not when the loop ends

    asyncio.run(run())


def test_records_that_cannot_be_read_cost_the_call_nothing() -> None:
    executions = FakeExecutions(answering({}))

    async def gone(*_ids: str) -> list[dict[str, Any]]:
        raise ServiceError("AWS could not be called.")

    executions.progress = gone  # type: ignore[method-assign]
    answer, told = _called(executions, asked=True)
    assert (answer.is_error, [number for number, _, _ in told]) == (False, [0.0, 1.0])
