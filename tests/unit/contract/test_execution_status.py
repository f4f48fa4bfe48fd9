"""What an execution came to follows from how its calls ended."""

from __future__ import annotations

import pytest

from tool_contract.envelope import CallStatus
from tool_contract.execution_status import count_statuses, overall_status

TERMINAL = ("success", "failed", "timeout", "skipped", "cancelled")


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["success"], "succeeded"),
        (["success", "success"], "succeeded"),
        (["success", "failed"], "partial"),
        (["success", "timeout", "skipped"], "partial"),
        (["failed"], "failed"),
        (["failed", "skipped"], "failed"),
        (["timeout", "timeout"], "timeout"),
        (["timeout", "failed"], "failed"),
        (["cancelled", "cancelled"], "cancelled"),
        (["cancelled", "timeout"], "failed"),
        ([], "failed"),
    ],
)
def test_the_status_of_an_execution_follows_from_its_calls(statuses: list[str], expected: str) -> None:
    counts = count_statuses(CallStatus(status) for status in statuses)

    assert overall_status(counts) == expected
    assert counts == {"total": len(statuses), **{status: statuses.count(status) for status in TERMINAL}}
