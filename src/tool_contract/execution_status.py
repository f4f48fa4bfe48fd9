"""What an execution came to, by how its calls ended."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from tool_contract.envelope import CallStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TERMINAL: Final = tuple(status.value for status in CallStatus if status.is_terminal)


def count_statuses(statuses: Iterable[CallStatus]) -> dict[str, int]:
    """Return how many calls ended in which way; every terminal status is there, and ``total``."""
    found = Counter(status.value for status in statuses)
    return {"total": found.total(), **{status: found[status] for status in _TERMINAL}}


def overall_status(counts: Mapping[str, int]) -> str:
    """Return succeeded (all), partial (some), else timeout, cancelled or failed: whatever befell all the others."""
    if counts["total"] == 0:
        return "failed"  # the planner died before it wrote down a call
    if counts["success"] == counts["total"]:
        return "succeeded"
    if counts["success"]:
        return "partial"
    for status in (CallStatus.TIMEOUT.value, CallStatus.CANCELLED.value):
        if counts[status] == counts["total"]:
            return status
    return "failed"
