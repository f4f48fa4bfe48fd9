"""Times as text that sorts as time does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tool_contract.timestamps import day_of, iso_from_ms, ms_from_iso

#: From 1970 to the end of the year 9999.
MOMENTS = st.integers(0, 253_402_300_799_999)


@given(MOMENTS)
def test_a_time_reads_back_to_the_millisecond(epoch_ms: int) -> None:
    assert ms_from_iso(iso_from_ms(epoch_ms)) == epoch_ms


@given(MOMENTS, MOMENTS)
def test_text_sorts_as_time_does(one: int, other: int) -> None:
    assert (iso_from_ms(one) < iso_from_ms(other)) == (one < other)


def test_the_text_is_iso_8601_in_utc_with_milliseconds() -> None:
    assert iso_from_ms(1_795_168_800_007) == "2026-11-20T10:00:00.007Z"
    assert day_of("2026-11-20T10:00:00.007Z") == "2026-11-20"


@pytest.mark.parametrize(
    "text",
    ["2026-11-20T10:00:00Z", "2026-11-20T10:00:00.000Z", "2026-11-20T11:30:00+01:30", "2026-11-20T10:00:00.0004Z"],
)
def test_other_ways_to_write_the_same_time_are_read(text: str) -> None:
    assert ms_from_iso(text) == 1_795_168_800_000


@pytest.mark.parametrize("text", ["2026-11-20T10:00:00", "2026-11-20", "noon", "", "2026-02-30T00:00:00Z"])
def test_a_time_without_zone_or_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - fromisoformat says it in its own words
        ms_from_iso(text)
