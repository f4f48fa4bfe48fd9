"""How a call ended, left in the artefact bucket because its record could not be written: Finish writes it there.

Only the attempt that the record names is looked for, and the one that may end it beside a hedge, so that what an older
one left behind changes nothing.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from lambdas.runtime import telemetry
from lambdas.runtime.artifacts import ArtifactStore, artifact_key
from tool_contract import strict_json
from tool_contract.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tool_contract.attempt import AttemptContext

_OWNER_CHARACTERS: Final = 8


def leave(artifacts: ArtifactStore, context: AttemptContext, owner: str, outcome: Mapping[str, Any]) -> None:
    """Leave the attributes that a success would have given its record. Raises ResultStoreFailed."""
    text = strict_json.dumps(outcome)
    sealed = strict_json.dumps({"sha256": _hash(text), "outcome": text})
    artifacts.put(_key(context.execution_id or "", context.call_id or "", context.attempt, owner), sealed)
    telemetry.logger.warning("the record could not be written; its outcome is left to Finish", extra=_told(context))


def find(artifacts: ArtifactStore, row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what the attempt that holds an open row has left behind, if it is there and whole."""
    try:
        return read(artifacts, row)
    except (ToolError, ValueError, LookupError, TypeError):
        # Then the effect is unknown, as it would be without any of this: no reason to leave the call open.
        telemetry.logger.exception("what an attempt has left behind cannot be read", extra={"call_id": row["call_id"]})
        return None


def read(artifacts: ArtifactStore, row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the same as :func:`find`. Raises Unavailable, or ValueError where it is not whole."""
    if "owner" not in row:
        return None  # no attempt has begun
    keys = [_key(row["execution_id"], row["call_id"], attempt, owner) for attempt, owner in _holders(row)]
    sealed = next(filter(None, map(artifacts.find, keys)), None)
    return None if sealed is None else _opened(sealed)


def _holders(row: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """Yield the number and owner of each attempt that may end the call."""
    yield row["attempts"], row["owner"]
    if row.get("hedged_owner"):
        yield row["attempts"] - 1, row["hedged_owner"]


def _opened(sealed: str) -> Mapping[str, Any]:
    parsed = strict_json.parse(sealed)
    if _hash(parsed["outcome"]) != parsed["sha256"]:
        message = "The outcome is not what was left."
        raise ValueError(message)
    outcome: dict[str, Any] = strict_json.parse(parsed["outcome"])
    return outcome


def _key(execution_id: str, call_id: str, attempt: int, owner: str) -> str:
    return artifact_key(execution_id, call_id, f"outcome-{attempt}-{owner[:_OWNER_CHARACTERS]}")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _told(context: AttemptContext) -> dict[str, Any]:
    return {"execution_id": context.execution_id, "call_id": context.call_id, "attempt": context.attempt}
