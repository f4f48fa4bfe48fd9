"""From what came of calls to what MCP's clients take: text for models, structured content for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import mcp_types as types

from tool_contract import strict_json
from tool_contract.errors import Effect
from tool_executor.errors import InvalidRequestError
from tool_executor.mcp_server.output_shape import structured
from tool_executor.mcp_server.own_tools import GET_EXECUTION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tool_contract.tool_spec import ToolSpec
    from tool_executor.errors import ToolExecutorError
    from tool_executor.result import ToolExecutionResult

#: Keys of an answer's ``_meta``.
EXECUTION_ID: Final = "tool-executor/execution_id"
ENVELOPE: Final = "tool-executor/envelope"

_WITHOUT_EFFECT: Final = "Nothing was changed."
_EFFECTS: Final = {
    Effect.NONE.value: _WITHOUT_EFFECT,
    Effect.APPLIED.value: "It has changed something.",
    Effect.UNKNOWN.value: "Nobody knows whether it has changed something: find out before you repeat it.",
}


def answer_of(
    spec: ToolSpec, result: ToolExecutionResult, pictures: Sequence[types.ContentBlock] = ()
) -> types.CallToolResult:
    """Return a tool's answer: its result as structured content, or of a failure what a model needs, as an error."""
    envelope = result.to_json()
    if result.is_failure:
        return _failure(envelope, result.execution_id, pictures)
    whole = envelope.pop("result")
    text = whole if isinstance(whole, str) else strict_json.dumps(whole)
    return types.CallToolResult(
        content=[types.TextContent(text=text), *pictures],
        structured_content=structured(whole, spec.output_schema),
        meta={EXECUTION_ID: result.execution_id, ENVELOPE: envelope},
    )


def answer_of_execution(
    output: dict[str, Any], *, is_error: bool = False, pictures: Sequence[types.ContentBlock] = ()
) -> types.CallToolResult:
    """Return an execution's output as an answer."""
    return types.CallToolResult(
        content=[types.TextContent(text=strict_json.dumps(output)), *pictures],
        structured_content=output,
        is_error=is_error,
        meta={EXECUTION_ID: output["execution_id"]},
    )


def answer_of_error(
    tool_name: str, error: ToolExecutorError, execution_id: str | None = None, *, only_reads: bool = False
) -> types.CallToolResult:
    """Return what kept a tool from being run, or its answer from being known, as a failed call.

    ``execution_id`` is that of the execution which may have begun.
    """
    told = error.to_json()
    if isinstance(error, InvalidRequestError):
        codes = {problem.get("error_code") for problem in error.problems}
        told["error_code"] = codes.pop() if len(codes) == 1 else error.code
    effect = Effect.NONE if error.nothing_ran or only_reads else Effect.UNKNOWN
    envelope = {"success": False, "tool_name": tool_name, "status": "failed", **told, "effect": effect.value}
    known = getattr(error, "execution_id", None) or execution_id
    return _failure({**envelope, "execution_time_ms": 0.0, "attempts": 0, "metadata": {}}, known)


def _failure(
    envelope: dict[str, Any], execution_id: str | None, pictures: Sequence[types.ContentBlock] = ()
) -> types.CallToolResult:
    """Return a failure, which has no structured content.

    Clients hold that against the tool's output schema, some of them of failures, too: the TypeScript SDK 1.x throws.
    """
    known = {} if execution_id is None else {EXECUTION_ID: execution_id}
    return types.CallToolResult(
        content=[types.TextContent(text="\n".join(_lines(envelope, execution_id))), *pictures],
        is_error=True,
        meta={**known, ENVELOPE: envelope},
    )


def _lines(envelope: Mapping[str, Any], execution_id: str | None) -> Iterable[str]:
    """Yield what a model needs to mend its call, or to tell its user: many hosts show it nothing but the text."""
    yield f"{envelope['tool_name']}: {envelope['error_code']}: {envelope['error']}"
    for detail in envelope.get("details", ()):
        pointer, hint = detail.get("pointer"), detail.get("hint")
        said = (pointer, detail["message"], None if hint == envelope.get("hint") else hint)
        if detail["message"] != envelope["error"] or pointer or said[-1]:
            yield "  " + " ".join(text for text in said if text)
    if envelope.get("hint"):
        yield str(envelope["hint"])
    if envelope["tool_name"] != GET_EXECUTION:  # of what only asks nobody expects another effect
        yield _EFFECTS.get(str(envelope.get("effect")), _WITHOUT_EFFECT)
    if envelope.get("retryable"):
        wait = envelope.get("retry_after_seconds")
        yield "The same call may succeed later." if wait is None else f"The same call may succeed {wait:g} s later."
    if execution_id is not None:
        yield f"Execution: {execution_id}"
