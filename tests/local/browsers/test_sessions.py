"""The host's sessions: one living browser for each key and generation, and nothing left of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.local.browsers.running_host import RunningHost, command_lines_holding, eventually


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    with RunningHost(
        tmp_path_factory.mktemp("a-folder-whose-path-is-longer-than-that-of-any-socket-may-be")
    ) as running:
        yield running
    assert running.processes() == []
    assert running.registry.groups == set()


def test_the_same_key_and_generation_is_the_same_browser(host: RunningHost) -> None:
    first = host.open("same")
    again = host.open("same")
    assert first["created"] is True
    assert again == first | {"created": False}
    host.call("DELETE", "/sessions/same")


def test_many_openers_at_once_start_one_browser(host: RunningHost) -> None:
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda _: host.open("crowd"), range(8)))
    assert len({answer["session_id"] for answer in opened}) == 1
    assert sum(answer["created"] for answer in opened) == 1
    assert len(host.session_folders()) == 1
    host.call("DELETE", "/sessions/crowd")


def test_a_browser_that_was_killed_is_lost_for_its_generation(host: RunningHost) -> None:
    host.open("killed")
    os.kill(host.seen("killed")["pid"], signal.SIGKILL)
    eventually(lambda: host.seen("killed")["state"] == "lost")
    status, said = host.call("PUT", "/sessions/killed", {"generation": 1})
    assert (status, said["code"]) == (410, "SessionLost")
    eventually(lambda: host.processes() == [])
    eventually(lambda: host.session_folders() == [])
    listed = host.call("GET", "/sessions")[1]["sessions"]
    assert ("killed", "lost") in {(session["key"], session["state"]) for session in listed}
    again = host.open("killed", generation=2)
    assert again["created"] is True
    assert host.call("PUT", "/sessions/killed", {"generation": 1})[0] == 410
    host.call("DELETE", "/sessions/killed")


def test_a_higher_generation_ends_the_browser_before_it(host: RunningHost) -> None:
    first = host.open("renewed")
    second = host.open("renewed", generation=3)
    assert second["session_id"] != first["session_id"]
    assert host.session_folders() == [second["session_id"]]
    assert not any(first["session_id"] in line for line in host.processes())
    host.call("DELETE", "/sessions/renewed")


def test_closing_returns_when_the_processes_are_gone(host: RunningHost) -> None:
    host.open("closed")
    assert host.processes()
    assert host.call("DELETE", "/sessions/closed") == (200, {})
    assert host.processes() == []
    assert host.session_folders() == []
    assert host.seen("closed")["state"] == "closed"
    assert host.call("PUT", "/sessions/closed", {"generation": 1})[0] == 410
    assert host.call("DELETE", "/sessions/closed") == (200, {})
    assert host.call("DELETE", "/sessions/never-opened") == (200, {})


def test_a_session_that_nobody_asks_for_is_closed(host: RunningHost) -> None:
    host.open("idle", timeout_seconds=1)

    def listed() -> bool:  # this does not count as asking for it
        return any(session["key"] == "idle" for session in host.call("GET", "/sessions")[1]["sessions"])

    eventually(lambda: not listed())
    assert host.seen("idle")["state"] == "closed"
    eventually(lambda: host.processes() == [])


def test_what_the_api_does_not_take(host: RunningHost) -> None:
    assert host.call("GET", "/sessions/unknown")[0] == 404
    assert host.call("GET", "/other")[0] == 404
    for body in ({"generation": 0}, {"generation": "1"}, {"generation": True}, {"timeout_seconds": -1}, []):
        assert host.call("PUT", "/sessions/wrong", body)[0] == 400
    base, _, _token = host.host.address.rpartition("/")
    assert _without_token(f"{base}/guessed/sessions") == 404


def _without_token(url: str) -> int:
    import urllib.error  # noqa: PLC0415 - for this one call
    import urllib.request  # noqa: PLC0415 - as above

    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(url, timeout=10)  # noqa: S310 - of our own
    error.value.close()
    return error.value.code


def test_a_missing_browser_is_said_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOL_EXECUTOR_CHROMIUM", "/nowhere/chromium")
    with RunningHost(tmp_path) as running:
        status, said = running.call("PUT", "/sessions/a", {"generation": 1})
        assert (status, said["code"]) == (500, "BrowserMissing")
        assert "tool-executor browser install" in said["hint"]


def test_a_browser_that_does_not_start_says_what_it_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "broken"
    program.write_text("#!/bin/sh\necho no display >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("TOOL_EXECUTOR_CHROMIUM", str(program))
    with RunningHost(tmp_path / "host") as running:
        status, said = running.call("PUT", "/sessions/a", {"generation": 1})
        assert (status, said["code"]) == (500, "BrowserFailed")
        assert "no display" in said["details"]
        assert running.session_folders() == []
        assert running.call("PUT", "/sessions/a", {"generation": 1})[1]["code"] == "BrowserFailed"  # not lost


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_host_that_is_killed_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    with RunningHost(tmp_path) as running:
        running.open("a")
        assert running.processes()
        os.kill(running.host.pid, number)
        eventually(lambda: running.processes() == [])
        eventually(lambda: not (tmp_path / "sessions").exists() or running.session_folders() == [])


def test_a_host_whose_parent_was_killed_ends(tmp_path: Path) -> None:
    program = f"""
import pathlib, sys, time, urllib.request
from tests.local.browsers.running_host import RunningHost
running = RunningHost(pathlib.Path({str(tmp_path)!r}))
running.open("a")
print("open", flush=True)
time.sleep(60)
"""
    root = Path(__file__).parents[3]
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=root) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "open\n"
        assert command_lines_holding(tmp_path / "sessions")
        parent.kill()
    eventually(lambda: command_lines_holding(tmp_path) == [])
    assert not list((tmp_path / "sessions").glob("*"))


def test_the_parent_does_not_wait_for_the_host(tmp_path: Path) -> None:
    began = time.monotonic()
    with RunningHost(tmp_path) as running:
        assert time.monotonic() - began < 0.3
        assert running.call("GET", "/sessions") == (200, {"sessions": []})
