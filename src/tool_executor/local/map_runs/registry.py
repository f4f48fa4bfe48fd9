"""The map runs of this process, for whoever asks Step Functions about them and their children."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tool_executor.local.map_runs.child import ChildExecution
    from tool_executor.local.map_runs.map_run import MapRun

#: Map runs that are kept with all their children's histories.
_KEPT: Final = 20


class MapRuns:
    """Keeps the latest map runs. Threads may share it."""

    def __init__(self) -> None:
        """Begin with none."""
        self._runs: dict[str, MapRun] = {}
        self._lock = threading.Lock()

    def add(self, run: MapRun) -> None:
        """Keep a map run, in place of the oldest that has ended."""
        with self._lock:
            ended = [arn for arn, each in self._runs.items() if each.stop_date is not None]
            for arn in ended[: max(0, len(self._runs) + 1 - _KEPT)]:
                del self._runs[arn]
            self._runs[run.arn] = run

    def get(self, arn: str) -> MapRun | None:
        """Return the map run of an ARN."""
        return self._runs.get(arn)

    def of_execution(self, execution_arn: str) -> list[MapRun]:
        """Return the map runs that an execution has started, the first first."""
        with self._lock:
            return [run for run in self._runs.values() if run.parent.exec_arn == execution_arn]

    def child(self, execution_arn: str) -> ChildExecution | None:
        """Return a child execution. An Express one cannot be asked about, as on AWS."""
        with self._lock:
            runs = list(self._runs.values())
        if ":express:" in execution_arn:
            return None
        children = (child for run in runs for child in run.children)
        return next((child for child in children if child.exec_arn == execution_arn), None)

    def forget(self) -> list[Any]:
        """Forget all; return the children that still run."""
        with self._lock:
            runs, self._runs = list(self._runs.values()), {}
        return [child for run in runs for child in run.children if child.stop_date is None]


MAP_RUNS: Final = MapRuns()
