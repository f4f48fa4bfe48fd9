"""Metrics that AWS's services write of themselves, as far as the dashboard shows them and this machine knows them.

Lambda's `Invocations`, `Errors`, `Throttles`; Step Functions' executions by how they ended. An execution that runs has
not been counted yet: its start is told when it has ended, for the minute in which it was.
"""

from __future__ import annotations

import threading
import time
from typing import Any, Final

from tool_executor.local.embedded_metrics import Datum
from tool_executor.local.express_billing import BILLED_MEMORY_MB, billed_ms

_LAMBDA: Final = "AWS/Lambda"
_STATES: Final = "AWS/States"
_ENDED: Final = {
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}


class PlatformMetrics:
    """Collects values until they are asked for. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._data: list[Datum] = []

    def invoked(self, function_name: str, *, failed: bool) -> None:
        """A function was run, and ended with an error or not."""
        self._count(_LAMBDA, {"Invocations": 1, "Errors": int(failed)}, {"FunctionName": function_name})

    def throttled(self, function_name: str) -> None:
        """An invocation was refused, because no more of the function may run at once."""
        self._count(_LAMBDA, {"Throttles": 1}, {"FunctionName": function_name})

    def execution_ended(self, execution: Any) -> None:  # noqa: ANN401 - moto's Execution
        """An execution of a state machine has ended."""
        machine = {"StateMachineArn": str(execution.state_machine_arn)}
        self._count(_STATES, {"ExecutionsStarted": 1}, machine, round(execution.start_date.timestamp() * 1000))
        self._count(_STATES, {_ENDED[execution.status]: 1}, machine)
        if execution.sm_type == "EXPRESS":
            billed = billed_ms(execution.start_date, execution.stop_date)
            self._add(_STATES, {"ExpressExecutionBilledDuration": billed}, machine, "Milliseconds")
            self._add(_STATES, {"ExpressExecutionBilledMemory": BILLED_MEMORY_MB}, machine, "Megabytes")

    def new(self) -> list[Datum]:
        """Return what was counted since the last look."""
        with self._lock:
            data, self._data = self._data, []
        return data

    def _count(
        self, namespace: str, counts: dict[str, int], dimensions: dict[str, str], at_ms: int | None = None
    ) -> None:
        self._add(namespace, counts, dimensions, "Count", at_ms)

    def _add(
        self,
        namespace: str,
        values: dict[str, int],
        dimensions: dict[str, str],
        unit: str,
        at_ms: int | None = None,
    ) -> None:
        moment = time.time_ns() // 1_000_000 if at_ms is None else at_ms
        data = [Datum(namespace, name, unit, dimensions, moment, (float(value),)) for name, value in values.items()]
        with self._lock:
            self._data += data
