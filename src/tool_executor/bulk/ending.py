"""Whether runs of a bulk have ended, and what ends them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tool_executor.bulk.errors import BulkRunningError
from tool_executor.bulk.machine import NEVER_STARTED, RUNNING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tool_executor.bulk.beginning import Beginnings
    from tool_executor.bulk.machine import BulkMachine
    from tool_executor.bulk.manifest import RunManifest

_LOOKS: Final = 60
_PAUSE_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Endings:
    """The ends of one deployment's runs. Methods raise what translated_errors raises."""

    machine: BulkMachine
    beginnings: Beginnings
    sleep: Callable[[float], None] = time.sleep

    def require(self, run: RunManifest) -> None:
        """Raise BulkRunningError where a run goes on, or may yet begin."""
        state = self.machine.state(run)
        if state.is_running:
            message = f"The bulk {run.bulk_id} is running."
        elif state.status == NEVER_STARTED and not self.beginnings.is_ruled_out(run):
            message = f"Run {run.run} of the bulk {run.bulk_id} is being uploaded or started."
        else:
            return
        raise BulkRunningError(message, hint=f"Wait for it, or end it: tool-executor bulk cancel {run.bulk_id}")

    def bring_about(self, run: RunManifest) -> None:
        """Stop a run with its batches, or see to it that it is not started.

        Raises BulkRunningError where it or a batch of it still runs after half a minute.
        """
        is_told = False
        for _ in range(_LOOKS):
            state = self.machine.state(run)
            if state.status == NEVER_STARTED:
                if self.beginnings.is_ruled_out(run, at_once=True):
                    return
            elif not state.is_running:
                return
            elif state.status == RUNNING and not is_told:
                self.machine.stop(run)
                is_told = True
            self.sleep(_PAUSE_SECONDS)
        message = f"Run {run.run} of the bulk {run.bulk_id} has not ended yet: it, or a batch of it, still runs."
        raise BulkRunningError(message, hint=f"Cancel it again in a minute: tool-executor bulk cancel {run.bulk_id}")
