"""What an execution came to, as the contract has it: from its own record and what its calls answered."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tool_contract.execution_status import count_statuses, overall_status
from tool_contract.timestamps import ms_from_iso

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tool_contract.envelope import Envelope
    from tool_executor.history import Record
    from tool_executor.result import ToolExecutionResult


def output_of(own: Record, answers: Sequence[Envelope] | Sequence[ToolExecutionResult]) -> dict[str, Any]:
    """Return an execution's output, from its own record and its calls' envelopes or results, in call order."""
    counts = own.get("counts") or count_statuses(answer.status for answer in answers)
    ended = ms_from_iso(own["finished_at"]) if "finished_at" in own else time.time_ns() // 1_000_000
    return {
        "execution_id": own["execution_id"],
        "correlation_id": own["correlation_id"],
        # Open still: its calls have ended, and the finisher could not be reached to close it.
        "status": overall_status(counts) if "open" in own else own["status"],
        "counts": counts,
        "results": [answer.to_json() for answer in answers],
        "execution_time_ms": float(own.get("execution_time_ms", ended - ms_from_iso(own["started_at"]))),
    }


def output_without_record(
    execution_id: str, correlation_id: str, results: Sequence[ToolExecutionResult]
) -> dict[str, Any]:
    """Return the output of an ended execution whose own record cannot be read: all but how long it took."""
    counts = count_statuses(result.status for result in results)
    return {
        "execution_id": execution_id,
        "correlation_id": correlation_id,
        "status": overall_status(counts),
        "counts": counts,
        "results": [result.to_json() for result in results],
    }
