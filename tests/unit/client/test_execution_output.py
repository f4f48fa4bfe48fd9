"""An execution's output where its own record does not say it."""

from __future__ import annotations

import pytest

from tool_contract.envelope import CallStatus
from tool_contract.errors import ErrorCode
from tool_executor.execution_output import output_of, output_without_record
from tool_executor.result import ToolExecutionResult

CANCELLED = ToolExecutionResult(
    tool_name="echo", status=CallStatus.CANCELLED, error="It was cancelled.", error_code=ErrorCode.CANCELLED
)


@pytest.mark.parametrize("calls", [1, 3])
def test_calls_that_were_all_cancelled_are_a_cancelled_execution_as_the_finisher_says(calls: int) -> None:
    results = [CANCELLED] * calls
    own = {"execution_id": "e", "correlation_id": "e", "started_at": "2026-11-20T10:00:00.000Z", "open": "0"}
    for told in (output_without_record("e", "e", results), output_of({**own, "status": "running"}, results)):
        assert (told["status"], told["counts"]["cancelled"]) == ("cancelled", calls)
