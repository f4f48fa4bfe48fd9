"""Streamable HTTP: the protocol's two generations, each with its own way to stop waiting."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from tests.local.conftest import ROOT
from tests.local.mcp_server.ends import LONG_CALL, begun, end_of
from tests.local.mcp_server.serving import COMMAND, TOKEN, Heard, Served, serving_http

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.local.conftest import Deployed

pytestmark = pytest.mark.usefixtures("deployed")


@pytest.fixture(scope="module")
def served(deployed: Deployed) -> Iterator[Served]:
    with serving_http(deployed) as served:
        yield served


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_a_client_with_the_token_calls_tools_and_its_cancellation_leaves_a_cancelled_record(
    deployed: Deployed, served: Served, mode: str
) -> None:
    heard, stopped = Heard(), Heard()

    async def use() -> Any:
        async with served.client(mode) as client:
            call = await begun(client, stopped)
            call.cancel()
            await asyncio.wait([call])
            return await client.call_tool("echo", {"text": "a", "seconds": 0.3}, progress_callback=heard)

    answer = asyncio.run(use())
    assert answer.structured_content == {"text": "a", "attempt": 1}
    assert (heard.told[0][0], heard.told[-1][0]) == (0.0, 1.0)
    assert end_of(deployed, stopped.execution_id) == ["cancelled", "cancelled"]


def test_a_session_that_is_ended_cancels_what_it_waits_for(deployed: Deployed, served: Served) -> None:
    heard = Heard()

    async def use() -> None:
        async with served.client("legacy") as client:
            await begun(client, heard)

    asyncio.run(use())
    assert end_of(deployed, heard.execution_id) == ["cancelled", "cancelled"]


def test_in_a_session_a_lost_connection_is_no_cancellation_and_get_execution_tells_the_rest(served: Served) -> None:
    """The protocol's versions up to 2025-11-25 say so; its own word for cancelling is a notification."""

    async def use() -> Any:
        async with httpx2.AsyncClient(timeout=60) as http:
            session = await _session(http, served)
            params = {"name": "echo", "arguments": {"text": "a", "seconds": 1}, "_meta": {"progressToken": "p"}}
            call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params}
            async with http.stream("POST", served.url, headers=session, json=call) as answer:
                line = await anext(line async for line in answer.aiter_lines() if "has begun" in line)
        execution_id = line.split("execution ")[1].split()[0]
        async with served.client() as client:
            output: dict[str, Any] = {"status": "running"}
            while output["status"] == "running":
                told = await client.call_tool("get_execution", {"execution_id": execution_id})
                output = told.structured_content
            return output

    output = asyncio.run(use())
    assert (output["status"], output["results"][0]["result"]["text"]) == ("succeeded", "a")


async def _session(http: httpx2.AsyncClient, served: Served) -> dict[str, str]:
    """Begin a session and return the headers of its further requests."""
    headers = {"Authorization": f"Bearer {served.token}", "Accept": "application/json, text/event-stream"}
    first = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "tests", "version": "1"}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": first}
    answer = await http.post(served.url, headers=headers, json=message)
    headers |= {"Mcp-Session-Id": answer.headers["mcp-session-id"], "MCP-Protocol-Version": "2025-06-18"}
    await http.post(served.url, headers=headers, json={"jsonrpc": "2.0", "method": "notifications/initialized"})
    return headers


def test_without_the_token_or_by_another_name_nothing_is_answered(served: Served) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    good = {"Authorization": f"Bearer {TOKEN}"}
    asked = [
        {},
        {"Authorization": "Bearer no"},
        {**good, "Host": "evil.example"},
        {**good, "Origin": "http://x.example"},
    ]
    statuses = [httpx2.post(served.url, json=message, headers=headers).status_code for headers in asked]
    assert statuses == [401, 401, 421, 403]


def test_on_the_direct_route_calls_are_answered_told_of_and_cancelled_alike(deployed: Deployed) -> None:
    heard, stopped = Heard(), Heard()

    async def use(direct: Served) -> Any:
        async with direct.client() as client:
            call = await begun(client, stopped)
            call.cancel()
            await asyncio.wait([call])
            return await client.call_tool("echo", {"text": "a"}, progress_callback=heard)

    with serving_http(deployed, route="direct") as direct:
        answer = asyncio.run(use(direct))
    assert answer.structured_content["text"] == "a"
    assert deployed.history.execution(heard.execution_id)[0]["route"] == "direct"
    assert end_of(deployed, stopped.execution_id) == ["cancelled", "cancelled"]


def test_the_command_serves_on_loopback_and_ctrl_c_cancels_what_clients_wait_for(
    deployed: Deployed, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text(f"{TOKEN}\n", encoding="utf-8")
    options = ["--http", "--token-file", str(token), "--stage", deployed.stage, "--tool", "echo"]
    heard = Heard()

    async def use(url: str, process: subprocess.Popen[str]) -> list[str]:
        async with Served(url).client() as client:
            names = [tool.name for tool in (await client.list_tools()).tools]
            call = await begun(client, heard)
            process.send_signal(signal.SIGINT)
            await asyncio.wait([call])
            call.exception()
            return names

    with subprocess.Popen(
        [*COMMAND, *options], cwd=ROOT, env=deployed.environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        url = next(line.split(" at ")[1].split()[0] for line in process.stderr if " at " in line).rstrip(".")
        names = asyncio.run(use(url, process))
        told = process.stderr.read()
    assert url.startswith("http://127.0.0.1:")
    assert names == ["echo", "run_batch", "get_execution"]
    assert process.returncode == 0
    assert TOKEN not in told
    assert end_of(deployed, heard.execution_id) == ["cancelled", "cancelled"]
    assert LONG_CALL["seconds"] > 10  # so that it cannot have ended by itself
