"""Work of executions, small and drawn."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tool_contract.limits import MAX_INLINE_BYTES
from tool_executor.costs.assumptions import Assumptions
from tool_executor.costs.work import CallWork, ExecutionWork

ASSUMED = Assumptions()


def call_work(**changes: Any) -> CallWork:
    return CallWork(**{"run_seconds": 0.5, "memory_mb": 1024, "input_bytes": 300, "result_bytes": 2_000, **changes})


def execution_work(count: int = 10, **changes: Any) -> ExecutionWork:
    return ExecutionWork(**{"calls": (call_work(),) * count, "lanes": 10, **changes})


_counts = st.one_of(st.integers(0, 5).map(float), st.floats(0, 5))
_shares = st.floats(0, 1)
inline_bytes = st.integers(0, MAX_INLINE_BYTES)

calls = st.builds(
    CallWork,
    retries=_counts,
    fallbacks=_counts,
    failed=_shares,
    cacheable=_shares,
    cache_hits=st.just(0.0),
    keyed=_shares,
    refers_to=_counts,
    run_seconds=st.floats(0, 800),
    wait_seconds=st.floats(0, 100),
    memory_mb=st.integers(128, 10_240),
    input_bytes=st.integers(0, 20_000),
    fallback_bytes=st.integers(0, 20_000),
    note_bytes=st.integers(0, 4_000),
    result_bytes=st.integers(0, 6_000_000),
)
executions = st.builds(
    ExecutionWork,
    calls=st.lists(calls, min_size=1, max_size=6).map(tuple),
    sequence=st.booleans(),
    lanes=st.integers(1, 40),
    tools=st.integers(1, 5),
    cold=_shares,
    by_s3=st.booleans(),
    browser_sessions=_counts,
    browser_seconds=st.floats(0, 1000),
)
months = st.builds(
    Assumptions,
    calls=st.integers(0, 10**9),
    calls_per_execution=st.integers(1, 250),
    concurrency=st.integers(1, 40),
    tools=st.integers(1, 50),
    retries=st.floats(0, 10),
    fallbacks=st.floats(0, 5),
    failures=_shares,
    cache_hits=_shares,
    keyed=_shares,
    input_bytes=inline_bytes,
    result_bytes=inline_bytes,
    tool_ms=st.floats(0, 900_000),
    tracing=st.booleans(),
    workflow_logs=st.booleans(),
    browser_sessions=st.integers(0, 10**6),
)
