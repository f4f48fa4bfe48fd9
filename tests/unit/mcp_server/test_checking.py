"""While one request is checked the server answers the others."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from mcp import Client

from tests.unit.mcp_server.fake_executions import FakeExecutions, answering
from tool_executor.mcp_server import asked, server_of

BATCH: dict[str, Any] = {"calls": [{"tool_name": "say_text", "input": {"text": "x"}}]}


@pytest.mark.parametrize(("name", "arguments"), [("say_text", {"text": "x"}), ("run_batch", BATCH)])
def test_a_request_that_takes_long_to_check_holds_up_no_other(
    monkeypatch: pytest.MonkeyPatch, name: str, arguments: dict[str, Any]
) -> None:
    begun, others_answered, waited = threading.Event(), threading.Event(), list[bool]()
    check = asked.check

    def slow(request: Any, catalog: Any) -> None:
        begun.set()
        waited.append(others_answered.wait(timeout=10))
        check(request, catalog)

    monkeypatch.setattr(asked, "check", slow)

    async def both() -> Any:
        async with Client(server_of(FakeExecutions(answering({})))) as client:
            checked = asyncio.create_task(client.call_tool(name, arguments))
            await asyncio.to_thread(begun.wait, 10)
            await client.list_tools()
            others_answered.set()
            return await checked

    assert not asyncio.run(both()).is_error
    assert waited == [True]
