"""Times as the contract writes them: ISO 8601 in UTC with milliseconds, so that text sorts as time does."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache


def iso_from_ms(epoch_ms: int) -> str:
    """Return e.g. ``2026-11-20T10:00:00.000Z`` for milliseconds since 1970."""
    return f"{_second(epoch_ms // 1000)}.{epoch_ms % 1000:03d}Z"


# An attempt asks for its deadline, and an execution for its start, again and again.
@lru_cache(maxsize=256)
def ms_from_iso(text: str) -> int:
    """Return milliseconds since 1970 of an ISO 8601 time. Raises ValueError where there is no time zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        message = f"{text!r} has no time zone"
        raise ValueError(message)
    return round(moment.timestamp() * 1000)


@lru_cache(maxsize=16)
def _second(epoch_seconds: int) -> str:
    return datetime.fromtimestamp(epoch_seconds, tz=UTC).isoformat()[:19]


def day_of(iso: str) -> str:
    """Return the day, ``2026-11-20``, of a time written by :func:`iso_from_ms`."""
    return iso[:10]
