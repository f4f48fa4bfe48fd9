"""The command as hosts use it: started, spoken to on its standard input and output, and left."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from mcp import Client

from tests.local.conftest import ROOT
from tests.local.mcp_server.ends import LONG_CALL, begun, end_of
from tests.local.mcp_server.serving import COMMAND, Heard, command

if TYPE_CHECKING:
    from tests.local.conftest import Deployed

BATCH = {
    "calls": [
        {"tool_name": "echo", "input": {"text": "a"}},
        {"tool_name": "missing", "input": {"name": "b"}, "fallbacks": [{"tool_name": "echo", "input": {"text": "c"}}]},
        {"tool_name": "missing", "input": {"name": "d"}},
    ]
}


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_the_official_client_lists_and_calls_tools(deployed: Deployed, mode: str) -> None:
    heard = Heard()

    async def use() -> dict[str, Any]:
        async with Client(command(deployed, "--caller", "mcp-tests"), mode=mode) as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            answers = {
                "flaky": await client.call_tool("flaky", {"failures": 1}, progress_callback=heard),
                "large": await client.call_tool("large", {"size": 300_000}),
                "missing": await client.call_tool("missing", {"name": "x"}),
                "typed": await client.call_tool("typed", {"code": "x"}),
                "batch": await client.call_tool("run_batch", BATCH),
            }
            execution_id = answers["batch"].structured_content["execution_id"]
            told = await client.call_tool("get_execution", {"execution_id": execution_id})
            return {**answers, "tools": tools, "told": told}

    said = asyncio.run(use())
    assert {"forecast_demand", "echo", "run_batch", "get_execution"} <= said["tools"].keys()
    assert said["flaky"].structured_content == {"text": "at last", "attempt": 2}
    numbers = [number for number, _ in heard.told]
    assert numbers == sorted(set(numbers))
    assert (numbers[0], numbers[-1], heard.has_begun) == (0.0, 1.0, True)
    assert len(said["large"].structured_content["result"]) == 300_000
    failures = {name: said[name].meta["tool-executor/envelope"] for name in ("missing", "typed")}
    assert (said["missing"].is_error, failures["missing"]["error_code"]) == (True, "NotFound")
    assert failures["typed"]["details"][0]["pointer"] == "/code"
    batch = said["batch"].structured_content
    assert [one["status"] for one in batch["results"]] == ["success", "success", "failed"]
    assert batch["results"][1]["metadata"]["fallback_used"] is True
    assert said["told"].structured_content == batch
    jsonschema.validate(batch, said["tools"]["run_batch"].output_schema)
    own = deployed.history.execution(batch["execution_id"])[0]
    assert own["caller"] == "mcp-tests"


def test_a_cancelled_call_and_one_whose_client_leaves_have_cancelled_records(deployed: Deployed) -> None:
    cancelled, left = Heard(), Heard()

    async def use() -> object:
        async with Client(command(deployed)) as client:
            call = await begun(client, cancelled)
            call.cancel()
            await asyncio.wait([call])
            after = await client.call_tool("echo", {"text": "still here"})
            await begun(client, left)
            return after.structured_content

    after = asyncio.run(use())
    assert after == {"text": "still here", "attempt": 1}
    assert end_of(deployed, cancelled.execution_id) == ["cancelled", "cancelled"]
    assert end_of(deployed, left.execution_id) == ["cancelled", "cancelled"]


def test_nothing_but_the_protocol_is_on_standard_output_and_a_signal_cancels_and_ends(deployed: Deployed) -> None:
    first = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "tests", "version": "1"}}
    sent = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": first},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "echo", "arguments": {"text": "a"}}},
        {
            "jsonrpc": "2.0",
            "id": 3,
            "method": "tools/call",
            "params": {"name": "echo", "arguments": LONG_CALL, "_meta": {"progressToken": "p"}},
        },
    ]
    with subprocess.Popen(
        [*COMMAND, "--stage", deployed.stage],
        cwd=ROOT,
        env=deployed.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write("this is no message\n")
        process.stdin.write("".join(f"{json.dumps(message)}\n" for message in sent))
        process.stdin.flush()
        got: list[dict[str, Any]] = []
        while not (any("attempt" in one.get("params", {}).get("message", "") for one in got) and _answers(got, 2)):
            got.append(json.loads(process.stdout.readline()))
        process.send_signal(signal.SIGTERM)  # the input stays open, as where a person presses Ctrl-C
        rest, told = process.communicate()
        got += [json.loads(line) for line in rest.splitlines()]
    assert process.returncode == 0
    assert all(one["jsonrpc"] == "2.0" for one in got)
    assert _answers(got, 1)[0]["result"]["serverInfo"]["name"] == "tool-executor"
    assert _answers(got, 2)[0]["result"]["structuredContent"]["text"] == "a"
    assert [one["error"]["code"] for one in got if "error" in one][:1] == [-32700]
    assert "on standard input and output" in told
    assert "Traceback" not in told
    begin = next(one for one in got if one.get("method") == "notifications/progress")
    assert end_of(deployed, begin["params"]["message"].split()[1]) == ["cancelled", "cancelled"]


def _answers(got: list[dict[str, Any]], request_id: int) -> list[dict[str, Any]]:
    return [one for one in got if one.get("id") == request_id and "result" in one]
