"""What came of a plan: an immutable result for each step, and what they amount to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tool_executor.frozen_dict import FrozenDict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tool_executor.result import ToolExecutionResult

PlanStatus = Literal["succeeded", "partial", "failed"]


@dataclass(frozen=True, slots=True)
class PlanResult:
    """The results of a plan's steps by the steps' names, in the plan's order.

    ``correlation_id`` finds the calls in the history. A step that was not run, because one that it needs failed, is
    ``skipped``, and its ``error`` names that one.
    """

    correlation_id: str
    results: Mapping[str, ToolExecutionResult]

    def __post_init__(self) -> None:
        object.__setattr__(self, "results", FrozenDict(self.results))

    def __getitem__(self, step_name: str) -> ToolExecutionResult:
        return self.results[step_name]

    @property
    def status(self) -> PlanStatus:
        """``succeeded`` if all steps did, ``partial`` if some did, else ``failed``."""
        succeeded = sum(result.success for result in self.results.values())
        if succeeded == len(self.results):
            return "succeeded"
        return "partial" if succeeded else "failed"

    @property
    def success(self) -> bool:
        """Whether all steps succeeded."""
        return self.status == "succeeded"

    @property
    def counts(self) -> dict[str, int]:
        """How many steps ended in each of the contract's statuses that occurred."""
        return dict(Counter(result.status.value for result in self.results.values()))

    @property
    def summary(self) -> str:
        """One line for people: the outcome, the counts, and the first failure."""
        told = f"{self.status}: " + ", ".join(f"{count} {status}" for status, count in self.counts.items())
        failed = ((name, result) for name, result in self.results.items() if result.is_failure)
        name, first = next(failed, (None, None))
        return told if first is None else f"{told}; first {name}: {first.error}"

    def to_json(self) -> dict[str, Any]:
        """Return the result as plain JSON values."""
        return {
            "correlation_id": self.correlation_id,
            "status": self.status,
            "counts": self.counts,
            "results": {name: result.to_json() for name, result in self.results.items()},
        }
