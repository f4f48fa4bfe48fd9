"""Clients and checks of the MCP project itself, from npm: the inspector, the TypeScript SDK, the conformance suite."""

from __future__ import annotations

import json
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.conftest import ROOT
from tests.local.mcp_server.serving import TOKEN, Served, command, serving_http

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.local.conftest import Deployed

pytestmark = pytest.mark.usefixtures("deployed")

PACKAGES = ROOT / "tests" / "npm" / "node_modules"
PROGRAMS = PACKAGES / ".bin"
#: The SDK that the inspector is built on: what hosts in editors use.
TYPESCRIPT_SDK = PACKAGES / "@modelcontextprotocol" / "sdk" / "dist" / "esm"
CALL_BY_JS = Path(__file__).with_name("call_by_js.mjs")

#: What the suite asks of what is offered here. The probe group has the tools that it calls by name.
PASSED = {
    "server-initialize",
    "ping",
    "tools-list",
    "tools-call-simple-text",
    "tools-call-error",
    "tools-call-with-progress",
    "server-sse-multiple-streams",
    "dns-rebinding-protection",
}
#: Scenarios of what is not offered, by why.
LEFT_OUT = {
    "the server has tools alone: what an execution came to is a tool's answer, no resource": {
        "resources-list",
        "resources-read-text",
        "resources-read-binary",
        "resources-templates-read",
        "resources-subscribe",
        "resources-unsubscribe",
    },
    "the server has no prompts, and nothing to complete": {
        "completion-complete",
        "prompts-list",
        "prompts-get-simple",
        "prompts-get-with-args",
        "prompts-get-embedded-resource",
        "prompts-get-with-image",
    },
    "logs are the functions' own; MCP has deprecated the capability": {"logging-set-level", "tools-call-with-logging"},
    "a tool runs in its function and cannot ask the client's model or user": {
        "tools-call-sampling",
        "tools-call-elicitation",
        "elicitation-sep1034-defaults",
        "elicitation-sep1330-enums",
    },
    "tools answer with JSON; the pictures that they keep are shown: browser_tools/test_mcp_pictures.py": {
        "tools-call-image",
        "tools-call-audio",
        "tools-call-embedded-resource",
        "tools-call-mixed-content",
    },
    "a catalog's schemas are made from types, and none has $schema": {"json-schema-2020-12"},
    "streams cannot be resumed: get_execution tells what was lost": {"server-sse-polling"},
}


@pytest.fixture(scope="module")
def served(deployed: Deployed) -> Iterator[Served]:
    # The suite cannot send a token. What it may send otherwise is checked all the same.
    with serving_http(deployed, token_given=True) as served:
        yield served


def _ran(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def test_the_conformance_suite_passes_for_what_is_offered(served: Served) -> None:
    suite = str(PROGRAMS / "conformance")
    listed = set(re.findall(r"^  - (\S+)", _ran(suite, "list", "--server").stdout, re.MULTILINE))
    run = partial(_ran, suite, "server", "--url", served.url, "--scenario")
    with ThreadPoolExecutor(3) as runners:
        done = dict(zip(sorted(PASSED), runners.map(run, sorted(PASSED)), strict=True))
    assert {name: one.stdout + one.stderr for name, one in done.items() if one.returncode} == {}
    assert listed == PASSED.union(*LEFT_OUT.values())


@pytest.mark.parametrize("way", ["stdio", "http"])
def test_the_inspector_lists_and_calls_tools(deployed: Deployed, served: Served, way: str) -> None:
    if way == "http":
        place = [served.url, "--transport", "http", "--header", f"Authorization: Bearer {TOKEN}"]
    else:
        server = command(deployed)
        variables = [f"{name}={value}" for name, value in (server.env or {}).items() if name.startswith("AWS_")]
        given = [part for variable in variables for part in ("-e", variable)]
        place = [*given, "--cwd", str(ROOT), server.command, *server.args]
    inspect = partial(_inspected, *place)
    if way == "http":
        tools = {tool["name"]: tool for tool in inspect("--method", "tools/list", "--strict")["tools"]}
        assert tools["forecast_demand"]["annotations"]["readOnlyHint"] is True
        assert tools["forecast_demand"]["outputSchema"]["type"] == "object"
    answer = inspect("--method", "tools/call", "--tool-name", "echo", "--tool-arg", "text=hello")
    assert (answer["isError"], answer["structuredContent"]) == (False, {"text": "hello", "attempt": 1})


@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        ("forecast_demand", {"product_code": "P999", "warehouse_code": "WH001"}, "NotFound"),
        ("forecast_demand", {}, "InvalidInput"),
        ("run_batch", {}, "InvalidRequest"),
        ("get_execution", {"execution_id": "there-is-none"}, "ExecutionNotFound"),
    ],
)
def test_a_failure_comes_through_an_sdk_that_checks_structured_content_of_failures_too(
    served: Served, name: str, arguments: dict[str, Any], code: str
) -> None:
    given = (str(TYPESCRIPT_SDK), served.url, TOKEN, name, json.dumps(arguments))
    done = _ran("node", str(CALL_BY_JS), *given)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["isError"], answer["_meta"]["tool-executor/envelope"]["error_code"]) == (True, code)
    assert code in answer["content"][0]["text"]


def _inspected(*arguments: str) -> Any:
    done = _ran(str(PROGRAMS / "mcp-inspector"), "--cli", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)
