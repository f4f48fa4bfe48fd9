"""One run of a Distributed Map: its children, how many of them run at once, and what ends it."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections import Counter, deque
from typing import TYPE_CHECKING, Any, Final

from tool_executor.local.map_runs.child import ChildExecution, child_execution
from tool_executor.local.map_runs.fields import MOST_CHILDREN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tool_executor.local.map_runs.definition import DistributedMap

#: Children at once on one machine, whatever the map allows: each has its threads.
MOST_AT_ONCE: Final = 40
_LOOK_SECONDS: Final = 0.2
#: A child that is stopped ends by itself; one whose thread is stuck is not waited for.
_ENDS_WITHIN_SECONDS: Final = 10.0
_COUNTED: Final = {"SUCCEEDED": "succeeded", "FAILED": "failed", "TIMED_OUT": "timedOut", "ABORTED": "aborted"}


class MapRun:
    """A map run and its children. Threads share it: the map's own, the children's, and those that describe it."""

    def __init__(
        self,
        found: DistributedMap,
        parent: Any,  # noqa: ANN401 - moto's Execution
        machine: Any,  # noqa: ANN401 - moto's StateMachineInstance
        items: Sequence[str],
        limits: dict[str, Any],
    ) -> None:
        """Begin with all `items` pending. `limits` are the fields of DescribeMapRun of that name."""
        self.found = found
        self.parent = parent
        self.machine = machine
        self.uuid = str(uuid.uuid4())
        self.arn = f"{machine.arn.replace(':stateMachine:', ':mapRun:', 1)}:{self.uuid}"
        self.limits = limits
        self.status = "RUNNING"
        self.start_date = dt.datetime.now(tz=dt.UTC)
        self.stop_date: dt.datetime | None = None
        self.pending = deque(items)
        self.ended: list[ChildExecution] = []
        self._total = len(items)
        self._running: dict[str, ChildExecution] = {}
        self._written = 0
        self._changed = threading.Condition()

    @property
    def too_many_failed(self) -> bool:
        """Whether more items failed than are tolerated."""
        failed = sum(child.exec_status.value != "SUCCEEDED" for child in list(self.ended) if child.exec_status)
        count, percentage = self.limits["toleratedFailureCount"], self.limits["toleratedFailurePercentage"]
        if count is None and percentage is None:
            return failed > 0
        over_count = count is not None and failed > count
        over_percentage = percentage is not None and failed * 100 > percentage * self._total
        return over_count or over_percentage

    def run(self, env: Any) -> None:  # noqa: ANN401 - moto's Environment
        """Run the items until all have ended, too many have failed, or the parent ends."""
        with self._changed:
            while env.is_running() and not self.too_many_failed and (self.pending or self._running):
                while self.pending and len(self._running) < self._most():
                    self._start(self.pending.popleft())
                self._changed.wait(_LOOK_SECONDS)
        self._stop_running()

    def close(self, status: str) -> None:
        """Say how the run ended."""
        self.status, self.stop_date = status, dt.datetime.now(tz=dt.UTC)

    def results_written(self) -> None:
        """Count what the ResultWriter has written."""
        self._written = len(self.ended)

    @property
    def children(self) -> list[ChildExecution]:
        """All that have started."""
        with self._changed:
            return [*self.ended, *self._running.values()]

    def describe(self) -> dict[str, Any]:
        """Return what DescribeMapRun answers."""
        with self._changed:
            ended = Counter(_COUNTED[child.exec_status.value] for child in self.ended if child.exec_status)
            counts = {
                "pending": 0 if self.status == "ABORTED" else len(self.pending),
                "running": len(self._running),
                **{name: ended[name] for name in _COUNTED.values()},
                "total": self._total,
                "resultsWritten": self._written,
            }
        if self.status == "ABORTED":
            counts["aborted"] += len(self.pending)
        tolerated = {name: value or 0 for name, value in self.limits.items()}
        told = {"mapRunArn": self.arn, "executionArn": self.parent.exec_arn, "status": self.status}
        times = {"startDate": self.start_date, **({"stopDate": self.stop_date} if self.stop_date else {})}
        executions = {**counts, "pending": 0, "total": counts["total"] - len(self.pending)}
        return {**told, **times, **tolerated, "itemCounts": counts, "executionCounts": executions, "redriveCount": 0}

    def listed(self) -> dict[str, Any]:
        """Return what ListMapRuns answers of it."""
        told = {"mapRunArn": self.arn, "executionArn": self.parent.exec_arn, "stateMachineArn": self.machine.arn}
        return {**told, "startDate": self.start_date, **({"stopDate": self.stop_date} if self.stop_date else {})}

    def _most(self) -> int:
        return min(int(self.limits["maxConcurrency"]) or MOST_CHILDREN, MOST_AT_ONCE)

    def _start(self, text: str) -> None:
        child = child_execution(self.machine, self.parent, self.arn, text)
        child.on_end = self._has_ended
        self._running[child.name] = child
        child.start()

    def _has_ended(self, child: ChildExecution) -> None:
        with self._changed:
            if self._running.pop(child.name, None) is not None:
                self.ended.append(child)
            self._changed.notify_all()

    def _stop_running(self) -> None:
        now = dt.datetime.now(tz=dt.UTC)
        with self._changed:
            for child in self._running.values():
                if child.exec_worker is not None and child.exec_worker.env is not None:
                    child.stop(stop_date=now, error=None, cause=None)
            self._changed.wait_for(lambda: not self._running, _ENDS_WITHIN_SECONDS)
