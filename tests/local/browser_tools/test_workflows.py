"""Whole workflows through the state machine and the direct route: a session for each sequence, and for it alone."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import small_site

from tool_executor import Secret, ToolCall
from tool_executor.agents import BrowserAgent, LoginForm

if TYPE_CHECKING:
    from tests.local.browser_tools.conftest import Browsing
    from tool_executor import ToolExecutionResult

ROUTES = ("state_machine", "direct")


def statuses(results: list[ToolExecutionResult]) -> list[str]:
    return [result.status.value for result in results]


def words(result: ToolExecutionResult) -> str:
    return str(result.result["untrusted_content"]["text"])


def agent(browsing: Browsing, route: str = "state_machine") -> BrowserAgent:
    return BrowserAgent(browsing.executor(route))


def login(browsing: Browsing) -> list[ToolCall]:
    return agent(browsing).login_steps(f"{browsing.shop.origin}/login", small_site.USER, Secret(small_site.PASSWORD))


def browser_processes(browsing: Browsing) -> list[str]:
    """Return the command lines of the cloud's browsers that still run."""
    folder = f"tool-executor-{browsing.deployed.server_pid}-"
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = process.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if folder in command and "--user-data-dir" in command:
            found.append(command)
    return found


@pytest.mark.parametrize("route", ROUTES)
def test_a_login_is_one_sequence_in_one_session(browsing: Browsing, route: str) -> None:
    steps = [*login(browsing), ToolCall("get_text", {"selector": "h1"})]
    results = agent(browsing, route).run_steps(steps)

    assert statuses(results) == ["success"] * 7, [result.error for result in results]
    assert words(results[-1]) == "Good morning, mia"
    assert browsing.sessions.open_ones() == []
    assert browser_processes(browsing) == []


def test_two_executions_at_once_see_nothing_of_each_other(browsing: Browsing) -> None:
    dashboard = f"{browsing.shop.origin}/dashboard"
    stranger = [
        ToolCall("navigate", {"url": dashboard}),
        ToolCall("wait_for_element", {"selector": "#username"}),
        ToolCall("navigate", {"url": dashboard}),
        ToolCall("get_text", {"selector": "h1"}),
    ]
    member = [*login(browsing), ToolCall("navigate", {"url": dashboard}), ToolCall("get_text", {"selector": "#visits"})]
    with ThreadPoolExecutor(3) as threads:
        runs = [threads.submit(agent(browsing).run_steps, steps) for steps in (member, stranger, member)]
        first, other, second = (run.result() for run in runs)

    assert statuses(first) == statuses(second) == ["success"] * 8
    assert (words(first[-1]), words(second[-1])) == ("2", "2")
    assert words(other[-1]) == "Small Shop"
    assert other[2].result["url"].endswith("/login")


def test_parallel_calls_have_a_browser_each_which_is_gone_afterwards(browsing: Browsing) -> None:
    calls = [ToolCall("navigate", {"url": f"{browsing.site.origin}/form"}), ToolCall("get_page_state")]
    navigated, stated = browsing.executor().execute_tools_sync(calls)

    assert navigated.success
    assert (stated.error_code, stated.effect) == ("NotFound", "none")
    assert browsing.sessions.open_ones() == []


def test_a_wrong_password_is_not_logged_in_and_the_failure_says_where_it_stood(browsing: Browsing) -> None:
    steps = agent(browsing).login_steps(f"{browsing.shop.origin}/login", small_site.USER, Secret("wrong-horse"))
    results = agent(browsing).run_steps(steps)

    assert statuses(results) == ["success"] * 5 + ["failed"]
    failed = results[-1]
    assert (failed.error_code, failed.metadata["page_title"]) == ("UrlNotReached", "Sign in - Small Shop")
    assert failed.metadata["url"].endswith("/login")
    assert failed.metadata["browser_state"]["ready_state"] == "complete"
    assert failed.metadata["screenshots"][0]["content_type"] == "image/png"


