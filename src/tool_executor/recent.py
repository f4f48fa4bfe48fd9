"""What this process has run lately: bounded, in memory, and what it amounts to in figures."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from tool_executor.statistics import Outcome, ToolStatistics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tool_executor.result import ToolExecutionResult


class RecentResults:
    """The latest results, oldest first; the oldest are dropped. Threads may share it."""

    def __init__(self, size: int) -> None:
        self._lock = threading.Lock()
        self._results: deque[ToolExecutionResult] = deque(maxlen=size)

    def add(self, results: Iterable[ToolExecutionResult]) -> None:
        """Remember results."""
        with self._lock:
            self._results.extend(results)

    def all(self) -> list[ToolExecutionResult]:
        """Return what is remembered."""
        with self._lock:
            return list(self._results)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._results.clear()

    def statistics(self, tool_name: str | None = None) -> ToolStatistics:
        """Return the figures of what is remembered, of one tool if it is named."""
        return ToolStatistics.of(outcome_of(result) for result in self.all() if tool_name in {None, result.tool_name})


def outcome_of(result: ToolExecutionResult) -> Outcome:
    """Return what statistics need of a result."""
    metadata: dict[str, Any] = dict(result.metadata)
    return Outcome(
        tool_name=result.tool_name,
        status=result.status,
        execution_time_ms=result.execution_time_ms,
        attempts=result.attempts,
        fallback_used=bool(metadata.get("fallback_used")),
        cached=bool(metadata.get("cached")),
    )
