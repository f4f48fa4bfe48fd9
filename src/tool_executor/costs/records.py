"""How large records are, and how many units DynamoDB charges for writing and reading them. Pure.

Sizes are bytes as DynamoDB counts them, names of attributes included. Those of the records' frames are of the planner's
and the runtime's own rows with ids of usual length; a test holds them against the rows.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from tool_contract.limits import MAX_INLINE_BYTES

if TYPE_CHECKING:
    from tool_executor.costs.work import CallWork

_WRITE_UNIT: Final = 1024
_READ_UNIT: Final = 4096

#: A call's record as the planner writes it, without what the caller gave.
CALL_BYTES: Final = 290
#: What an attempt adds when it begins: owner, time, tool.
BEGUN_BYTES: Final = 100
#: What a call's end adds, without result and attempt log.
ENDED_BYTES: Final = 75
#: What a failure adds in a result's place: code, sentence, details.
FAILURE_BYTES: Final = 280
#: Entries of the attempt log: of an attempt that failed, with its error, and of one that did not.
FAILED_ENTRY_BYTES: Final = 290
ENTRY_BYTES: Final = 140
#: What names a text that lies in S3.
REFERENCE_BYTES: Final = 280
#: An execution's own record, at its end.
EXECUTION_BYTES: Final = 620
#: A tool's totals of an hour, some sixty buckets of times with them.
TOTALS_BYTES: Final = 800
#: What an index holds of a call or an execution, with what DynamoDB adds for each item of an index.
INDEXED_BYTES: Final = 300 + 100

#: An execution's own record is written when it is planned, and when it ends.
EXECUTION_WRITES: Final = 2
#: Each write of a call's record changes it in the indexes by correlation and by tool.
INDEXES_OF_A_CALL: Final = 2
#: Both writes of an execution's own record: by correlation, by day, and in or out of the open ones. The last does not
#: keep it.
INDEXES_OF_AN_EXECUTION: Final = 3


def write_units(size: float) -> int:
    """Return the units of writing an item of so many bytes."""
    return max(1, math.ceil(size / _WRITE_UNIT))


def read_units(size: float) -> int:
    """Return the units of reading so many bytes consistently; half of it is what another read takes."""
    return max(1, math.ceil(size / _READ_UNIT))


def inline(size: int) -> int:
    """Return what a record holds of a text: itself, or where it lies in S3."""
    return REFERENCE_BYTES if size > MAX_INLINE_BYTES else size


def planned_bytes(call: CallWork) -> int:
    """Return the size of a call's record as it is planned."""
    return CALL_BYTES + inline(call.input_bytes) + inline(call.fallback_bytes) + call.note_bytes


def ended_bytes(call: CallWork) -> float:
    """Return the size of a call's record after its end: with a result, or a failure where that is larger."""
    succeeded = max(0.0, call.attempts - call.failed_attempts)
    log = FAILED_ENTRY_BYTES * call.failed_attempts + ENTRY_BYTES * succeeded
    end = max(inline(call.result_bytes), FAILURE_BYTES * call.failed)
    return planned_bytes(call) + BEGUN_BYTES + ENDED_BYTES + log + end


def call_writes(call: CallWork) -> float:
    """Return how often a call's record is written: planned, each attempt begun, its input completed, ended."""
    return 1 + call.attempts + _completions(call) + 1


def call_write_units(call: CallWork) -> float:
    """Return the units of all writes of a call's record, those of the indexes with them."""
    indexes = INDEXES_OF_A_CALL * call_writes(call)
    completed = _completions(call) * write_units(planned_bytes(call) + BEGUN_BYTES + inline(call.input_bytes))
    return write_units(planned_bytes(call)) + _begin_units(call) + completed + write_units(ended_bytes(call)) + indexes


def execution_write_units(tools: int) -> int:
    """Return the units of all writes of an execution's own record, those of the indexes with them.

    It ends by a transaction, which takes twice, together with the totals of the ``tools`` that were asked for.
    """
    planned = write_units(EXECUTION_BYTES)
    ended = 2 * (write_units(EXECUTION_BYTES) + tools * write_units(TOTALS_BYTES))
    return planned + ended + EXECUTION_WRITES * INDEXES_OF_AN_EXECUTION


def _completions(call: CallWork) -> float:
    """An input that refers to earlier results is written down once; how large it has become nobody knows before."""
    return min(1.0, call.refers_to)


def _begin_units(call: CallWork) -> float:
    """Each attempt writes down the log of those before it; of a mean, the last counts by its share."""
    before, whole = planned_bytes(call) + BEGUN_BYTES, math.floor(call.attempts)
    units = sum(write_units(before + FAILED_ENTRY_BYTES * number) for number in range(whole))
    return units + (call.attempts - whole) * write_units(before + FAILED_ENTRY_BYTES * whole)