@pytest.mark.parametrize("route", ROUTES)
def test_a_failures_metadata_is_the_same_from_the_history(browsing: Browsing, route: str) -> None:
    correlation = uuid.uuid4().hex
    steps = [ToolCall("navigate", {"url": f"{browsing.site.origin}/buttons"}), ToolCall("click", {"selector": ".twin"})]
    results = agent(browsing, route).run_steps(steps, correlation_id=correlation)
    recorded = browsing.executor().get_execution_history_sync(correlation)

    assert (results[1].error_code, results[1].metadata["selector"]) == ("ElementNotUnique", ".twin")
    assert recorded[1].metadata == results[1].metadata


# The second text's patterns, as a program writes them.


def test_pattern_1_a_simple_navigation(browsing: Browsing) -> None:
    assert agent(browsing).navigate_to_site(f"{browsing.site.origin}/form").result["http_status"] == 200


def test_pattern_2_a_login_workflow(browsing: Browsing) -> None:
    url = f"{browsing.shop.origin}/login"

    assert agent(browsing).login_workflow(url, small_site.USER, Secret(small_site.PASSWORD))
    assert not agent(browsing).login_workflow(
        url, "nobody", Secret("wrong-horse"), LoginForm(logged_in_pattern="board")
    )


@pytest.mark.parametrize(
    ("selector", "text", "path", "index", "shown"),
    [
        ("#count", "Submit", "/buttons", None, "1"),
        ("#submit", "Count", "/buttons", 0, "1"),
        ("#submit", "Submit", "/enter", 2, "sent"),
    ],
    ids=["selector", "text", "keyboard"],
)
def test_pattern_3_a_click_with_fallbacks(
    browsing: Browsing, selector: str, text: str, path: str, index: int | None, shown: str
) -> None:
    steps: list[Any] = [ToolCall("navigate", {"url": f"{browsing.site.origin}{path}"})]
    if path == "/enter":
        steps.append(ToolCall("type", {"selector": "#word", "text": "hello"}))
    results = agent(browsing).run_steps(
        [*steps, agent(browsing).click_call(selector, text), ToolCall("get_text", {"selector": "#out"})]
    )

    assert statuses(results) == ["success"] * len(results), [result.error for result in results]
    assert words(results[-1]) == shown
    assert results[-2].metadata.get("fallback_index") == index


def test_pattern_3_a_click_that_may_have_happened_is_not_followed_by_another_way(browsing: Browsing) -> None:
    steps = [ToolCall("navigate", {"url": f"{browsing.site.origin}/busy"}), agent(browsing).click_call("#spin", "Spin")]
    results = agent(browsing).run_steps(steps)

    assert (results[1].status.value, results[1].effect, results[1].attempts) == ("failed", "unknown", 1)


def test_pattern_4_a_validated_sequence_leaves_out_what_is_wrong(browsing: Browsing) -> None:
    steps = [
        ToolCall("navigate", {"url": f"{browsing.site.origin}/form"}),
        ToolCall("click", {"selektor": "#go"}),
        ToolCall("clik", {"selector": "#go"}),
        ToolCall("get_text", {"selector": "label:first-of-type"}),
    ]
    results = agent(browsing).execute_validated_sequence(steps)

    assert [(result.tool_name, result.status.value) for result in results] == [
        ("navigate", "success"),
        ("get_text", "success"),
    ]


def test_pattern_5_an_analysis_of_the_history(browsing: Browsing) -> None:
    correlation = uuid.uuid4().hex
    steps = [ToolCall("navigate", {"url": f"{browsing.site.origin}/form"}), ToolCall("click", {"selector": "#gone"})]
    agent(browsing).run_steps(steps, correlation_id=correlation)

    analysis = agent(browsing).analyze_execution(correlation)

    assert (analysis.total_tools, analysis.successful_tools, analysis.failed_tools) == (2, 1, 1)
    assert timedelta() < analysis.average_duration < analysis.total_duration
    assert agent(browsing).analyze_execution("nobody's").total_tools == 0
