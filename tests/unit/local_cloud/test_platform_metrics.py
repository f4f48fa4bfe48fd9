"""Metrics that AWS's services write of themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from tool_executor.local.platform_metrics import PlatformMetrics


def counted(metrics: PlatformMetrics) -> list[tuple[str, str, float]]:
    return [(datum.namespace, datum.name, sum(datum.values)) for datum in metrics.new()]


@pytest.mark.parametrize("failed", [False, True])
def test_an_invocation_is_one_and_an_error_or_none(failed: bool) -> None:  # noqa: FBT001
    metrics = PlatformMetrics()

    metrics.invoked("f", failed=failed)

    assert counted(metrics) == [("AWS/Lambda", "Invocations", 1), ("AWS/Lambda", "Errors", int(failed))]


def test_a_refused_invocation_is_a_throttle_and_none() -> None:
    metrics = PlatformMetrics()

    metrics.throttled("f")

    assert counted(metrics) == [("AWS/Lambda", "Throttles", 1)]


@pytest.mark.parametrize(
    ("status", "name"),
    [
        ("SUCCEEDED", "ExecutionsSucceeded"),
        ("FAILED", "ExecutionsFailed"),
        ("TIMED_OUT", "ExecutionsTimedOut"),
        ("ABORTED", "ExecutionsAborted"),
    ],
)
def test_an_execution_is_told_for_when_it_began_and_for_how_it_ended(status: str, name: str) -> None:
    metrics = PlatformMetrics()
    began = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)

    ended_one = SimpleNamespace(state_machine_arn="arn", start_date=began, status=status, sm_type="STANDARD")
    metrics.execution_ended(ended_one)

    started, ended = metrics.new()
    assert (started.name, started.timestamp_ms) == ("ExecutionsStarted", round(began.timestamp() * 1000))
    assert (ended.name, ended.dimensions) == (name, {"StateMachineArn": "arn"})


@pytest.mark.parametrize(("milliseconds", "billed"), [(1, 100), (100, 100), (101, 200), (2_999, 3_000)])
def test_of_an_express_execution_what_is_charged_for_is_told_too(milliseconds: int, billed: int) -> None:
    metrics = PlatformMetrics()
    began = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    ended = began + timedelta(milliseconds=milliseconds)

    metrics.execution_ended(
        SimpleNamespace(
            state_machine_arn="arn", start_date=began, stop_date=ended, status="SUCCEEDED", sm_type="EXPRESS"
        )
    )

    told = {datum.name: datum.values for datum in metrics.new()}
    assert told["ExpressExecutionBilledDuration"] == (billed,)
    assert told["ExpressExecutionBilledMemory"] == (64,)
    assert told["ExecutionsStarted"] == told["ExecutionsSucceeded"] == (1,)


def test_each_value_is_told_once() -> None:
    metrics = PlatformMetrics()
    metrics.throttled("f")

    assert (len(metrics.new()), metrics.new()) == (1, [])
