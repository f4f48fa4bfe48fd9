"""What is told of a bulk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tool_executor.bulk.machine import NEVER_STARTED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tool_executor.bulk.machine import RunState
    from tool_executor.bulk.manifest import BulkManifest, RunManifest


@dataclass(frozen=True, slots=True)
class BulkReport:
    """How a bulk stands. ``counts``: its lines by what their records say, ``total`` in all.

    ``success`` and ``failed`` say themselves. ``missing`` have not been run, or were cut off harmlessly: a resume runs
    them. ``held`` did not succeed and may have had an effect: nothing runs them again. ``open`` are under way.
    """

    manifest: BulkManifest
    runs: Sequence[RunManifest]
    states: Sequence[RunState]
    counts: Mapping[str, int]

    @property
    def bulk_id(self) -> str:
        """The bulk's id."""
        return self.manifest.bulk_id

    @property
    def is_running(self) -> bool:
        """Whether a run of it goes on."""
        return any(state.is_running for state in self.states)

    @property
    def all_succeeded(self) -> bool:
        """Whether every call has succeeded."""
        return self.counts["success"] == self.counts["total"]

    @property
    def status(self) -> str:
        """``running``; else ``succeeded`` (all), ``partial`` (some), ``failed`` (none)."""
        if self.is_running:
            return "running"
        if self.all_succeeded:
            return "succeeded"
        return "partial" if self.counts["success"] else "failed"

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        runs = [
            {
                "run": run.run,
                "kind": run.kind,
                "calls": run.calls,
                "status": state.status if state.status == NEVER_STARTED else state.status.lower(),
                "batches": {"total": run.batches, **state.batches},
                **({"error": state.error, "cause": state.cause} if state.error else {}),
            }
            for run, state in zip(self.runs, self.states, strict=True)
        ]
        told = {"bulk_id": self.bulk_id, "status": self.status, "counts": dict(self.counts), "runs": runs}
        return {**told, "source": self.manifest.source, "created_at": self.manifest.created_at}
