"""What a model reads of a call's result: JSON text of bounded length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tool_contract import strict_json
from tool_contract.errors import Effect

if TYPE_CHECKING:
    from tool_executor.result import ToolExecutionResult

_PERHAPS_DONE: Final = "The tool may have done it all the same: find out before you ask for it again."


def result_text(result: ToolExecutionResult, max_characters: int) -> str:
    """Return a success as its result's JSON, a failure as a JSON object with ``success: false`` and why.

    What is longer than ``max_characters`` is cut, and a note at the end says how much is missing and where it stands.
    """
    told = result.to_json()
    text = strict_json.dumps(told["result"] if result.success else _failure(told))
    if len(text) <= max_characters:
        return text
    return f"{text[:max_characters]}\n[{_cut(result, max_characters, len(text))}]"


def _failure(told: dict[str, Any]) -> dict[str, Any]:
    names = ("success", "status", "error", "error_code", "retryable", "retry_after_seconds", "effect", "details")
    failure = {name: told[name] for name in names if name in told}
    if told.get("effect") == Effect.UNKNOWN:
        failure["note"] = _PERHAPS_DONE
    return failure


def _cut(result: ToolExecutionResult, shown: int, whole: int) -> str:
    kept = f" All of it is in the history: execution {result.execution_id}, call {result.call_id}."
    return (
        f"Cut: these are the first {shown:,} of {whole:,} characters, and no whole JSON."
        f"{kept if result.execution_id else ''} Ask for less if you need what is missing."
    )
