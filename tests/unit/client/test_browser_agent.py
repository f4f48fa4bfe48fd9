"""The browser agent's patterns, on an executor that only writes down what it is asked."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from tool_contract.problems import Problem
from tool_executor import DeploymentNotFoundError, Secret, ToolCall, ToolExecutionResult, ToolFailedError
from tool_executor.agents import BrowserAgent, LoginForm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tool_executor.calls import Call

NAMED = {"secret_ref": "shop/login"}


class FakeExecutor:
    """Answers each call with success, or with the failure of a tool that is named."""

    def __init__(self, failing: str = "", wrong: str = "") -> None:
        self.asked: list[tuple[list[Any], str | None]] = []
        self.failing = failing
        self.wrong = wrong

    def execute_sequence_sync(
        self, calls: Sequence[Call], timeout: float | None = None, *, correlation_id: str | None = None
    ) -> list[ToolExecutionResult]:
        del timeout
        self.asked.append((list(calls), correlation_id))
        return [self._result(call) for call in calls]

    def problems_of_sync(self, call: Any) -> list[Problem]:
        return [Problem(pointer="/tool_name", message="no such tool")] if call.tool_name == self.wrong else []

    def get_execution_history_sync(self, correlation_id: str, limit: int | None = None) -> list[ToolExecutionResult]:
        del correlation_id, limit
        return [self._result(call) for calls, _ in self.asked for call in calls]

    def _result(self, call: Any) -> ToolExecutionResult:
        if call.tool_name == self.failing:
            return ToolExecutionResult.failed(call.tool_name, "It failed.")
        return ToolExecutionResult.succeeded(call.tool_name, {})


def test_a_login_is_six_steps_with_the_password_as_a_secret() -> None:
    password = Secret("correct horse")
    steps = BrowserAgent(FakeExecutor()).login_steps("https://a/login", "mia", password, LoginForm(username="#u"))

    assert [step.tool_name for step in steps] == [
        "navigate",
        "wait_for_element",
        "type",
        "type",
        "click",
        "wait_for_url_change",
    ]
    assert (steps[1].parameters, steps[2].parameters["selector"]) == ({"selector": "#u"}, "#u")
    assert steps[3].parameters["text"] is password
    named = BrowserAgent(FakeExecutor()).login_steps("https://a/login", "mia", NAMED)
    assert named[3].parameters["text"] == NAMED


def test_a_password_in_plain_text_is_refused_before_anything_is_sent() -> None:
    executor = FakeExecutor()
    with pytest.raises(TypeError, match="plain text would be kept") as refused:
        BrowserAgent(executor).login_workflow("https://a/login", "mia", "canary")  # type: ignore[arg-type]

    assert "canary" not in str(refused.value)
    assert executor.asked == []


@pytest.mark.parametrize(("failing", "logged_in"), [("", True), ("wait_for_url_change", False)])
def test_a_login_went_well_if_every_step_did(failing: str, logged_in: bool) -> None:  # noqa: FBT001
    assert BrowserAgent(FakeExecutor(failing)).login_workflow("https://a", "mia", NAMED) is logged_in


def test_a_navigation_that_failed_is_raised() -> None:
    with pytest.raises(ToolFailedError):
        BrowserAgent(FakeExecutor("navigate")).navigate_to_site("https://a")


def test_a_click_with_fallbacks_comes_after_its_steps_and_tries_text_force_and_keyboard() -> None:
    executor = FakeExecutor()
    BrowserAgent(executor).click_with_fallbacks("#go", "Go", after=[ToolCall("navigate", {"url": "https://a"})])

    ((calls, _),) = executor.asked
    assert [call.tool_name for call in calls] == ["navigate", "click"]
    assert [(fallback.tool_name, dict(fallback.parameters)) for fallback in calls[1].fallbacks] == [
        ("click", {"selector": "text=Go"}),
        ("click", {"selector": "#go", "force": True}),
        ("type", {"selector": "body", "text": "{Enter}"}),
    ]


def test_steps_that_are_wrong_are_left_out_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    executor = FakeExecutor(wrong="clik")
    with caplog.at_level(logging.WARNING, "tool_executor"):
        results = BrowserAgent(executor).execute_validated_sequence([ToolCall("clik"), ToolCall("get_page_state")])

    assert [result.tool_name for result in results] == ["get_page_state"]
    assert "step 1 is left out: no such tool" in caplog.text
    assert BrowserAgent(FakeExecutor(wrong="clik")).execute_validated_sequence([ToolCall("clik")]) == []


def test_an_analysis_counts_what_the_history_holds() -> None:
    executor = FakeExecutor("click")
    agent = BrowserAgent(executor)
    agent.run_steps([ToolCall("navigate"), ToolCall("click")], correlation_id="x")

    analysis = agent.analyze_execution("x")
    assert (analysis.total_tools, analysis.successful_tools, analysis.failed_tools, analysis.retried_tools) == (
        2,
        1,
        1,
        0,
    )


def test_without_an_executor_of_sequences_a_workflow_is_refused_in_a_sentence() -> None:
    agent = BrowserAgent(tool_executor=object())  # type: ignore[arg-type]

    with pytest.raises(DeploymentNotFoundError, match="need a deployment"):
        agent.run_steps([ToolCall("navigate")])
