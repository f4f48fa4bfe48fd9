"""What the Express state machine is charged for: a request, and the execution's time by its memory. Pure.

Source: https://aws.amazon.com/step-functions/pricing/
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from tool_contract.limits import EXPRESS_SECONDS
from tool_executor.costs.usage import Usage

if TYPE_CHECKING:
    from tool_executor.costs.assumptions import Assumptions
    from tool_executor.costs.work import ExecutionWork

#: Memory is charged in steps of 64 MB. AWS reckons 50 MB, the definition (30 KB) and an iteration's data, under 10 KB
#: here, for each call: 250 of them stay below the first step.
_BILLED_GB: Final = 64 / 1024
_STEPS_A_SECOND: Final = 10
_HOUR: Final = 3600


def express_usage(work: ExecutionWork, assumed: Assumptions, around_seconds: float) -> Usage:
    """Return what an execution uses that takes ``around_seconds`` for its plan and its end."""
    overhead = (assumed.runtime_ms + work.cold * assumed.cold_start_ms) / 1000 * work.attempts
    lanes = 1 if work.sequence else min(work.lanes, len(work.calls))
    seconds = around_seconds + work.makespan_seconds(waits=True) + overhead / lanes
    billed = math.ceil(min(seconds, EXPRESS_SECONDS) * _STEPS_A_SECOND) / _STEPS_A_SECOND
    return Usage(express_requests=1, express_gb_hours=billed * _BILLED_GB / _HOUR)
