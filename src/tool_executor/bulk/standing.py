"""Where each line of a bulk stands, over all its runs: which record counts, and what is still to be done. Pure."""

from __future__ import annotations

from array import array
from collections import Counter
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

from tool_contract.envelope import OPEN_STATUSES, CallStatus
from tool_contract.errors import Effect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tool_executor.bulk.manifest import BatchEntry


class Verdict(IntEnum):
    """What a line's record says.

    ``MISSING``: there is none, or it says that the call was not run, or was cut off where running it again is
    harmless. ``HELD``: it did not succeed, and may have had an effect that must not be had twice.
    """

    NO_CALL = 0
    MISSING = 1
    OPEN = 2
    SUCCESS = 3
    FAILED = 4
    HELD = 5


_CUT_OFF: Final = frozenset({CallStatus.CANCELLED, CallStatus.SKIPPED})


def verdict_of(record: Mapping[str, Any], repeatable: frozenset[str]) -> Verdict:
    """Judge a call's record. ``repeatable`` are the tools that may be run again after an outcome nobody knows."""
    status = CallStatus(record["status"])
    if status is CallStatus.SUCCESS:
        return Verdict.SUCCESS
    if status in OPEN_STATUSES:
        return Verdict.OPEN
    harmless = record.get("effect", Effect.NONE) == Effect.NONE or record["tool_name"] in repeatable
    if harmless and (int(record.get("attempts", 0)) == 0 or status in _CUT_OFF):
        return Verdict.MISSING
    return Verdict.FAILED if harmless else Verdict.HELD


class Standing:
    """One verdict a line, and the run whose record it is of: three bytes a line."""

    def __init__(self, last_line: int) -> None:
        """Begin with no calls."""
        self._verdicts = bytearray(last_line + 1)
        self._runs = array("H", bytes(2 * (last_line + 1)))

    def take(self, run: int, line: int, verdict: Verdict) -> None:
        """Take what a run says of a line. A later run counts, unless it did not run the call."""
        if verdict is Verdict.MISSING and self._verdicts[line] > Verdict.MISSING:
            return
        self._verdicts[line] = verdict
        self._runs[line] = run

    def take_batch(
        self, run: int, batch: BatchEntry, calls: Sequence[Mapping[str, Any]], repeatable: frozenset[str]
    ) -> None:
        """Take what a batch's records say; calls without one have not been planned."""
        told = {int(call["position"]): verdict_of(call, repeatable) for call in calls}
        for position, line in enumerate(batch.lines):
            self.take(run, line, told.get(position, Verdict.MISSING))

    def verdict(self, line: int) -> Verdict:
        """Return a line's verdict."""
        return Verdict(self._verdicts[line])

    def run(self, line: int) -> int:
        """Return the run whose record counts for a line."""
        return self._runs[line]

    @property
    def lines(self) -> Iterator[int]:
        """The lines that have a call, ascending."""
        return (line for line, verdict in enumerate(self._verdicts) if verdict)

    def of(self, *verdicts: Verdict) -> Iterator[int]:
        """Yield the lines of these verdicts, ascending."""
        return (line for line, verdict in enumerate(self._verdicts) if verdict in verdicts)

    @property
    def counts(self) -> dict[str, int]:
        """How many lines there are of each verdict, and in all."""
        found = Counter(self._verdicts)
        each = {verdict.name.lower(): found[verdict] for verdict in Verdict if verdict is not Verdict.NO_CALL}
        return {"total": sum(each.values()), **each}
