"""What an execution came to, as the contract has it: from its own record and what its calls answered."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from tool_contract.envelope import CallStatus
from tool_contract.timestamps import ms_from_iso

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tool_contract.envelope import Envelope
    from tool_executor.history import Record
    from tool_executor.result import ToolExecutionResult


def output_of(own: Record, answers: Sequence[Envelope] | Sequence[ToolExecutionResult]) -> dict[str, Any]:
    """Return an execution's output, from its own record and its calls' envelopes or results, in call order."""
    counts = own.get("counts") or _counts(answers)
    ended = ms_from_iso(own["finished_at"]) if "finished_at" in own else time.time_ns() // 1_000_000
    return {
        "execution_id": own["execution_id"],
        "correlation_id": own["correlation_id"],
        # Open still: its calls have ended, and the finisher could not be reached to close it.
        "status": _status(counts) if "open" in own else own["status"],
        "counts": counts,
        "results": [answer.to_json() for answer in answers],
        "execution_time_ms": float(own.get("execution_time_ms", ended - ms_from_iso(own["started_at"]))),
    }


def output_without_record(
    execution_id: str, correlation_id: str, results: Sequence[ToolExecutionResult]
) -> dict[str, Any]:
    """Return the output of an ended execution whose own record cannot be read: all but how long it took."""
    counts = _counts(results)
    return {
        "execution_id": execution_id,
        "correlation_id": correlation_id,
        "status": _status(counts),
        "counts": counts,
        "results": [result.to_json() for result in results],
    }


def _counts(answers: Sequence[Envelope] | Sequence[ToolExecutionResult]) -> dict[str, int]:
    found = Counter(answer.status for answer in answers)
    terminal = (status for status in CallStatus if status.is_terminal)
    return {"total": len(answers), **{status.value: found[status] for status in terminal}}


def _status(counts: Mapping[str, int]) -> str:
    if counts["success"]:
        return "succeeded" if counts["success"] == counts["total"] else "partial"
    return "timeout" if counts["timeout"] == counts["total"] else "failed"
