"""Runs a tool's function under a time limit; whatever comes of it is an outcome."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lambdas.runtime import telemetry
from lambdas.runtime.attempt_outcome import Failed, Succeeded
from lambdas.runtime.secrets import attempt_secrets
from lambdas.runtime.time_limit import TimeLimitReached, time_limit
from tool_contract import strict_json
from tool_contract.errors import Effect, ErrorCode, ToolError
from tool_contract.failures import failure_from, failure_of
from tool_contract.limits import MAX_RESULT_BYTES

if TYPE_CHECKING:
    from lambdas.runtime.tool import Tool


class ResultTooLarge(ToolError):
    """The result is larger than a Lambda function may answer."""

    code = ErrorCode.RESULT_TOO_LARGE


@dataclass(frozen=True, slots=True)
class Limit:
    """How long a run may take, and whether the execution's deadline says so rather than the call's timeout.

    ``attempt_seconds`` is what the attempt had at its begin, where some of it has been used before the run.
    """

    seconds: float
    by_deadline: bool = False
    attempt_seconds: float | None = None

    def after(self, seconds: float) -> Limit:
        """Return what is left after so many seconds."""
        return replace(self, seconds=self.seconds - seconds, attempt_seconds=self.of_the_attempt)

    @property
    def of_the_attempt(self) -> float:
        """What the whole attempt may take: the figure that people know."""
        return self.seconds if self.attempt_seconds is None else self.attempt_seconds


def no_time_to_run(limit: Limit) -> Failed:
    """Return the failure of an attempt whose time was over before its tool ran."""
    if limit.by_deadline:
        return Failed(failure_of(ErrorCode.DEADLINE_EXCEEDED, "The execution's deadline passed before the tool ran."))
    message = "The attempt's time was over before the tool ran: what its input refers to, or its key, took it."
    return Failed(replace(failure_of(ErrorCode.TOOL_TIMEOUT, message), effect=Effect.NONE))


def run_tool(tool: Tool, arguments: dict[str, Any], limit: Limit) -> Succeeded | Failed:
    """Run a tool on checked arguments; what it revealed of secrets is masked in the outcome."""
    with attempt_secrets(arguments) as secrets:
        outcome = _run(tool, arguments, limit)
        if not isinstance(outcome, Succeeded):
            return outcome
        text = secrets.masks.json_text(outcome.result_json)
        return outcome if text is outcome.result_json else replace(outcome, result_json=text)


def _run(tool: Tool, arguments: dict[str, Any], limit: Limit) -> Succeeded | Failed:
    try:
        with time_limit(limit.seconds):
            answer = tool.function(**arguments)
            result = _awaited(answer) if tool.is_async else answer
            text = tool.result_json(result)
    except TimeLimitReached:
        return _out_of_time(limit)
    except _failures_of_tools() as error:
        return Failed(failure_from(error))
    except Exception as error:  # noqa: BLE001 - whatever a tool raises must end in an envelope
        telemetry.logger.exception("the tool raised", extra={"tool": tool.spec.name})
        return Failed(failure_from(error))
    if strict_json.byte_size(text) > MAX_RESULT_BYTES:
        message = f"The result is larger than {MAX_RESULT_BYTES:,} bytes."
        return Failed(failure_from(ResultTooLarge(message)))
    return Succeeded(text)


def _awaited(answer: Any) -> Any:  # noqa: ANN401 - a coroutine of any result
    import asyncio  # noqa: PLC0415 - it is much of a cold start, and most tools are plain functions

    return asyncio.run(answer)


def _failures_of_tools() -> tuple[type[BaseException], ...]:
    """Return what ends a tool beside Exceptions, and should not end the process; asyncio's once it is imported."""
    asyncio = sys.modules.get("asyncio")
    return (ToolError, SystemExit, *((asyncio.CancelledError,) if asyncio else ()))


def _out_of_time(limit: Limit) -> Failed:
    if limit.by_deadline:
        failure = failure_of(ErrorCode.DEADLINE_EXCEEDED, "The execution's deadline passed while the tool ran.")
        return Failed(replace(failure, begun=True)).after_running()
    return Failed(failure_of(ErrorCode.TOOL_TIMEOUT, f"The tool did not end within {limit.of_the_attempt:g} s."))
