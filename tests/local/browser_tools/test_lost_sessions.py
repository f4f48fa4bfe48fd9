"""A browser that dies, an execution that is cut short, a session that somebody ends: nothing hangs, nothing is left."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.local.browser_tools.test_workflows import agent, browser_processes, login, statuses
from tool_executor import ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.local.browser_tools.conftest import Browsing, Session


def kill_browsers(browsing: Browsing) -> int:
    """Kill every process of the cloud's browsers, as the kernel does when memory is short; return how many."""
    folder = f"tool-executor-{browsing.deployed.server_pid}-"
    killed = 0
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = process.read_bytes().decode(errors="replace")
            if folder in command and "--user-data-dir" in command:
                os.kill(int(process.parent.name), signal.SIGKILL)
                killed += 1
        except (OSError, ProcessLookupError):
            continue
    return killed


def eventually(holds: Callable[[], bool], seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def running(browsing: Browsing, execution_id: str) -> list[int]:
    """Return the positions of the calls that run."""
    calls = browsing.deployed.history.calls(execution_id)
    return [call["position"] for call in calls if call["status"] == "running"]


def test_a_browser_that_is_killed_between_two_calls_is_a_lost_session(own_session: Session) -> None:
    own_session.open("/form")
    own_session.result("type", selector="#user", text="mia")
    assert kill_browsers(own_session.browsing)

    lost = own_session.failure("get_page_state")
    again = own_session.failure("navigate", url=f"{own_session.browsing.site.origin}/form")

    assert (lost["error_code"], lost["retryable"], lost["effect"]) == ("SessionLost", False, "none")
    assert "fresh browser" in lost["details"][0]["hint"]
    assert again["error_code"] == "SessionLost"  # what was typed is gone: no step may go on as if it were not
    assert browser_processes(own_session.browsing) == []


def test_a_session_in_which_nothing_was_done_goes_on_with_a_fresh_browser(own_session: Session) -> None:
    own_session.open("/form")
    assert kill_browsers(own_session.browsing)

    assert own_session.open("/buttons")["untrusted_content"]["title"] == "Buttons"


def test_kill_9_in_mid_sequence_stops_it_and_the_next_execution_is_fine(browsing: Browsing) -> None:
    slow = ToolCall("wait_for_element", {"selector": "#never-there", "timeout_ms": 30_000})
    executor, steps = browsing.executor(), login(browsing)
    began = time.monotonic()
    handle = executor.submit_sync([*steps, slow, ToolCall("get_text", {"selector": "h1"})], sequence=True)
    assert eventually(lambda: running(browsing, handle) == [len(steps)], 30)
    logins = browsing.shop.logins
    assert kill_browsers(browsing)
    results = executor.wait_sync(handle, timeout=60)

    assert next(result.error_code for result in results if result.is_failure) == "SessionLost"
    assert statuses(results)[-1] == "skipped"
    assert time.monotonic() - began < 30
    assert browsing.shop.logins == logins
    assert eventually(lambda: browser_processes(browsing) == [])
    assert statuses(agent(browsing).run_steps(login(browsing))) == ["success"] * 6


def test_a_cancelled_execution_leaves_no_browser(browsing: Browsing) -> None:
    executor = browsing.executor()
    steps = [
        ToolCall("navigate", {"url": f"{browsing.site.origin}/form"}),
        ToolCall("wait_for_element", {"selector": "#never-there", "timeout_ms": 30_000}),
    ]
    execution_id = executor.submit_sync(steps, sequence=True)
    assert eventually(lambda: bool(browsing.sessions.open_ones()), 30)

    executor.cancel_sync(execution_id)

    assert eventually(lambda: browsing.sessions.open_ones() == [])
    assert eventually(lambda: browser_processes(browsing) == [])


def test_a_session_is_listed_with_its_execution_and_ended_by_hand(own_session: Session) -> None:
    own_session.open("/form")
    key = f"named/{own_session.name}"
    (listed,) = [session for session in own_session.browsing.sessions.open_ones() if session.key == key]
    assert listed.execution_id is None

    assert own_session.browsing.sessions.close([key, "named/nobody"]) == [key]

    assert key not in [session.key for session in own_session.browsing.sessions.open_ones()]
    assert own_session.failure("get_page_state")["error_code"] == "NotFound"  # a named session begins anew


def test_a_page_that_crashes_says_so_and_navigate_opens_a_fresh_one(own_session: Session) -> None:
    own_session.open("/form")
    crash = own_session.browsing.site.show(
        "/crash",
        "<script>setTimeout(() => { const all = []; for (;;) all.push(new ArrayBuffer(1e9)) })</script>",
    )
    own_session.use("navigate", url=crash)
    failed = own_session.failure("get_text", selector="h1")

    assert failed["error_code"] in {"PageCrashed", "NotFound", "PageUnresponsive", "ElementNotFound"}
    assert own_session.open("/done")["http_status"] == 200
