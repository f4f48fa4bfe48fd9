"""What the command line tells of executions, on a deployment: show, stats, watch, clear-history, and run --direct."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.conftest import Shell
from tool_contract.envelope import CallStatus

if TYPE_CHECKING:
    from tests.local.conftest import Deployed

PARTIAL = [
    {"call_id": "good", "tool_name": "echo", "input": {"text": "hello"}},
    {"call_id": "again", "tool_name": "flaky", "input": {"failures": 1}},
    {"call_id": "bad", "tool_name": "missing", "input": {"name": "x"}, "fallbacks": [{"tool_name": "crash_unsafely"}]},
]
#: Whoever waits for something to happen gives up after so many seconds.
PATIENCE = 60


@pytest.fixture
def shell(deployed: Deployed) -> Shell:
    return Shell(deployed.environment)


@pytest.fixture
def name() -> str:
    return f"cli-{uuid.uuid4().hex[:12]}"


def run(shell: Shell, name: str, calls: list[dict[str, Any]], *options: str, code: int = 0) -> str:
    request = {"correlation_id": name, "calls": [{"input": {}, **call} for call in calls]}
    for call in request["calls"]:
        call["fallbacks"] = [{"input": {}, **fallback} for fallback in call.get("fallbacks", [])]
    return shell.run("tool-executor", "run", "-", "--name", name, *options, given=json.dumps(request), code=code)


def test_an_execution_is_shown_counted_and_cleared(shell: Shell, name: str) -> None:
    run(shell, name, PARTIAL, "--json", code=1)

    shown = shell.run("tool-executor", "show", name)
    assert "again flaky" in shown
    assert "retried in 1 s" in " ".join(shown.split())
    assert "\x1b" not in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert shell.json("tool-executor", "show", name, "--result", "good")["text"] == "hello"

    report = shell.json("tool-executor", "stats", "--correlation-id", name, "--json")
    assert sorted(report["by_tool"]) == ["echo", "flaky", "missing"]
    assert (report["overall"]["success_count"], report["by_tool"]["missing"]["fallback_rate"]) == (2, 100.0)

    assert shell.json("tool-executor", "clear-history", "--remote", name, "--yes", "--json")["deleted"] == 4
    assert "no execution" in shell.run("tool-executor", "show", name, code=2)


def test_answers_from_the_cache_are_counted_and_told(shell: Shell, name: str) -> None:
    drawn = [{"tool_name": "draw_rarely", "input": {"name": name}}]
    for number in (1, 2):
        run(shell, f"{name}-{number}", drawn, "--json")

    cached = shell.json("tool-executor", "stats", "--correlation-id", f"{name}-2", "--json")["overall"]["cache_hits"]
    by_tool = shell.json("tool-executor", "stats", "--tool", "draw_rarely", "--since", "1h", "--json")

    assert cached == 1
    assert by_tool["overall"]["cache_hits"] >= 1
    assert "answered from the cache" in shell.run("tool-executor", "show", f"{name}-2")


def test_run_direct_answers_as_the_state_machine_does(shell: Shell, name: str) -> None:
    by_machine, directly = (
        json.loads(run(shell, f"{name}-{how[:1]}", PARTIAL, "--json", *options, code=1).splitlines()[0])
        for how, options in (("machine", ()), ("direct", ("--direct",)))
    )

    def essence(output: dict[str, Any]) -> Any:
        told = ("call_id", "tool_name", "status", "result", "error_code", "effect", "attempts")
        results = [{field: result.get(field) for field in told} for result in output["results"]]
        return sorted(output), output["status"], output["counts"], results

    assert essence(directly) == essence(by_machine)
    (own, *_) = shell.json("tool-executor", "history", f"{name}-d", "--json")
    assert (own["route"], own["status"]) == ("direct", "partial")


def test_run_direct_shows_a_table_and_refuses_as_run_does(shell: Shell, name: str) -> None:
    said = run(shell, name, PARTIAL, "--direct", code=1)
    assert "good echo: success" in said
    assert "NotFound" in said or "ToolCrashed" in said

    refused = run(shell, f"{name}-b", [{"tool_name": "ecko"}], "--direct", code=2)
    assert "/calls/0/tool_name" in refused
    assert "Did you mean 'echo'?" in refused


def test_run_direct_hedges_where_it_is_told_to_and_shows_it(shell: Shell, name: str) -> None:
    calls = [{"tool_name": "straggle", "input": {"seconds": 0.02}}] * 24
    request = [*calls, {"call_id": "late", "tool_name": "straggle", "input": {"seconds": 15}}]

    output = json.loads(run(shell, name, request, "--direct", "--hedge-after", "5", "--json").splitlines()[0])

    late = output["results"][-1]
    assert (late["result"]["attempt"], late["attempts"], late["metadata"]["hedges"]) == (2, 2, 1)
    said = " ".join(shell.run("tool-executor", "show", name).split())
    assert "left: the attempt beside it had answered" in said
    assert "attempt 2 of straggle" in said

    refused = run(shell, f"{name}-b", calls, "--hedge", code=2)
    assert "--direct" in refused


@pytest.mark.parametrize("way", [("--direct",), ("--wait", "sync")], ids=" ".join)
def test_run_interrupted_cancels_and_leaves_terminal_records(
    deployed: Deployed, name: str, way: tuple[str, ...]
) -> None:
    request = {"calls": [{"tool_name": "echo", "input": {"seconds": 60}, "timeout_seconds": 90}]}
    command = ("tool-executor", "run", "-", *way, "--name", name)
    with subprocess.Popen(
        command,
        env=deployed.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(request))
        process.stdin.close()
        ends = time.monotonic() + PATIENCE
        while not any(record["status"] == "running" for record in deployed.history.calls(name)):
            assert time.monotonic() < ends, "the call did not begin"
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
        assert process.stdout is not None
        said = process.stdout.read()

    assert f"Cancelled the execution {name}: 1 call cancelled" in said
    own, call = deployed.history.execution(name)
    assert "open" not in own
    assert call["status"] == CallStatus.CANCELLED


def test_watch_follows_what_another_program_started(shell: Shell, deployed: Deployed, name: str) -> None:
    deployed.start({"calls": [{"tool_name": "echo", "input": {"text": "watched", "seconds": 1}}]}, name)

    said = shell.run("tool-executor", "watch", name)

    assert "text watched" in said
    assert "no execution 'nowhere'" in shell.run("tool-executor", "watch", "nowhere", code=2)


def test_watch_of_a_refused_execution_says_why(shell: Shell, deployed: Deployed, name: str) -> None:
    deployed.start({"calls": [{"tool_name": "ecko", "input": {}}]}, name)

    assert "Did you mean 'echo'?" in shell.run("tool-executor", "watch", name, code=2)


def test_tools_are_looked_up_in_the_deployments_catalog(shell: Shell) -> None:
    """The probe's tools are in no catalog that is shipped."""
    assert "Did you mean 'flaky'" in shell.run("tool-executor", "history", "--tool", "flakey", code=2)
    assert "by_tool" in shell.json("tool-executor", "stats", "--json")


def test_the_shells_completion_can_be_shown(shell: Shell) -> None:
    assert "_TOOL_EXECUTOR_COMPLETE" in shell.run("bash", "-c", "tool-executor --show-completion; exit")
