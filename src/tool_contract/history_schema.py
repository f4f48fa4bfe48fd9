"""The history table's keys and indexes: what the stack makes, and what stands in for it elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tool_contract.record import INDEX_BY_CORRELATION, INDEX_BY_DAY, INDEX_BY_TOOL, INDEX_OPEN

PARTITION_KEY: Final = "execution_id"
SORT_KEY: Final = "call_id"
_OF_A_CALL: Final = (
    "status",
    "tool_name",
    "attempts",
    "finished_at",
    "execution_time_ms",
    "error_code",
    "effect",
    "fallback_used",
    "cached",
)
_OF_AN_EXECUTION: Final = ("status", "deadline", "finished_at", "execution_time_ms", "mode", "counts")


@dataclass(frozen=True, slots=True)
class Index:
    """A way of looking at records. ``shown`` are the attributes that it holds besides keys."""

    name: str
    partition_key: str
    sort_key: str
    shown: tuple[str, ...]


#: An index is charged for each update of what it holds: each holds what its list shows.
INDEXES: Final = (
    Index(INDEX_BY_CORRELATION, "correlation_id", "started_at", (*_OF_A_CALL, "position", "tool_day")),
    Index(INDEX_BY_TOOL, "tool_day", "started_at", (*_OF_A_CALL, "correlation_id")),
    Index(INDEX_BY_DAY, "day", "started_at", ("correlation_id", *_OF_AN_EXECUTION)),
    Index(INDEX_OPEN, "open", "deadline", ("correlation_id", "mode", "started_at", "execution_arn")),
)
