"""Figures of many calls."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tool_contract.envelope import CallStatus
from tool_executor.statistics import Outcome, ToolStatistics, by_tool

outcomes = st.lists(
    st.builds(
        Outcome,
        tool_name=st.sampled_from(["a", "b"]),
        status=st.sampled_from(CallStatus),
        execution_time_ms=st.floats(0, 1e6),
        attempts=st.integers(0, 4),
        fallback_used=st.booleans(),
        cached=st.booleans(),
    )
)


def test_the_figures_of_the_text() -> None:
    statuses = [CallStatus.SUCCESS] * 95 + [CallStatus.FAILED] * 3 + [CallStatus.TIMEOUT] * 2
    listed = [
        Outcome("a", status, float(number), 1 + (number <= 20), cached=number <= 5)
        for number, status in enumerate(statuses, start=1)
    ]
    figures = ToolStatistics.of(listed).to_json()
    assert figures == {
        "total_executions": 100, "success_count": 95, "failure_count": 3, "timeout_count": 2, "success_rate": 95.0,
        "avg_execution_time_ms": 50.5, "p50_ms": 50, "p95_ms": 95, "p99_ms": 99, "avg_attempts": 1.2,
        "retry_rate": 20.0, "fallback_rate": 0.0, "cache_hits": 5,
    }  # fmt: skip


def test_no_calls_have_no_figures() -> None:
    assert set(ToolStatistics.of([]).to_json().values()) == {0}


@given(outcomes)
def test_counts_add_up_and_percentiles_are_in_order(listed: list[Outcome]) -> None:
    figures = ToolStatistics.of(listed)
    counted = figures.success_count + figures.failure_count + figures.timeout_count
    assert counted <= figures.total_executions <= len(listed)
    assert figures.p50_ms <= figures.p95_ms <= figures.p99_ms
    assert 0 <= figures.success_rate <= 100
    parts = by_tool(listed).values()
    assert sum(part.total_executions for part in parts) == figures.total_executions
