"""The items of the history table that hold totals: of the calls that asked for a tool, by the hour of their start.

An item's ``execution_id`` is ``#calls#<tool>#<month>#<shard>``, its ``call_id`` the hour, ``2026-11-20T10``: a tool's
month is one query for each shard. No execution can have such an id. The items are in none of the indexes.
"""

from __future__ import annotations

from typing import Any, Final

from tool_contract.timestamps import iso_from_ms, ms_from_iso

HOUR_MS: Final = 3_600_000
#: Totals outlive the records that they were counted from.
TOTALS_TTL_DAYS: Final = 400
#: The item that says from which hour on every execution is counted.
SINCE_KEY: Final = {"execution_id": "#calls", "call_id": "#since"}
#: The figures' attributes are a number each; these are not.
KEYS: Final = frozenset({"execution_id", "call_id", "expires_at"})
#: A deployment goes over to a new version within an hour; until then some executions may end uncounted.
_GOING_OVER_MS: Final = HOUR_MS


def hour_of(iso: str) -> str:
    """Return the hour, ``2026-11-20T10``, of a time written by ``iso_from_ms``."""
    return iso[:13]


def hour_ms(hour: str) -> int:
    """Return when an hour begins, in milliseconds since 1970."""
    return ms_from_iso(f"{hour}:00:00Z")


def totals_id(tool_name: str, month: str, shard: int) -> str:
    """Return the partition key of a tool's totals of a month, ``2026-11``."""
    return f"#calls#{tool_name}#{month}#{shard}"


def totals_key(tool_name: str, hour: str, shard: int) -> dict[str, str]:
    """Return the key of a tool's totals of an hour."""
    return {"execution_id": totals_id(tool_name, hour[:7], shard), "call_id": hour}


def first_whole_hour(now_ms: int) -> str:
    """Return the first hour whose executions will all be counted, if counting begins now."""
    return hour_of(iso_from_ms(now_ms + _GOING_OVER_MS + HOUR_MS))


def expiry_of(hour: str) -> int:
    """Return when the totals of an hour expire, in seconds since 1970."""
    return hour_ms(hour) // 1000 + TOTALS_TTL_DAYS * 86_400


def figures_of(row: dict[str, Any]) -> dict[str, int]:
    """Return the figures that an item's row holds."""
    return {name: int(value) for name, value in row.items() if name not in KEYS}
