"""The API of the second text that the project grew from, against a real deployment: each pattern of its C# in Python.

Tools without a browser take the parts of its browser tools; those have their tests in `browser_tools`.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tool_executor import (
    InvalidRequestError,
    ToolCall,
    ToolExecutionResult,
    ToolExecutor,
    ToolNotFoundError,
)

if TYPE_CHECKING:
    from tests.local.conftest import Deployed


class TestSecondText:
    def test_execute_tool(self, executor: ToolExecutor) -> None:
        correlation_id = str(uuid4())

        async def navigate() -> ToolExecutionResult:
            return await executor.execute_tool(
                ToolCall(
                    tool_name="echo",
                    parameters={"text": "https://example.com"},
                    reasoning="Navigate to target site",
                    correlation_id=correlation_id,
                )
            )

        result = asyncio.run(navigate())

        assert result.success
        assert result.execution_duration > timedelta()
        assert result.metadata["correlation_id"] == result.correlation_id == correlation_id

    def test_execute_sequence(self, executor: ToolExecutor) -> None:
        tool_calls = [
            ToolCall("echo", {"text": "navigate"}),
            ToolCall("missing", {"name": "#username"}),
            ToolCall("echo", {"text": "click"}),
        ]

        results = executor.execute_sequence_sync(tool_calls)

        assert len(results) == 3
        assert sum(result.success for result in results) / len(results) == pytest.approx(1 / 3)
        assert [result.status.value for result in results] == ["success", "failed", "skipped"]

    def test_execute_with_fallback(self, executor: ToolExecutor) -> None:
        primary = ToolCall("missing", {"name": "#submit-btn"})
        fallbacks = [
            ToolCall("missing", {"name": "button[type='submit']"}),  # Try broader selector
            ToolCall("echo", {"text": "{Enter}"}),  # Keyboard fallback
            ToolCall("noop"),
        ]

        result = executor.execute_with_fallback_sync(primary, fallbacks)

        assert "fallback_used" in result.metadata
        assert (result.result["text"], result.metadata["fallback_index"]) == ("{Enter}", 1)
        assert result.metadata["primary_error"] == "NotFound: There is no '#submit-btn'."

    def test_validate_tool_call(self, executor: ToolExecutor) -> None:
        assert executor.validate_tool_call_sync(ToolCall("echo", {"text": "https://example.com"}))
        assert not executor.validate_tool_call_sync(ToolCall("echo", {"url": "https://example.com"}))
        assert not executor.validate_tool_call_sync(ToolCall("ekho", {}))
        (problem,) = asyncio.run(executor.problems_of(ToolCall("ekho", {})))
        assert (problem.pointer, problem.hint) == ("/tool_name", "Did you mean 'echo'?")

    def test_get_execution_history_and_analyze_it(self, executor: ToolExecutor, deployed: Deployed) -> None:
        correlation_id = str(uuid4())
        executor.execute_sequence_sync(
            [ToolCall("flaky", {"failures": 1}), ToolCall("missing", {"name": "it"})], correlation_id=correlation_id
        )
        executor.execute_tool_sync(ToolCall("noop", correlation_id=correlation_id))

        # Another process asks.
        other = ToolExecutor(aws=deployed.aws, deployment=deployed.deployment)
        history = other.get_execution_history_sync(correlation_id)

        assert [result.tool_name for result in history] == ["flaky", "missing", "noop"]
        assert sum(result.success for result in history) == 2
        assert sum(result.is_failure for result in history) == 1
        assert sum(result.was_retried for result in history) == 1
        assert sum((result.execution_duration for result in history), timedelta()) > timedelta(seconds=1)

    def test_what_raises_and_what_does_not(self, executor: ToolExecutor) -> None:
        with pytest.raises(InvalidRequestError):
            executor.execute_sequence_sync([])
        with pytest.raises(ToolNotFoundError) as caught:
            executor.execute_tool_sync(ToolCall("navigat", {}))
        assert caught.value.problems[0]["pointer"] == "/calls/0/tool_name"
        # A tool's failure, a timeout included, is a result.
        result = executor.execute_tool_sync(ToolCall("hang", max_retries=0))
        assert (result.is_failure, result.status.value, result.error_code) == (True, "timeout", "ToolTimeout")

    def test_cancelling_the_task_cancels_the_execution(self, executor: ToolExecutor) -> None:
        correlation_id = str(uuid4())

        async def cancelled() -> None:
            task = asyncio.create_task(
                executor.execute_tools(
                    [ToolCall("echo", {"seconds": 20}), ToolCall("noop")], correlation_id=correlation_id
                )
            )
            while True:
                await asyncio.sleep(0.1)
                history = await executor.get_execution_history(correlation_id)
                if any(result.success for result in history):
                    break
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(asyncio.wait_for(cancelled(), 60))

        looking, done = executor.get_execution_history_sync(correlation_id)
        assert (looking.status.value, done.status.value) == ("cancelled", "success")

    def test_metadata_enrichment(self) -> None:
        result = ToolExecutionResult.succeeded("click", None, timedelta(seconds=1.5), 2)
        enriched = (
            result.with_metadata("correlation_id", "c")
            .with_metadata("retry_reasons", ["timeout", "stale_element"])
            .with_metadata("fallback_used", value=True)
        )
        assert dict(result.metadata) == {}
        assert enriched.metadata["retry_reasons"] == ["timeout", "stale_element"]
        assert (enriched.was_retried, enriched.attempt_count) == (True, 2)
