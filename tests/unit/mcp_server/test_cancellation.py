"""Whoever stops waiting cancels the execution: by a notification, by leaving, or by ending the server."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError

from tests.unit.mcp_server.fake_executions import FakeExecutions, never
from tool_executor.mcp_server import server_of
from tool_executor.mcp_server.runs import Runs

REQUEST: dict[str, Any] = {"calls": [{"tool_name": "say_text", "input": {"text": "x"}}]}


@pytest.mark.parametrize("mode", ["legacy", "auto"])
@pytest.mark.parametrize(("name", "arguments"), [("say_text", {"text": "x"}), ("run_batch", REQUEST)])
def test_a_clients_cancellation_cancels_the_execution(mode: str, name: str, arguments: dict[str, Any]) -> None:
    executions = FakeExecutions(never)

    async def cancel() -> None:
        async with Client(server_of(executions), mode=mode) as client:
            call = asyncio.create_task(client.call_tool(name, arguments))
            await executions.begun.get()
            call.cancel()
            await asyncio.wait([call])
            await executions.ended_records.get()

    asyncio.run(cancel())
    assert len(executions.cancelled) == 1


def test_a_client_that_leaves_cancels_what_it_waits_for() -> None:
    executions = FakeExecutions(never)

    async def leave() -> None:
        stack = AsyncExitStack()
        client = await stack.enter_async_context(Client(server_of(executions), mode="legacy"))
        call = asyncio.create_task(client.call_tool("say_text", {"text": "x"}))
        await executions.begun.get()
        await stack.aclose()
        with suppress(MCPError):
            await call

    asyncio.run(leave())
    assert len(executions.cancelled) == 1
    assert executions.closed


def test_a_server_that_ends_cancels_every_wait_once_and_says_so() -> None:
    executions = FakeExecutions(never)

    async def end() -> list[object]:
        runs = Runs(executions)
        waits = [asyncio.create_task(runs.to_end(REQUEST, execution_id, None)) for execution_id in ("e-1", "e-2")]
        await executions.begun.get()
        await executions.begun.get()
        closing = [asyncio.create_task(runs.close()), asyncio.create_task(runs.close())]
        await asyncio.wait(closing)
        return await asyncio.gather(*waits, return_exceptions=True)

    ends = asyncio.run(end())
    assert sorted(executions.cancelled) == ["e-1", "e-2"]
    assert [str(one.message) for one in ends] == ["The server ends, and the execution was cancelled."] * 2  # type: ignore[attr-defined]


def test_a_wait_that_is_cancelled_twice_still_ends_the_records() -> None:
    executions = FakeExecutions(never)

    async def twice() -> None:
        runs = Runs(executions)
        wait = asyncio.create_task(runs.to_end(REQUEST, "e-1", None))
        await executions.begun.get()
        wait.cancel()
        await asyncio.sleep(0)
        wait.cancel()
        await asyncio.wait([wait])
        await runs.close()

    asyncio.run(twice())
    assert executions.cancelled == ["e-1"]
