"""What came of a prompt: the model's answer, the whole conversation, what it used, and why it ended."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

from tool_executor.agents.budget import Usage
from tool_executor.errors import ToolExecutorError

if TYPE_CHECKING:
    from tool_executor.result import ToolExecutionResult

PromptStatus = Literal["completed", "stopped", "failed"]


class PromptNotCompletedError(ToolExecutorError):
    """A conversation did not come to its end, and the caller asked for an exception. ``result`` holds all of it."""

    code = "PromptNotCompleted"

    def __init__(self, sentence: str, result: PromptResult) -> None:
        super().__init__(sentence)
        self.result = result


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptResult:
    """What came of a prompt. What tools did is done, however the conversation ended.

    ``status``: ``completed`` (the model ended its answer), ``stopped`` (a limit: see ``stop``), ``failed`` (the model
    or the executor could not be asked any more). ``stop`` is Bedrock's stop reason, or the limit of the budget
    (``turns``, ``tool_calls``, ``tokens``, ``dollars``), or an error's code. ``text`` is the model's last text.
    ``messages`` are the conversation as Converse has it; where the model's last wish for tools was not granted, it
    stands there unanswered. ``results`` are those of the tool calls, in order.
    """

    correlation_id: str
    status: PromptStatus
    stop: str
    text: str = ""
    error: str | None = None
    messages: tuple[dict[str, Any], ...] = ()
    results: tuple[ToolExecutionResult, ...] = ()
    usage: Usage = field(default_factory=Usage)

    @property
    def success(self) -> bool:
        """Whether the model ended its answer."""
        return self.status == "completed"

    @property
    def summary(self) -> str:
        """One line for people: how it ended, and what it took."""
        used = self.usage
        dollars = "" if used.dollars is None else f", ${used.dollars:.4f}"
        took = (
            f"{_count(used.requests, 'turn')}, {_count(used.tool_calls, 'tool call')}, {used.tokens:,} tokens{dollars}"
        )
        return f"{self.status} ({took})" if self.error is None else f"{self.status} ({took}): {self.stop}: {self.error}"

    def raise_for_failure(self) -> Self:
        """Return the result itself if the model ended its answer. Raises PromptNotCompletedError."""
        if not self.success:
            raise PromptNotCompletedError(f"The conversation was not completed: {self.error}", self)
        return self

    def to_json(self) -> dict[str, Any]:
        """Return the result as plain JSON values; bytes in the conversation are base64."""
        told: dict[str, Any] = {
            "correlation_id": self.correlation_id,
            "status": self.status,
            "stop": self.stop,
            "text": self.text,
            "usage": self.usage.to_json(),
            "results": [result.to_json() for result in self.results],
            "messages": _json_of(list(self.messages)),
        }
        return told if self.error is None else {**told, "error": self.error}


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _json_of(value: Any) -> Any:  # noqa: ANN401 - what boto3 takes and returns
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: _json_of(child) for key, child in value.items()}
    return [_json_of(child) for child in value] if isinstance(value, list) else value
