"""Totals of calls say what the calls' records say: counts exactly, percentiles within their bound."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tool_contract.call_totals import TIME_ERROR, CallTotals, bucket_of, summed, time_of
from tool_executor.statistics import Outcome, ToolStatistics

TIMES = st.floats(0, 4e6) | st.integers(0, 900_000)
STATUSES = st.sampled_from(["success", "failed", "timeout", "skipped", "cancelled", "pending", "running"])
RECORDS = st.fixed_dictionaries(
    {"status": STATUSES, "tool_name": st.just("echo"), "attempts": st.integers(0, 4), "execution_time_ms": TIMES},
    optional={"fallback_used": st.booleans(), "cached": st.booleans()},
)
_APART = {"avg_execution_time_ms", "p50_ms", "p95_ms", "p99_ms"}


@given(st.lists(st.lists(RECORDS, max_size=30), max_size=5))
def test_totals_of_parts_say_what_all_records_say(parts: list[list[dict[str, Any]]]) -> None:
    by_records = ToolStatistics.of(Outcome.from_record(record) for part in parts for record in part).to_json()
    by_totals = ToolStatistics.from_totals(summed(CallTotals.of(part) for part in parts)).to_json()

    assert {name: by_totals[name] for name in by_totals.keys() - _APART} == {
        name: by_records[name] for name in by_records.keys() - _APART
    }
    # Both means are rounded to a thousandth, of times that are rounded to one.
    assert by_totals["avg_execution_time_ms"] == pytest.approx(by_records["avg_execution_time_ms"], abs=0.0021)
    for name in ("p50_ms", "p95_ms", "p99_ms"):
        assert by_totals[name] == pytest.approx(by_records[name], rel=TIME_ERROR * 1.001, abs=0.501)


@given(TIMES)
def test_the_time_that_stands_for_a_bucket_is_within_the_bound(time_ms: float) -> None:
    assert math.isclose(time_of(bucket_of(time_ms)), time_ms, rel_tol=TIME_ERROR * 1.06, abs_tol=0.501)


@given(TIMES, TIMES)
def test_a_longer_time_never_lies_in_an_earlier_bucket(one: float, other: float) -> None:
    shorter, longer = sorted((one, other))

    assert bucket_of(shorter) <= bucket_of(longer)


def test_what_is_beyond_all_buckets_lies_in_the_last() -> None:
    assert bucket_of(1e15) == bucket_of(1e18)


def test_totals_of_no_calls_are_zero() -> None:
    assert ToolStatistics.from_totals(CallTotals()) == ToolStatistics.of([])
