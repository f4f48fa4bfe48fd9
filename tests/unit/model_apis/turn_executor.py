"""An executor that runs nothing: it checks calls as the real one does, answers as a test says, and remembers."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tool_contract.catalog import Catalog, load_catalog
from tool_executor import ToolExecutionResult
from tool_executor.arguments import problems_of_call
from tool_executor.background_loop import BackgroundLoop
from tool_executor.one_time_secrets import References

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence
    from concurrent.futures import Future

    from tool_contract.problems import Problem
    from tool_executor.calls import Call

Answer = ToolExecutionResult | BaseException


@dataclass
class TurnExecutor:
    """``answers`` are by the tool's name, any other tool echoes its input; ``refusals`` are raised first, in order;
    None lets an execution pass.

    ``held`` makes what keeps executions from ending until it is set; ``begun`` is set when one has begun.
    """

    answers: Mapping[str, Answer] = field(default_factory=dict)
    refusals: list[BaseException | None] = field(default_factory=list)
    tools: Catalog = field(default_factory=load_catalog)
    executions: list[dict[str, Any]] = field(default_factory=list)
    cancelled: int = 0
    held: Callable[[], asyncio.Event] | None = None
    begun: threading.Event = field(default_factory=threading.Event)
    loop: BackgroundLoop = field(default_factory=BackgroundLoop)

    async def catalog(self) -> Catalog:
        return self.tools

    async def problems_of(self, call: Call) -> list[Problem]:
        return problems_of_call(References().in_call(call.to_json()), self.tools)

    async def execute_tools(
        self,
        calls: Sequence[Call],
        timeout: float | None = None,  # noqa: ASYNC109
        *,
        correlation_id: str | None = None,
        one_execution: bool = False,
    ) -> list[ToolExecutionResult]:
        assert one_execution, "a turn in several executions at once: which of them a refusal means, nobody knows"
        return await self._run("parallel", calls, timeout, correlation_id)

    async def execute_sequence(
        self,
        calls: Sequence[Call],
        timeout: float | None = None,  # noqa: ASYNC109
        *,
        correlation_id: str | None = None,
    ) -> list[ToolExecutionResult]:
        return await self._run("sequence", calls, timeout, correlation_id)

    def run_coroutine(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run(coroutine)

    def start_coroutine(self, coroutine: Coroutine[Any, Any, Any]) -> Future[Any]:
        return self.loop.start(coroutine)

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The calls of all executions."""
        return [call for execution in self.executions for call in execution["calls"]]

    async def _run(
        self, mode: str, calls: Sequence[Call], timeout_seconds: float | None, correlation_id: str | None
    ) -> list[ToolExecutionResult]:
        if self.refusals and (refusal := self.refusals.pop(0)) is not None:
            raise refusal
        asked = [call.to_json() for call in calls]
        self.executions.append(
            {"mode": mode, "calls": asked, "timeout": timeout_seconds, "correlation_id": correlation_id}
        )
        self.begun.set()
        try:
            await (asyncio.sleep(0) if self.held is None else self.held().wait())
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return [self._answer(call) for call in asked]

    def _answer(self, call: Mapping[str, Any]) -> ToolExecutionResult:
        answer = self.answers.get(call["tool_name"])
        if isinstance(answer, BaseException):
            raise answer
        return answer or ToolExecutionResult.succeeded(call["tool_name"], dict(call["input"]))
