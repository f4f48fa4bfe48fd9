"""What a session is called: by who uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tool_contract.attempt import AttemptContext

_EXECUTION: Final = "execution"
_CALL: Final = "call"
_NAMED: Final = "named"
_ONCE: Final = "once"
_SHORTEST_WITH_EXECUTION: Final = 2


def session_key(context: AttemptContext, request_id: str) -> str:
    """Return the key of the session that an attempt works in.

    ``execution/ID`` is a sequence's, ``call/ID/CALL/ATTEMPT`` an attempt's own. Without an execution, who invokes the
    function may name a session (``named/…``), else the invocation has one for itself (``once/…``).
    """
    if context.recorded and context.session is not None:
        return sequence_key(context.execution_id or "")
    if context.recorded:
        return attempt_key(context.execution_id or "", context.call_id or "", context.attempt)
    if context.session is not None:
        return f"{_NAMED}/{context.session}"
    return f"{_ONCE}/{request_id}"


def sequence_key(execution_id: str) -> str:
    """Return the key of the session that a sequence's calls share."""
    return f"{_EXECUTION}/{execution_id}"


def attempt_key(execution_id: str, call_id: str, attempt: int) -> str:
    """Return the key of the session that one attempt has for itself."""
    return f"{_CALL}/{execution_id}/{call_id}/{attempt}"


def is_shared(key: str) -> bool:
    """Whether other calls come to the session: then whoever has used it leaves it open."""
    return key.startswith((f"{_EXECUTION}/", f"{_NAMED}/"))


def is_named(key: str) -> bool:
    """Whether the session belongs to nobody's execution: it may be opened anew after it was closed."""
    return key.startswith(f"{_NAMED}/")


def execution_of(key: str) -> str | None:
    """Return the execution that a session belongs to, if it is one's."""
    parts = key.split("/")
    has_one = parts[0] in {_EXECUTION, _CALL} and len(parts) >= _SHORTEST_WITH_EXECUTION
    return parts[1] if has_one else None
