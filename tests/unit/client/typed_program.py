"""A program as users write it; test_types.py has mypy check it strictly, and nothing runs it."""

from __future__ import annotations

import contextlib
from types import MappingProxyType

from tool_executor import (
    PRESETS,
    Cancellation,
    ConfigurationManager,
    ExecutionHandle,
    InvalidRequestError,
    RetryPolicy,
    Route,
    ToolCall,
    ToolExecutionRequest,
    ToolExecutionResult,
    ToolExecutionStatus,
    ToolExecutor,
    ToolExecutorOptions,
)


def wait_for_all() -> list[ToolExecutionResult]:
    with ToolExecutor(region="us-east-1", options=PRESETS["production"], route=Route.DIRECT) as executor:
        one: ToolExecutionResult = executor.execute_tool_sync(ToolCall("a", {"b": 1}, retry=RetryPolicy()))
        calls = [ToolCall("a", MappingProxyType({"b": 1})), ToolCall("b", retry={"backoff": "fixed"})]
        mixed = [ToolCall("a"), ToolExecutionRequest("b", "c-lambda", {})]
        cancellation: Cancellation = executor.cancel_sync(executor.submit_sync(mixed))
        executor.execute_with_fallback_sync(ToolCall("a", fallbacks=mixed), calls)
        rate: float = executor.statistics_sync(tool_name="a")["overall"].success_rate
        if one.status is ToolExecutionStatus.SUCCESS and not cancellation.stopped and rate > 0:
            return [one]
        return [*executor.execute_tools_sync(mixed), *executor.execute_sequence_sync(tuple(calls))]


async def follow() -> list[str]:
    configuration = ConfigurationManager({"max_retries": 1})
    async with ToolExecutor(config=configuration, options=ToolExecutorOptions(max_retries=2)) as executor:
        async with contextlib.aclosing(executor.stream([ToolCall("a")])) as results:
            summaries = [result.summary async for result in results]
        stream = executor.stream((ToolCall("a"), ToolExecutionRequest("b")))
        await stream.aclose()
        try:
            handle: ExecutionHandle = await executor.submit([ToolCall("a")])
        except InvalidRequestError as error:
            return [problem["pointer"] for problem in error.problems]
        return [*summaries, *(result.tool_name for result in await handle.wait(3))]
