"""What Step Functions charges an Express execution for: time in steps of 100 ms, memory in steps of 64 MB.

Source: https://aws.amazon.com/step-functions/pricing/
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

#: The least there is. How much memory AWS takes an execution to use is not modelled here.
BILLED_MEMORY_MB: Final = 64
_STEP_MS: Final = 100


def billed_ms(began: datetime, ended: datetime) -> int:
    """Return the time that is charged, in milliseconds."""
    return max(1, math.ceil((ended - began).total_seconds() * 1000 / _STEP_MS)) * _STEP_MS
