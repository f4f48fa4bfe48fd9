"""A conversation with a model: it answers or wants tools, they are run, it is told, until it has ended."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from tool_executor.agents.budget import Usage
from tool_executor.agents.prompt_result import PromptResult, PromptStatus
from tool_executor.errors import ToolExecutorError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tool_executor.agents.bedrock_model import BedrockModel, ModelAnswer
    from tool_executor.agents.budget import Budget
    from tool_executor.model_apis.bedrock_converse import BedrockConverseTools
    from tool_executor.model_apis.model_call import ModelCall
    from tool_executor.result import ToolExecutionResult

_log = logging.getLogger("tool_executor")

_ENDED: Final = frozenset({"end_turn", "stop_sequence"})
_WANTS_TOOLS: Final = "tool_use"
_SENTENCES: Final = {
    "max_tokens": "The answer was cut off at its longest: give the model a larger max_tokens.",
    "guardrail_intervened": "A guardrail stepped in; the text is what it lets through.",
    "content_filtered": "The provider's content filter stepped in.",
    "malformed_model_output": "The model wrote something that Bedrock could not read.",
    "malformed_tool_use": "The model wrote a tool call that Bedrock could not read.",
    "model_context_window_exceeded": "The conversation has become longer than the model can read.",
}
_MIXED: Final = "The model wants tools that your program runs itself beside the executor's: none was run."


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn that has ended: the model's text, its tool calls, their results, and what was used so far."""

    number: int
    text: str
    calls: tuple[ModelCall, ...]
    results: tuple[ToolExecutionResult, ...]
    usage: Usage


@dataclass(slots=True)
class PromptRun:
    """One conversation under way. ``messages`` begin with what was said before, and the prompt."""

    model: BedrockModel
    tools: BedrockConverseTools
    budget: Budget
    correlation_id: str
    messages: list[dict[str, Any]]
    on_turn: Callable[[Turn], None] | None = None
    usage: Usage = field(default_factory=Usage)
    results: list[ToolExecutionResult] = field(default_factory=list)
    text: str = ""

    async def result(self) -> PromptResult:
        """Have the conversation, and return what came of it.

        What is wrong before the model's first answer is raised. After that any error, whoever's it is, is how the
        conversation ended: what tools did, and what was paid for, must not be lost with it.
        """
        definitions = await self.tools.definitions()
        while True:
            try:
                ended = await self._turn(definitions)
            except Exception as error:
                if not self.usage.requests:
                    raise
                return self._failed(error)
            if ended is not None:
                return ended

    async def _turn(self, definitions: list[dict[str, Any]]) -> PromptResult | None:
        answer = await self.model.answer(self.messages, definitions)
        self.messages.append(answer.message)
        self.usage = self.usage.after(answer.usage, answer.repeated, self.budget.price)
        self.text = _text_of(answer.message) or self.text
        wanted = self.tools.all_calls_in(answer.message) if answer.stop_reason == _WANTS_TOOLS else []
        calls = self.tools.without_own(wanted)
        ended = self._end(answer, calls, of_others=len(wanted) - len(calls))
        results = [] if ended is not None else await self._run(calls)
        if self.on_turn is not None:
            said = _text_of(answer.message)
            self.on_turn(Turn(self.usage.requests, said, tuple(calls), tuple(results), self.usage))
        return ended

    async def _run(self, calls: list[ModelCall]) -> list[ToolExecutionResult]:
        _log.info("conversation %s, turn %d: %d calls", self.correlation_id, self.usage.requests, len(calls))
        # Counted before they are run: whatever comes of them, they were wanted and granted.
        self.usage = replace(self.usage, tool_calls=self.usage.tool_calls + len(calls))
        results = await self.tools.toolset.results(calls)
        self.results += results
        self.messages.append({"role": "user", "content": self.tools.blocks(calls, results)})
        return results

    def _end(self, answer: ModelAnswer, calls: list[ModelCall], of_others: int) -> PromptResult | None:
        """Return how the conversation ends with this answer; None if tools are to be run."""
        reason = answer.stop_reason
        if reason in _ENDED:
            return self._ended("completed", reason, None)
        if reason != _WANTS_TOOLS:
            return self._ended("stopped", reason, _SENTENCES.get(reason, f"Bedrock stopped the answer: {reason}."))
        if not calls:
            return self._ended("stopped", reason, "The model stopped for tools that are none of the executor's.")
        if of_others:
            # Bedrock takes the results of all calls of an answer or none: these alone could not be told to the model.
            return self._ended("stopped", reason, _MIXED)
        exceeded = self.budget.exceeded(self.usage, len(calls))
        return None if exceeded is None else self._ended("stopped", *exceeded)

    def _failed(self, error: Exception) -> PromptResult:
        if isinstance(error, ToolExecutorError):
            return self._ended("failed", error.code, error.sentence)
        name = type(error).__name__
        _log.warning("conversation %s is ended by an error", self.correlation_id, exc_info=error)
        return self._ended("failed", name, f"{name}: {error}" if str(error) else f"{name}.")

    def _ended(self, status: PromptStatus, stop: str, error: str | None) -> PromptResult:
        result = PromptResult(
            correlation_id=self.correlation_id,
            status=status,
            stop=stop,
            text=self.text,
            error=error,
            messages=tuple(self.messages),
            results=tuple(self.results),
            usage=self.usage,
        )
        _log.info("conversation %s ended: %s", self.correlation_id, result.summary)
        return result


def _text_of(message: dict[str, Any]) -> str:
    return "\n".join(block["text"] for block in message.get("content", ()) if "text" in block)
