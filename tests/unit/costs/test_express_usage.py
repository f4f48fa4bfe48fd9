"""What the Express state machine is charged for: a request, and time by memory in steps."""

from __future__ import annotations

import pytest

from tests.unit.costs.works import ASSUMED, call_work, execution_work
from tool_executor.costs.comparison import by_express
from tool_executor.costs.execution_usage import parts_of
from tool_executor.costs.express_usage import express_usage
from tool_executor.costs.usage import Usage, total
from tool_executor.costs.work import ExecutionWork

QUIET = ASSUMED.model_copy(update={"runtime_ms": 0, "cold_starts": 0})


def _seconds(usage: Usage) -> float:
    return usage.express_gb_hours * 3600 * 1024 / 64


@pytest.mark.parametrize(("run", "around", "billed"), [(0.41, 0.0, 0.5), (0.5, 0.12, 0.7), (1.0, 0.0, 1.0)])
def test_time_counts_in_steps_of_a_tenth_of_a_second(run: float, around: float, billed: float) -> None:
    usage = express_usage(ExecutionWork(calls=(call_work(run_seconds=run),)), QUIET, around)

    assert _seconds(usage) == pytest.approx(billed)
    assert usage.express_requests == 1


def test_calls_run_side_by_side_or_one_after_another_and_waits_are_paid() -> None:
    calls = (call_work(run_seconds=1, wait_seconds=2),) * 4
    assert _seconds(express_usage(ExecutionWork(calls=calls, lanes=4), QUIET, 0)) == pytest.approx(3)
    assert _seconds(express_usage(ExecutionWork(calls=calls, sequence=True), QUIET, 0)) == pytest.approx(12)


def test_no_execution_takes_more_than_five_minutes() -> None:
    usage = express_usage(ExecutionWork(calls=(call_work(run_seconds=800),)), QUIET, 1)

    assert _seconds(usage) == pytest.approx(300)


def test_it_replaces_transitions_and_leaves_functions_and_records_as_they_are() -> None:
    work = execution_work(10)
    standard, express = (total(parts_of(work, assumed)) for assumed in (ASSUMED, by_express(ASSUMED)))

    assert (standard.express_requests, express.state_transitions) == (0, 0)
    assert (standard.lambda_requests, standard.dynamodb_write_units) == (
        express.lambda_requests,
        express.dynamodb_write_units,
    )
    assert express.log_gb > standard.log_gb  # its log has every event, whatever the stage logs of the other


def test_logs_are_the_same_where_the_stage_logs_all_of_the_other_too() -> None:
    all_logged = ASSUMED.model_copy(update={"workflow_logs": True})
    standard, express = (total(parts_of(execution_work(10), each)) for each in (all_logged, by_express(all_logged)))

    assert express.log_gb == pytest.approx(standard.log_gb)
