"""Shards of the history's busy keys: what many calls write to at once is spread over several partitions.

One partition of DynamoDB takes 1,000 write units a second, and an index that is throttled holds up the writes to its
table. A stage says how many shards it has. Whoever writes takes one by the id of what is written; whoever reads asks
all of them. More shards than before lose nothing: what was written earlier lies in the first of them.
"""

from __future__ import annotations

from typing import Final
from zlib import crc32

#: Each shard is a query of its own for whoever lists.
MAX_SHARDS: Final = 256


def shard_of(identity: str, shards: int) -> int:
    """Return the shard of what has this id, from 0 to ``shards`` - 1; always the same."""
    return crc32(identity.encode()) % shards


def tool_day(tool_name: str, day: str, shard: int = 0) -> str:
    """Return the key of the index ``by-tool``, e.g. ``forecast_demand#2026-11-20#0``."""
    return f"{tool_name}#{day}#{shard}"


def day_key(day: str, shard: int = 0) -> str:
    """Return the key of the index ``by-day``: ``2026-11-20``, or ``2026-11-20#3`` in a shard after the first."""
    return f"{day}#{shard}" if shard else day


def open_key(shard: int = 0) -> str:
    """Return the key of the index ``open-executions``, e.g. ``0``."""
    return str(shard)
