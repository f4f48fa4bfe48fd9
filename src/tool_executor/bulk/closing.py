"""Ends the records that batches have left open whose executions run no more, as the reconciler does."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tool_contract import strict_json
from tool_executor.aws import translated_errors
from tool_executor.bulk.machine import RUNNING
from tool_executor.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tool_executor.bulk.machine import BulkMachine
    from tool_executor.bulk.manifest import BatchEntry
    from tool_executor.bulk.records import BatchRecords
    from tool_executor.history import Record

_CLOSERS: Final = 8
_LOOKS: Final = 40
_PAUSE_SECONDS: Final = 0.25
_ENDED_BADLY: Final = frozenset({"ABORTED", "FAILED", "TIMED_OUT"})


@dataclass(frozen=True, slots=True)
class Closer:
    """The finisher of one deployment, for batches of runs that have ended."""

    machine: BulkMachine
    records: BatchRecords
    finisher: str
    sleep: Callable[[float], None] = time.sleep

    def close(self, batches: Sequence[BatchEntry]) -> int:
        """End what is open of these batches, and return how many it was.

        A child that is being stopped may still write, and a planner begin: it looks again until nothing is open.
        Raises ServiceError where it stays so.
        """
        closed: set[str] = set()
        left = list(batches)
        for _ in range(_LOOKS):
            still = [(batch, own) for batch, own in self.records.with_own(left) if own is not None and "open" in own]
            if not still:
                return len(closed)
            closed |= {batch.execution_id for batch, _ in still}
            with ThreadPoolExecutor(_CLOSERS) as closers:
                list(closers.map(self._end, [own for _, own in still]))
            left = [batch for batch, _ in still]
            self.sleep(_PAUSE_SECONDS)
        message = f"{len(left)} batches stay open: their executions run, or the finisher does not end them."
        raise ServiceError(message, hint="Its log says why; the sweep ends them once their deadlines are past.")

    def _end(self, own: Record) -> None:
        arn = str(own["execution_arn"])
        status = self.machine.child_status(arn) or "ABORTED"
        if status == RUNNING:
            return
        event: dict[str, Any] = {"execution_id": own["execution_id"]}
        if status in _ENDED_BADLY:
            detail = {"executionArn": arn, "stateMachineArn": self.machine.arn, "name": own["execution_id"]}
            event = {"source": "aws.states", "detail": {**detail, "status": status}}
        with translated_errors():
            self.machine.aws.functions.invoke(FunctionName=self.finisher, Payload=strict_json.dumps(event).encode())[
                "Payload"
            ].read()
