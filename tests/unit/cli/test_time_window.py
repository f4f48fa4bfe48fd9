"""Times as a person types them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tool_executor.errors import InvalidRequestError
from tool_executor.time_window import moment_of

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("90m", NOW - timedelta(minutes=90)),
        ("24h", NOW - timedelta(days=1)),
        ("7d", NOW - timedelta(days=7)),
        ("2026-11-19", datetime(2026, 11, 19, tzinfo=UTC)),
        ("2026-11-19T10:00", datetime(2026, 11, 19, 10, tzinfo=UTC)),
        ("2026-11-19T10:00:00Z", datetime(2026, 11, 19, 10, tzinfo=UTC)),
        ("2026-11-19T10:00+02:00", datetime(2026, 11, 19, 8, tzinfo=UTC)),
    ],
)
def test_a_day_a_moment_or_how_long_ago(text: str, moment: datetime) -> None:
    assert moment_of(text, NOW) == moment


@pytest.mark.parametrize(
    "text", ["", "yesterday", "24", "-1h", "1.5h", "2026-02-30", "999999d", "0001-01-01T00:00+05:00", "5\x1b[2J"]
)
def test_what_is_no_time_is_refused_with_what_would_be_one(text: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        moment_of(text, NOW)

    (problem,) = refused.value.problems
    assert "24h" in problem["hint"]
    assert "\x1b" not in problem["message"]
