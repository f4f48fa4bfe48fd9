"""Waits for what becomes of an execution that nobody waits for any longer."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcp import Client

    from tests.local.conftest import Deployed
    from tests.local.mcp_server.serving import Heard

#: Longer than any test here waits: whatever ends before it was cancelled.
LONG_CALL = {"text": "x", "seconds": 19}


async def begun(client: Client, heard: Heard) -> asyncio.Task[object]:
    """Call a tool that takes long, and return once its attempt is under way."""
    call = asyncio.create_task(client.call_tool("echo", dict(LONG_CALL), progress_callback=heard))
    while not heard.has_begun:  # noqa: ASYNC110 - progress is told, not waited for
        await asyncio.sleep(0.02)
    return call


def end_of(deployed: Deployed, execution_id: str) -> list[str]:
    """Return the status of an execution and of its calls, once it has ended."""
    while True:
        records = deployed.history.execution(execution_id)
        if records and "open" not in records[0]:
            return [str(record["status"]) for record in records]
        time.sleep(0.05)
