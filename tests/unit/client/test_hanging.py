"""What hangs: AWS that takes a connection and says nothing, an executor that is closed or forked meanwhile."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tool_executor import ExecutionTimeoutError, ExecutorClosedError, ToolCall, ToolExecutor
from tool_executor.aws import Aws
from tool_executor.deployment import Deployment

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPLOYMENT = Deployment(
    "arn:aws:states:us-east-1:123456789012:stateMachine:m", "h", "s", "b", "planner", "finisher", {"g": "f"}
)


@pytest.fixture
def hole() -> Iterator[Aws]:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield Aws("us-east-1", f"http://127.0.0.1:{server.getsockname()[1]}")


@pytest.mark.parametrize("route", ["auto", "state_machine", "direct"])
@pytest.mark.parametrize("found", [True, False], ids=["deployment given", "deployment looked for"])
def test_a_timeout_holds_while_aws_says_nothing(hole: Aws, route: str, *, found: bool) -> None:
    executor = ToolExecutor(aws=hole, deployment=DEPLOYMENT if found else None, route=route)

    async def timed() -> float:
        began = time.monotonic()
        with pytest.raises(ExecutionTimeoutError) as caught:
            await executor.execute_tool(ToolCall("noop"), timeout=0.2)
        assert caught.value.execution_id
        took = time.monotonic() - began
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        return took

    began = time.monotonic()
    loop = asyncio.new_event_loop()
    try:
        took = loop.run_until_complete(timed())
    finally:
        loop.close()
    # The bound is 2.2 s; a machine stalls at times, and a hang would be half a minute at the least.
    assert took < 15
    assert time.monotonic() - began < 25


def test_who_waits_for_an_executor_that_is_closed_hears_so(hole: Aws) -> None:
    executor = ToolExecutor(aws=hole, deployment=DEPLOYMENT, route="direct")
    heard: list[BaseException] = []

    def wait() -> None:
        try:
            executor.execute_tool_sync(ToolCall("noop"))
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test looks at it
            heard.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    end = time.monotonic() + 60
    while not _has_tasks(executor) and time.monotonic() < end:
        time.sleep(0.05)
    executor.close()
    thread.join(60)
    assert not thread.is_alive()
    assert [type(error) for error in heard] == [ExecutorClosedError]


def _has_tasks(executor: ToolExecutor) -> bool:
    loop = executor._loop._loop
    return loop is not None and bool(asyncio.all_tasks(loop))


def test_a_child_process_has_threads_and_loops_of_its_own() -> None:
    program = """
import os, sys, asyncio
from tool_executor import ToolExecutor
executor = ToolExecutor()
async def doubled(number): return 2 * await executor._connection.in_thread(lambda: number)
assert executor._loop.run(doubled(1)) == 2
child = os.fork()
if child == 0:
    os._exit(0 if executor._loop.run(doubled(2)) == 4 else 3)
_, status = os.waitpid(child, 0)
assert executor._loop.run(doubled(3)) == 6
sys.exit(os.waitstatus_to_exitcode(status))
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program],
        timeout=60,
        check=False,
        capture_output=True,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_an_executor_that_is_dropped_closes_its_connections_without_a_word() -> None:
    program = """
import gc, threading, time
from tool_executor import ToolCall, ToolExecutor
from tool_executor.aws import Aws
from tool_executor.deployment import Deployment
import http.server, json
class Lambda(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        said = json.dumps({"error": "no", "details": []})
        body = json.dumps({"errorType": "InvalidRequest", "errorMessage": said}).encode()
        self.send_response(200)
        self.send_header("X-Amz-Function-Error", "Unhandled")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Lambda)
threading.Thread(target=server.serve_forever, daemon=True).start()
aws = Aws("us-east-1", f"http://127.0.0.1:{server.server_port}")
executor = ToolExecutor(aws=aws, deployment=Deployment("a", "h", "s", "b", "p", "f", {}), route="direct")
try:
    executor.execute_tool_sync(ToolCall("noop"))
except Exception as error:
    assert type(error).__name__ == "InvalidRequestError", repr(error)
loops = [one for one in threading.enumerate() if one.name == "tool-executor"]
assert len(loops) == 1
error = None
del executor
gc.collect()
loops[0].join(30)
assert not loops[0].is_alive()
"""
    command = [sys.executable, "-W", "default::ResourceWarning", "-c", program]
    done = subprocess.run(command, timeout=90, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
