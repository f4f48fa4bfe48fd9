"""Figures of many calls that can be added up: counts, sums, and how long calls took, by buckets. Pure.

Times are kept in buckets whose bounds grow by a constant factor, as DDSketch does (Masson, Rim and Lee, VLDB 2019): a
percentile that is read from them is within ``TIME_ERROR`` of the true one, however many were added up.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self

from tool_contract.envelope import CallStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: How far a percentile may be off, as a share of it; below one millisecond, half a millisecond.
TIME_ERROR: Final = 0.05
_GROWTH: Final = (1 + TIME_ERROR) / (1 - TIME_ERROR)
_LOG_GROWTH: Final = math.log(_GROWTH)
#: The last bucket reaches beyond a hundred days: nothing runs so long.
_LAST_BUCKET: Final = 230
_BUCKET_PREFIX: Final = "t"
_US_A_MS: Final = 1000


def bucket_of(time_ms: float) -> int:
    """Return the bucket of a time: the first holds all up to a millisecond."""
    return min(_LAST_BUCKET, math.ceil(math.log(time_ms) / _LOG_GROWTH)) if time_ms > 1 else 0


def time_of(bucket: int) -> float:
    """Return the time, in milliseconds, that stands for a bucket's: none in it is further off than ``TIME_ERROR``."""
    return round(2 * _GROWTH**bucket / (_GROWTH + 1), 3) if bucket else 0.5


@dataclass(frozen=True, slots=True)
class CallTotals:
    """Figures of calls that have ended, by name; what is missing is 0.

    ``calls``; ``success``, ``failed``, ``timeout``, ``skipped``, ``cancelled``; ``ran``: those that were attempted, and
    of them ``attempts``, ``retried`` (more than one), ``fallback``, ``time_us``, and ``t<bucket>`` by their times;
    ``cached``.
    """

    figures: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, records: Iterable[Mapping[str, Any]]) -> Self:
        """Return the figures of calls' records; those that have not ended do not count."""
        found: Counter[str] = Counter()
        for record in records:
            if CallStatus(record["status"]).is_terminal:
                _count(found, record)
        return cls(found)

    def __add__(self, other: CallTotals) -> CallTotals:
        return CallTotals(Counter(self.figures) + Counter(other.figures))

    def __getitem__(self, name: str) -> int:
        return self.figures.get(name, 0)

    def percentile(self, share: float) -> float:
        """Return the time, in milliseconds, that this share of the calls that ran did not exceed; 0 of no calls."""
        buckets = sorted((int(name[1:]), number) for name, number in self.figures.items() if _is_bucket(name))
        rank, passed = max(1, math.ceil(share * self["ran"])), 0
        for bucket, number in buckets:
            passed += number
            if passed >= rank:
                return time_of(bucket)
        return 0.0


def summed(totals: Iterable[CallTotals]) -> CallTotals:
    """Return the sum of figures."""
    found: Counter[str] = Counter()
    for each in totals:
        found.update(each.figures)
    return CallTotals(found)


def _count(found: Counter[str], record: Mapping[str, Any]) -> None:
    found["calls"] += 1
    found[record["status"]] += 1
    if record.get("cached"):
        found["cached"] += 1
    attempts = int(record.get("attempts", 0))
    if not attempts:
        return
    time_ms = float(record.get("execution_time_ms", 0))
    found["ran"] += 1
    found["attempts"] += attempts
    # Whole microseconds: sums of them are the same in whatever order they come.
    found["time_us"] += round(time_ms * _US_A_MS)
    found[f"{_BUCKET_PREFIX}{bucket_of(time_ms)}"] += 1
    if attempts > 1:
        found["retried"] += 1
    if record.get("fallback_used"):
        found["fallback"] += 1


def _is_bucket(name: str) -> bool:
    return name.startswith(_BUCKET_PREFIX) and name[1:].isdigit()
