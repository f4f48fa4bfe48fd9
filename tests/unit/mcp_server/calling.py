"""A client that calls one tool of a server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mcp import Client

from tool_executor.mcp_server import server_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.unit.mcp_server.fake_executions import FakeExecutions


def called(
    executions: FakeExecutions,
    name: str,
    arguments: Any,
    meta: Any = None,
    *,
    mode: str = "auto",
    secrets: Mapping[str, str] | None = None,
) -> Any:
    async def call() -> Any:
        async with Client(server_of(executions, secrets=secrets), mode=mode) as client:
            await client.list_tools()  # the client then checks structured content against the output schema
            return await client.call_tool(name, arguments, meta=meta)

    return asyncio.run(call())
