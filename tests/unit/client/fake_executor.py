"""An executor that answers as a test says, and remembers what it was asked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tool_executor import ToolExecutionResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tool_contract.problems import Problem
    from tool_executor.calls import Call

Answer = ToolExecutionResult | BaseException


@dataclass
class FakeExecutor:
    """``answers`` are by the tool's name; any other tool echoes its input."""

    answers: Mapping[str, Answer] = field(default_factory=dict)
    problems: Mapping[str, list[Problem]] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    correlation_ids: list[str | None] = field(default_factory=list)
    gates: Mapping[str, asyncio.Event] = field(default_factory=dict)
    started: dict[str, asyncio.Event] = field(default_factory=dict)
    running: int = 0
    most_running: int = 0

    async def execute_tool(self, call: Call, timeout: float | None = None) -> ToolExecutionResult:  # noqa: ARG002, ASYNC109
        name = call.to_json()["tool_name"]
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            if name in self.started:
                self.started[name].set()
            await (self.gates[name].wait() if name in self.gates else asyncio.sleep(0))
            return self._answer(call)
        finally:
            self.running -= 1

    def execute_tool_sync(self, call: Call, timeout: float | None = None) -> ToolExecutionResult:  # noqa: ARG002
        return self._answer(call)

    async def problems_of(self, call: Call) -> list[Problem]:
        return list(self.problems.get(call.to_json()["tool_name"], []))

    def _answer(self, call: Call) -> ToolExecutionResult:
        asked = call.to_json()
        self.asked.append(asked)
        self.correlation_ids.append(call.correlation_id)
        answer = self.answers.get(asked["tool_name"])
        if isinstance(answer, BaseException):
            raise answer
        return answer or ToolExecutionResult.succeeded(asked["tool_name"], dict(asked["input"]))
