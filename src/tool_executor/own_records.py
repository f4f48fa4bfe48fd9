"""Whether an execution's records are of the request that was sent under its name.

Names of Express executions are not unique, and an answer that is lost tells no ARN: whoever looks an execution up by
its name must not take another's for its own, nor end it. The planner lets one execution have a name, so that if the
records are another's, nothing of this request has run, or will.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tool_contract import strict_json
from tool_contract.record import asked_tool
from tool_executor.errors import ExecutionIdTakenError
from tool_executor.state_machine_route import split

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tool_executor.history import Record


def require_own(records: list[Record], request: Mapping[str, Any], execution_id: str) -> None:
    """Raise ExecutionIdTakenError where records are of another request. No records are nobody's."""
    if records and not are_of(records, request):
        message = f"Another execution has the name {execution_id!r}; nothing of this request was run."
        raise ExecutionIdTakenError(message, hint="Give another name, or none.")


def are_of(records: list[Record], request: Mapping[str, Any]) -> bool:
    """Whether an Express execution's records can be of a request: as many calls, of the same tools, on equal inputs."""
    own, rows = split(records)
    if own is None or own.get("route") != "express" or own["calls"] != len(request["calls"]):
        return False
    return all(_is_of(row, request["calls"][int(row["position"])]) for row in rows)


def _is_of(row: Record, call: Mapping[str, Any]) -> bool:
    if asked_tool(row) != call["tool_name"]:
        return False
    # A large input lies in S3: then tool and place must do.
    return "input" not in row or row["input"] == strict_json.dumps(call["input"])
