"""AgentCore Gateway's event: the tool's input alone is the event, and its name stands in the client context.

See "Lambda function input format" in AWS's guide to AgentCore Gateway. In the frame that it is given here such a call
has no context: it is what a bare ``{"tool_name": ..., "input": {...}}`` is, checked by the tool, timed, unrecorded.
In one thing it is less: who writes a bare event may invoke the function, and so may name the stage's secrets; behind a
gateway a model writes it, which may use those alone that it was given, and here nobody can give it any.
"""

from __future__ import annotations

from typing import Any, Final

from tool_contract.errors import ErrorCode
from tool_contract.problems import Problem, json_pointer
from tool_contract.secret import SECRET_REF

_TOOL_NAME: Final = "bedrockAgentCoreToolName"
#: Between a target's name, which has no underscore, and a tool's.
_DELIMITER: Final = "___"
_SECRET: Final = "No secret can be used in a call that comes by a gateway."  # noqa: S105 - a sentence
_HINT: Final = "The classes for models' APIs and frameworks take `secrets`: those that a program lets a model use."


def framed(event: Any, context: Any) -> Any:  # noqa: ANN401 - Lambda's own
    """Return the gateway's event as the runtime reads events; any other as it is."""
    custom = _of_gateway(context)
    if custom is None:
        return event
    name = custom[_TOOL_NAME]
    tool_name = name.partition(_DELIMITER)[2] or name if isinstance(name, str) else ""
    # All of the event is the model's: whatever it calls a field, it is one of the input.
    return {"tool_name": tool_name, "input": {} if event is None else event}


def refusals(event: Any, context: Any) -> list[Problem]:  # noqa: ANN401 - Lambda's own
    """Return what must not be done for a model behind a gateway; nothing for any other event."""
    if _of_gateway(context) is None:
        return []
    found: list[Problem] = []
    pending: list[tuple[tuple[str | int, ...], Any]] = [((), event)]
    while pending:  # no recursion: nobody has looked yet how deep it is
        path, value = pending.pop()
        if isinstance(value, dict):
            if SECRET_REF in value:
                pointer = json_pointer((*path, SECRET_REF))
                found.append(Problem(pointer=pointer, message=_SECRET, error_code=ErrorCode.REFUSED, hint=_HINT))
            pending.extend(((*path, key), child) for key, child in value.items())
        elif isinstance(value, list):
            pending.extend(((*path, index), child) for index, child in enumerate(value))
    return found


def _of_gateway(context: Any) -> dict[str, Any] | None:  # noqa: ANN401 - as above
    """Return what a gateway says of its event in the client context; None where none sent it."""
    custom = getattr(getattr(context, "client_context", None), "custom", None)
    return custom if isinstance(custom, dict) and _TOOL_NAME in custom else None
