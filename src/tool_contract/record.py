"""The history row of one call: the truth about it. Names of its attributes, and the envelope that it amounts to.

A row's values are plain Python values here; turning them into DynamoDB's types belongs to whoever talks to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tool_contract import strict_json
from tool_contract.attempt import AttemptEntry, metadata_from_log
from tool_contract.envelope import CallStatus, Detail, Envelope, ResultRef
from tool_contract.timestamps import ms_from_iso

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The sort key of an execution's own record. No call_id may begin with ``#``.
EXECUTION_CALL_ID: Final = "#execution"

INDEX_BY_CORRELATION: Final = "by-correlation"
INDEX_BY_TOOL: Final = "by-tool"
INDEX_BY_DAY: Final = "by-day"
INDEX_OPEN: Final = "open-executions"


def asked_tool(record: Mapping[str, Any]) -> str:
    """Return the tool that a call asked for; ``tool_name`` is the one that was tried last, a fallback's too."""
    return str(record.get("tool_day", "")).rsplit("#", 2)[0] or str(record["tool_name"])


def attempt_log_of(record: Mapping[str, Any]) -> tuple[AttemptEntry, ...]:
    """Return the attempts that a record tells of."""
    entries = strict_json.parse(record.get("attempt_log") or "[]")
    return tuple(AttemptEntry.model_validate(entry) for entry in entries)


def overtaken_hedge(record: Mapping[str, Any], log: tuple[AttemptEntry, ...]) -> AttemptEntry | None:
    """Return the hedge that was under way when the attempt beside it answered: the answer's log has no line of it.

    The record has the hedge's number and start all the same.
    """
    number = record.get("hedge_attempt")
    if number is None or record["status"] != CallStatus.SUCCESS or any(entry.attempt == number for entry in log):
        return None
    started_at = str(record["attempt_started_at"])
    return AttemptEntry(
        attempt=int(number),
        candidate=log[-1].candidate,
        tool_name=str(record["tool_name"]),
        started_at=started_at,
        duration_ms=float(max(0, ms_from_iso(record["finished_at"]) - ms_from_iso(started_at))),
        decision="overtaken",
    )


def envelope_from_record(record: Mapping[str, Any]) -> Envelope:
    """Return the envelope of a call from its record, open or ended. Raises KeyError for the execution's own record.

    An open call's envelope is no success and says in ``error`` that it has not ended.
    """
    status = CallStatus(record["status"])
    log = attempt_log_of(record)
    common = {
        "call_id": record["call_id"],
        "tool_name": record["tool_name"],
        "status": status,
        "attempts": int(record.get("attempts", 0)),
        "execution_time_ms": float(record.get("execution_time_ms", 0)),
        "metadata": _metadata(record, log),
    }
    if status is CallStatus.SUCCESS:
        return Envelope(success=True, **common, **_result(record))
    return Envelope(success=False, **common, **_failure(record, status))


def _metadata(record: Mapping[str, Any], log: tuple[AttemptEntry, ...]) -> dict[str, Any]:
    own = strict_json.parse(record.get("metadata") or "{}")
    degraded = {"degraded": True} if record.get("degraded") else {}
    told = failure_metadata_of(record, log) if record["status"] != CallStatus.SUCCESS else {}
    hedges = {"hedges": int(record["hedges"])} if record.get("hedges") else {}
    return {**told, **own, "correlation_id": record["correlation_id"], **degraded, **hedges, **metadata_from_log(log)}


def failure_metadata(attempt: int, metadata: Mapping[str, Any]) -> str:
    """Return a record's ``failure_metadata``: what the tool told of the failure of one attempt, as JSON text."""
    return strict_json.dumps({"attempt": attempt, "metadata": metadata})


def failure_metadata_of(record: Mapping[str, Any], log: tuple[AttemptEntry, ...]) -> dict[str, Any]:
    """Return what the tool told of its failure, if that was the last attempt: an older one's place has passed."""
    told = strict_json.parse(record.get("failure_metadata") or "{}")
    last = log[-1].attempt if log else None
    metadata: dict[str, Any] = told["metadata"] if told and told["attempt"] == last else {}
    return metadata


def _result(record: Mapping[str, Any]) -> dict[str, Any]:
    if "result_ref" in record:
        return {"result_ref": ResultRef.model_validate(strict_json.parse(record["result_ref"]))}
    return {"result": strict_json.parse(record["result"])}


def _failure(record: Mapping[str, Any], status: CallStatus) -> dict[str, Any]:
    if not status.is_terminal:
        return {"error": f"The call has not ended: it is {status}.", "error_code": "InProgress", "retryable": True}
    details = strict_json.parse(record.get("details") or "[]")
    return {
        "error": record.get("error", "The call did not run."),
        "error_code": record["error_code"],
        "retryable": bool(record.get("retryable", False)),
        "effect": record.get("effect", "none"),
        "details": tuple(Detail.model_validate(detail) for detail in details),
    }
