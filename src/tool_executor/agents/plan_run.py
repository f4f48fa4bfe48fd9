"""Runs a plan's steps: each as soon as those that it needs have succeeded."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from tool_contract.envelope import CallStatus, Detail, Envelope
from tool_contract.errors import Effect, ErrorCode
from tool_executor.agents.plan import in_order
from tool_executor.errors import ExecutionTimeoutError, InvalidRequestError, ServiceError
from tool_executor.result import ToolExecutionResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tool_executor.agents.base import BaseAgent
    from tool_executor.agents.plan import Step

_log = logging.getLogger("tool_executor")

_Tasks = dict[str, asyncio.Task[ToolExecutionResult]]


@dataclass(frozen=True, slots=True)
class PlanRun:
    """One run of a plan that has no problems. Whatever befalls a step costs the others nothing."""

    agents: Mapping[str, BaseAgent]
    correlation_id: str
    gate: asyncio.Semaphore

    async def results(self, steps: Sequence[Step]) -> dict[str, ToolExecutionResult]:
        """Return the steps' results by name, in the plan's order."""
        tasks: _Tasks = {}
        async with asyncio.TaskGroup() as group:
            for step in in_order(steps):
                tasks[step.name] = group.create_task(self._result(step, tasks))
        return {step.name: tasks[step.name].result() for step in steps}

    async def _result(self, step: Step, tasks: _Tasks) -> ToolExecutionResult:
        earlier = {name: await tasks[name] for name in step.after}
        failed = [name for name, result in earlier.items() if result.is_failure]
        result = self._skipped(step, failed) if failed else await self._run(step, earlier)
        if result.is_failure:
            _log.warning("step %s: %s", step.name, result.summary)
        return result

    async def _run(self, step: Step, earlier: Mapping[str, ToolExecutionResult]) -> ToolExecutionResult:
        try:
            tool_input = step.input_from(earlier)
        except Exception as error:  # noqa: BLE001 - the plan's own code may raise anything
            message = f"The step's input could not be made: {_told(error)}"
            return self._failed(step, ErrorCode.INVALID_INPUT, message, Effect.NONE, error=error)
        async with self.gate:
            try:
                answer = await self.agents[step.agent].aexecute_tool(
                    step.tool_name, tool_input, correlation_id=self.correlation_id
                )
                return ToolExecutionResult.from_envelope(_envelope(answer, step.tool_name))
            except Exception as error:  # noqa: BLE001 - an agent's own code may raise anything
                return self._unanswered(step, error)

    def _skipped(self, step: Step, failed: Sequence[str]) -> ToolExecutionResult:
        message = f"The step was not run: it needs {' and '.join(failed)}, which did not succeed."
        return self._failed(step, ErrorCode.SKIPPED, message, Effect.NONE, CallStatus.SKIPPED)

    def _unanswered(self, step: Step, error: Exception) -> ToolExecutionResult:
        """Return the failure of a step whose agent raised instead of answering."""
        if isinstance(error, InvalidRequestError):
            return self._failed(step, _code_of(error), _sentence_of(error), Effect.NONE, error=error)
        if isinstance(error, ValidationError):
            message = "The agent answered with something that is no envelope."
            return self._failed(step, ErrorCode.BAD_TOOL_RESPONSE, message, Effect.UNKNOWN, error=error)
        code, status = ErrorCode.TOOL_FAILED, CallStatus.FAILED
        if isinstance(error, ExecutionTimeoutError):
            code, status = ErrorCode.DEADLINE_EXCEEDED, CallStatus.TIMEOUT
        elif isinstance(error, ServiceError):
            code = ErrorCode.UNAVAILABLE
        return self._failed(step, code, _told(error), Effect.UNKNOWN, status, error=error)

    def _failed(
        self,
        step: Step,
        code: ErrorCode,
        message: str,
        effect: Effect,
        status: CallStatus = CallStatus.FAILED,
        error: Exception | None = None,
    ) -> ToolExecutionResult:
        kind = {} if error is None else {"error_type": type(error).__name__}
        return ToolExecutionResult(
            tool_name=step.tool_name,
            status=status,
            error=message,
            error_code=code,
            effect=effect,
            details=_details_of(error),
            attempts=0,
            metadata={"correlation_id": self.correlation_id, **kind},
        )


def _envelope(answer: Mapping[str, Any], tool_name: str) -> Envelope:
    """Return an agent's answer as an envelope; what an agent of one's own leaves out is filled in."""
    succeeded = answer.get("success") is True
    filled: dict[str, Any] = {
        "tool_name": tool_name,
        "status": CallStatus.SUCCESS if succeeded else CallStatus.FAILED,
        "error_code": None if succeeded else ErrorCode.TOOL_FAILED,
        "effect": None if succeeded else Effect.UNKNOWN,
        "execution_time_ms": 0,
        "attempts": 1,
    }
    known = {name: value for name, value in answer.items() if name in Envelope.model_fields}
    return Envelope.model_validate({**filled, **known})


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _code_of(error: InvalidRequestError) -> ErrorCode:
    codes = {problem.get("error_code", ErrorCode.INVALID_REQUEST) for problem in error.problems}
    return ErrorCode(codes.pop()) if len(codes) == 1 else ErrorCode.INVALID_REQUEST


def _sentence_of(error: InvalidRequestError) -> str:
    return " ".join(problem["message"] for problem in error.problems) or error.sentence


def _details_of(error: Exception | None) -> tuple[Detail, ...]:
    """Return what is wrong with a step's input, pointed at from the input."""
    problems = error.problems if isinstance(error, InvalidRequestError) else []
    return tuple(
        Detail.model_validate(
            {**problem, "pointer": problem["pointer"].removeprefix("/calls/0").removeprefix("/input")}
        )
        for problem in problems
    )
