"""The agent of the browser tools: steps that share one browser, and the patterns that most workflows are made of."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final, Protocol, TypeAlias, runtime_checkable

from tool_executor.agents.base import BaseAgent
from tool_executor.calls import ToolCall
from tool_executor.errors import DeploymentNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tool_contract.problems import Problem
    from tool_contract.secret import Secret
    from tool_executor.calls import Call
    from tool_executor.result import ToolExecutionResult

_log = logging.getLogger("tool_executor")
_NO_EXECUTOR: Final = "Browser workflows need a deployment, and none was found; the log says why."
_HOW: Final = "Serve one with 'tool-executor local up' and export what it prints, or deploy one."

#: A one-time secret, or a reference to one that an operator keeps.
Password: TypeAlias = "Secret | Mapping[str, str]"  # noqa: S105 - a type


@runtime_checkable
class SequenceExecutor(Protocol):
    """What the agent needs of a :class:`~tool_executor.ToolExecutor`; a test may give another."""

    def execute_sequence_sync(
        self, calls: Sequence[Call], timeout: float | None = None, *, correlation_id: str | None = None
    ) -> list[ToolExecutionResult]:
        """Run calls one after another."""

    def problems_of_sync(self, call: Call) -> list[Problem]:
        """Return everything that is wrong with a call."""

    def get_execution_history_sync(self, correlation_id: str, limit: int | None = None) -> list[ToolExecutionResult]:
        """Return what a correlation id has run."""


@dataclass(frozen=True, slots=True)
class LoginForm:
    """Where a site's login form has what; ``logged_in_pattern`` is what the address matches after it."""

    username: str = "#username"
    password: str = "#password"  # noqa: S105 - a selector
    submit: str = "#login-btn"
    logged_in_pattern: str = ".*dashboard.*"


@dataclass(frozen=True, slots=True)
class ExecutionAnalysis:
    """What became of the calls of one correlation id."""

    total_tools: int
    successful_tools: int
    failed_tools: int
    retried_tools: int
    average_duration: timedelta
    total_duration: timedelta


class BrowserAgent(BaseAgent):
    """Runs the tools of the group ``browser``.

    Steps that belong together go into one sequence: its calls share one browser, which is closed when the last one has
    ended. A tool by itself (:meth:`execute_tool`) has a browser of its own, so that only ``navigate`` is of use there.
    Raised is what :class:`BaseAgent` raises, and DeploymentNotFoundError where there is no executor.
    """

    function_name: ClassVar[str | None] = "browser-lambda"

    def run_steps(
        self, steps: Sequence[Call], *, correlation_id: str | None = None, timeout: float | None = None
    ) -> list[ToolExecutionResult]:
        """Run calls one after another in one browser; after the first that fails for good, the rest is skipped."""
        return self._executor_of_sequences().execute_sequence_sync(steps, timeout, correlation_id=correlation_id)

    def navigate_to_site(self, url: str, *, correlation_id: str | None = None) -> ToolExecutionResult:
        """Open a page and return where that ended. Raises ToolFailedError where it did not come."""
        (result,) = self.run_steps([ToolCall("navigate", {"url": url})], correlation_id=correlation_id)
        result.raise_for_failure()
        return result

    def login_steps(self, url: str, username: str, password: Password, form: LoginForm | None = None) -> list[ToolCall]:
        """Return the six steps of a login, to go before others.

        ``password`` is ``Secret("…")``, or ``{"secret_ref": "name"}`` for one that an operator keeps. Raises TypeError
        for plain text, which would be kept in the history.
        """
        if isinstance(password, str):
            message = 'A password is given as Secret("…") or {"secret_ref": "name"}: plain text would be kept.'
            raise TypeError(message)
        where = form or LoginForm()
        return [
            ToolCall("navigate", {"url": url}),
            ToolCall("wait_for_element", {"selector": where.username}),
            ToolCall("type", {"selector": where.username, "text": username}),
            ToolCall("type", {"selector": where.password, "text": password}),
            ToolCall("click", {"selector": where.submit}),
            ToolCall("wait_for_url_change", {"url_pattern": where.logged_in_pattern}),
        ]

    def login_workflow(
        self,
        url: str,
        username: str,
        password: Password,
        form: LoginForm | None = None,
        *,
        correlation_id: str | None = None,
    ) -> bool:
        """Log in, and say whether that went well. ``password`` as in :meth:`login_steps`."""
        results = self.run_steps(self.login_steps(url, username, password, form), correlation_id=correlation_id)
        return all(result.success for result in results)

    def click_call(self, selector: str, text: str = "Submit") -> ToolCall:
        """Return a click that finds its element in another way where the selector does not.

        By its text, then where it is without waiting for it (whatever covers it gets the click), at last by the Enter
        key. A candidate is tried only
        where the one before has certainly clicked nothing.
        """
        return ToolCall(
            "click",
            {"selector": selector},
            fallbacks=[
                ToolCall("click", {"selector": f"text={text}"}),
                ToolCall("click", {"selector": selector, "force": True}),
                ToolCall("type", {"selector": "body", "text": "{Enter}"}),
            ],
        )

    def click_with_fallbacks(
        self, selector: str, text: str = "Submit", *, after: Sequence[Call], correlation_id: str | None = None
    ) -> ToolExecutionResult:
        """Run the steps ``after`` which the click comes, then the click; return what came of it."""
        return self.run_steps([*after, self.click_call(selector, text)], correlation_id=correlation_id)[-1]

    def execute_validated_sequence(
        self, steps: Sequence[Call], *, correlation_id: str | None = None
    ) -> list[ToolExecutionResult]:
        """Run those steps that are valid, in their order; the others are left out, and logged with what is wrong."""
        executor = self._executor_of_sequences()
        valid = []
        for number, step in enumerate(steps, start=1):
            problems = executor.problems_of_sync(step)
            if problems:
                _log.warning("step %d is left out: %s", number, problems[0].message)
            else:
                valid.append(step)
        return self.run_steps(valid, correlation_id=correlation_id) if valid else []

    def analyze_execution(self, correlation_id: str) -> ExecutionAnalysis:
        """Return what the history says of a correlation id; all zero where it knows none."""
        history = self._executor_of_sequences().get_execution_history_sync(correlation_id)
        total = sum((result.execution_duration for result in history), timedelta())
        return ExecutionAnalysis(
            total_tools=len(history),
            successful_tools=sum(result.success for result in history),
            failed_tools=sum(not result.success for result in history),
            retried_tools=sum(result.was_retried for result in history),
            average_duration=total / len(history) if history else timedelta(),
            total_duration=total,
        )

    def _executor_of_sequences(self) -> SequenceExecutor:
        executor = self.tool_executor
        if not isinstance(executor, SequenceExecutor):
            raise DeploymentNotFoundError(_NO_EXECUTOR, hint=_HOW)
        return executor
