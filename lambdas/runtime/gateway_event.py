"""AgentCore Gateway's event: the tool's input alone is the event, and its name stands in the client context.

See "Lambda function input format" in AWS's guide to AgentCore Gateway. In the frame that it is given here such a call
has no context: it is what a bare ``{"tool_name": ..., "input": {...}}`` is, checked by the tool, timed, unrecorded.
"""

from __future__ import annotations

from typing import Any, Final

_TOOL_NAME: Final = "bedrockAgentCoreToolName"
#: Between a target's name, which has no underscore, and a tool's.
_DELIMITER: Final = "___"


def framed(event: Any, context: Any) -> Any:  # noqa: ANN401 - Lambda's own
    """Return the gateway's event as the runtime reads events; any other as it is."""
    custom = getattr(getattr(context, "client_context", None), "custom", None)
    if not isinstance(custom, dict) or _TOOL_NAME not in custom:
        return event
    name = custom[_TOOL_NAME]
    tool_name = name.partition(_DELIMITER)[2] or name if isinstance(name, str) else ""
    # All of the event is the model's: whatever it calls a field, it is one of the input.
    return {"tool_name": tool_name, "input": {} if event is None else event}
