"""The two tools that are the server's own: several calls as one execution, and what an execution came to."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import mcp_types as types

from tool_contract.envelope import CallStatus, Envelope
from tool_contract.request import CallRequest, ExecutionRequest
from tool_executor.mcp_server.offered import hints_of_any, title_of

if TYPE_CHECKING:
    from tool_contract.catalog import Catalog

RUN_BATCH: Final = "run_batch"
GET_EXECUTION: Final = "get_execution"
#: The field of run_batch that is no part of a request.
WAIT: Final = "wait"

_BATCH: Final = """\
Run several calls of this server's tools as one execution, and return an envelope for each, in the order of the calls.

In mode 'parallel' they run beside each other, and one that fails costs the others nothing. In mode 'sequence' they run
one after another, the first that fails for good stops it, and browser tools share one browser: pages are worked on that
way. A call may have fallbacks, retries and a timeout of its own."""
_EXECUTION: Final = """\
Say how an execution stands, or what it came to: an envelope for each of its calls, in order. Executions are kept for
some weeks; their ids come with progress, errors and answers."""
_FIELDS: Final = {
    "calls": "The calls, 1 to 250.",
    "mode": "'parallel', or 'sequence': one after another, stopping at the first that fails for good.",
    "timeout_seconds": "For all calls together; what has not ended by then is a timeout.",
    "max_concurrency": "How many run at once in mode 'parallel'.",
    "correlation_id": "Ties this execution to others in the history.",
}
_CALL_FIELDS: Final = {
    "tool_name": "One of this server's tools.",
    "input": "The tool's arguments, by its input schema.",
    "call_id": "Names the call in the answer; c1, c2, ... by position where nothing is said.",
    "fallbacks": "Other calls, tried in order where this one fails for good.",
    "timeout_seconds": "For one attempt.",
    "max_retries": "Attempts after the first.",
    "idempotency_key": "Calls of the same key within 24 hours are one call.",
    "use_cache": "Whether a kept result may answer.",
    "reasoning": "Why the call is made; kept in its record.",
    "metadata": "Comes back in the envelope, at most 2 KB.",
}
#: Of a request and a call, what a client has no use for here. Whose request it is, the server says.
_NOT_OFFERED: Final = frozenset({"caller", "function_name"})
_JSON_TYPES: Final = ("object", "array", "string", "number", "boolean", "null")


def own_tools(catalog: Catalog, *, can_be_left: bool) -> list[types.Tool]:
    """Return the two tools as MCP lists them. A name that a tool of the deployment has is that tool's."""
    tools = [_batch_tool(catalog, can_be_left=can_be_left), _execution_tool()]
    return [tool for tool in tools if tool.name not in catalog.by_name]


def _batch_tool(catalog: Catalog, *, can_be_left: bool) -> types.Tool:
    title = title_of(RUN_BATCH)
    return types.Tool(
        name=RUN_BATCH,
        title=title,
        description=_BATCH,
        input_schema=_batch_schema(tuple(sorted(catalog.by_name)), can_be_left),
        output_schema=_output_schema(),
        annotations=hints_of_any(title, catalog.tools),
    )


def _execution_tool() -> types.Tool:
    title = title_of(GET_EXECUTION)
    return types.Tool(
        name=GET_EXECUTION,
        title=title,
        description=_EXECUTION,
        input_schema={
            "type": "object",
            "properties": {
                "execution_id": {"type": "string", "minLength": 1, "description": "The execution's id."},
                "call_id": {"type": "string", "minLength": 1, "description": "Only this call; all without it."},
            },
            "required": ["execution_id"],
            "additionalProperties": False,
        },
        output_schema=_output_schema(),
        annotations=types.ToolAnnotations(
            title=title, read_only_hint=True, idempotent_hint=True, destructive_hint=False, open_world_hint=False
        ),
    )


@cache
def _batch_schema(tool_names: tuple[str, ...], can_be_left: bool) -> dict[str, Any]:  # noqa: FBT001 - a cache's key
    schema = ExecutionRequest.model_json_schema()
    definitions = schema["$defs"]
    for part, fields in ((schema, _FIELDS), (definitions[CallRequest.__name__], _CALL_FIELDS)):
        _describe(part, fields)
    for name in (CallRequest.__name__, "FallbackRequest"):
        _describe(definitions[name], {"tool_name": _CALL_FIELDS["tool_name"], "input": _CALL_FIELDS["input"]})
        definitions[name]["properties"]["tool_name"]["enum"] = list(tool_names)
    if can_be_left:
        told = "false: do not wait, answer with the execution's id at once; get_execution tells what came of it."
        schema["properties"][WAIT] = {"type": "boolean", "default": True, "description": told}
    schema.pop("description", None)
    return schema


def _describe(schema: dict[str, Any], fields: dict[str, str]) -> None:
    properties = schema["properties"]
    for name in _NOT_OFFERED:
        properties.pop(name, None)
    for name, text in fields.items():
        properties[name]["description"] = text


@cache
def _output_schema() -> dict[str, Any]:
    envelope = Envelope.model_json_schema()
    definitions = envelope.pop("$defs", {})
    envelope["properties"]["result"] = {"type": list(_JSON_TYPES), "description": "What the tool answered."}
    counted = ["total", *(status.value for status in CallStatus if status.is_terminal)]
    return {
        "$defs": {**definitions, Envelope.__name__: envelope},
        "type": "object",
        "properties": {
            "execution_id": {"type": "string"},
            "correlation_id": {"type": "string"},
            "status": {"enum": ["running", "succeeded", "partial", "failed", "timeout", "cancelled"]},
            "counts": {"type": "object", "properties": {name: {"type": "integer"} for name in counted}},
            "results": {"type": "array", "items": {"$ref": f"#/$defs/{Envelope.__name__}"}},
            "execution_time_ms": {"type": "number"},
        },
        "required": ["execution_id", "correlation_id", "status", "results"],
    }
