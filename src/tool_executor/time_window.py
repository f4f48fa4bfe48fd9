"""Times as a person types them: a day, a moment, or how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from tool_contract.problems import shortened
from tool_executor.errors import InvalidRequestError

_AGO: Final = re.compile(r"(\d{1,6})(m|h|d)")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


def moment_of(text: str, now: datetime) -> datetime:
    """Return the moment that is meant: ``24h`` ago (m, h, d), a day (its begin, in UTC), or an ISO 8601 time.

    A time without a zone is in UTC. Raises InvalidRequestError.
    """
    ago = _AGO.fullmatch(text)
    try:
        if ago is not None:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        problem = {
            "pointer": "",
            "message": f"{shortened(text)!r} is no time.",
            "hint": "Say 2026-11-20, 2026-11-20T10:00 (UTC), or how long ago: 30m, 24h, 7d.",
        }
        raise InvalidRequestError("The window of time cannot be used.", [problem]) from None
