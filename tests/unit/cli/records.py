"""Records of calls, for timelines."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tool_contract import strict_json
from tool_contract.timestamps import iso_from_ms, ms_from_iso

START = "2026-11-20T10:00:00.000Z"
START_MS = ms_from_iso(START)

FAILED: dict[str, Any] = {"status": "failed", "error_code": "NotFound", "error": "There is none.", "effect": "none"}


def today() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT00:00:00.001Z")


def at(seconds: float) -> str:
    """The time so many seconds after the execution's start."""
    return iso_from_ms(START_MS + round(seconds * 1000))


def entry(attempt: int, begin: float, seconds: float, decision: str = "done", **more: Any) -> dict[str, Any]:
    failed = {} if decision in {"done", "cached", "replayed"} else {"error_code": "Unavailable", "error": "It is away."}
    took = {"started_at": at(begin), "duration_ms": seconds * 1000.0, "decision": decision}
    return {"attempt": attempt, "candidate": 0, "tool_name": "echo", **took, **failed, **more}


def logged(*log: dict[str, Any], **row: Any) -> dict[str, Any]:
    """What an ended call's record has with such a log."""
    return {"attempt_log": strict_json.dumps(list(log)), "finished_at": at(5), **row}


def call(call_id: str, *log: dict[str, Any], end: float | None = None, **row: Any) -> dict[str, Any]:
    """A call's record; with an end it is a success where nothing else is said."""
    ended = {} if end is None else {"finished_at": at(end), "status": "success"}
    return {
        "execution_id": "e",
        "call_id": call_id,
        "correlation_id": "e",
        "position": int("".join(filter(str.isdigit, call_id)) or 0),
        "tool_name": "echo",
        "tool_day": "echo#2026-11-20#0",
        "started_at": START,
        "status": "pending",
        "attempts": log[-1]["attempt"] if log else 0,
        **({"attempt_log": strict_json.dumps(list(log))} if log else {}),
        **ended,
        **row,
    }


def execution(mode: str = "parallel", end: float | None = 10, **row: Any) -> dict[str, Any]:
    ended = {"open": "0", "status": "running"} if end is None else {"finished_at": at(end), "status": "succeeded"}
    frame = {"execution_id": "e", "call_id": "#execution", "correlation_id": "e", "mode": mode, "calls": 1}
    return {**frame, "started_at": START, **ended, **row}
