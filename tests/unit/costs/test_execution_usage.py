"""What an execution uses, part by part."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.costs.works import ASSUMED, call_work, execution_work
from tool_executor.costs.execution_usage import parts_of
from tool_executor.costs.usage import Usage, total
from tool_executor.costs.work import ExecutionWork


def _used(work: ExecutionWork, part: str, **assumed: Any) -> Usage:
    return total(each for each in parts_of(work, ASSUMED.model_copy(update=assumed)) if each.name == part)


def _of_call(part: str, **call: Any) -> Usage:
    return _used(ExecutionWork(calls=(call_work(**call),), lanes=1), part)


def test_each_attempt_is_an_invocation_beside_planner_and_finisher() -> None:
    work = ExecutionWork(calls=(call_work(retries=2, fallbacks=1), call_work()), lanes=1)
    assert total(parts_of(work, ASSUMED)).lambda_requests == 5 + 2


def test_a_function_is_paid_by_its_memory_and_the_time_of_tool_and_runtime() -> None:
    used = _used(execution_work(2), "tools", runtime_ms=100)
    assert used.lambda_gb_seconds == pytest.approx(2 * (0.5 + 0.1) * 1.0)


def test_a_cold_start_is_paid_as_time() -> None:
    warm, cold = (_used(execution_work(1, cold=share), "tools", cold_start_ms=2000) for share in (0, 1))
    assert cold.lambda_gb_seconds - warm.lambda_gb_seconds == pytest.approx(2.0)


def test_a_run_that_goes_well_reads_the_breaker_and_writes_it_once_in_twenty() -> None:
    used = _of_call("tool state")
    assert (used.dynamodb_read_units, used.dynamodb_write_units) == (1, pytest.approx(1 / 20))


def test_a_failed_attempt_tells_the_breaker_and_takes_a_token() -> None:
    used = _of_call("tool state", retries=1, failed=1)
    assert (used.dynamodb_read_units, used.dynamodb_write_units) == (2, 4)


def test_a_key_is_a_write_and_another_record_to_look_at() -> None:
    used, history = _of_call("tool state", keyed=1), _of_call("history", keyed=1)
    assert used.dynamodb_write_units == pytest.approx(1 + 1 / 20)
    assert history.dynamodb_read_units == _of_call("history").dynamodb_read_units + 1


def test_a_result_that_is_kept_costs_a_look_a_lease_and_the_keeping_and_later_only_the_look() -> None:
    missed = _of_call("tool state", cacheable=1, result_bytes=100)
    assert (missed.dynamodb_read_units, missed.dynamodb_write_units) == (1 + 1, pytest.approx(1 + 1 + 1 / 20))
    hit = _of_call("tool state", cacheable=1, cache_hits=1, result_bytes=100)
    assert (hit.dynamodb_read_units, hit.dynamodb_write_units) == (1, 0)


def test_large_texts_go_to_s3_and_come_back() -> None:
    assert _of_call("artefacts") == Usage()
    large = _of_call("artefacts", input_bytes=10_000, result_bytes=10_000, retries=1)
    assert (large.s3_puts, large.s3_gets) == (2, 2 + 1)


def test_finish_reads_only_those_large_results_back_that_its_output_has_room_for() -> None:
    work = ExecutionWork(calls=(call_work(result_bytes=90_000),) * 5, lanes=5)
    assert (_used(work, "artefacts").s3_puts, _used(work, "artefacts").s3_gets) == (5, 2)


def test_a_request_by_s3_is_written_by_the_client_and_read_by_the_planner() -> None:
    used = _used(execution_work(1, by_s3=True), "artefacts")
    assert (used.s3_puts, used.s3_gets) == (1, 1)


def test_a_browser_is_paid_as_long_as_it_is_open() -> None:
    used = total(parts_of(execution_work(1, browser_sessions=2, browser_seconds=1800), ASSUMED))
    assert used.browser_vcpu_hours == pytest.approx(ASSUMED.browser_vcpus)
    assert used.browser_gb_hours == pytest.approx(ASSUMED.browser_gb)


def test_the_workflows_events_are_logged_only_where_the_stage_says_so() -> None:
    assert _used(execution_work(), "state machine").log_gb == 0
    assert _used(execution_work(), "state machine", workflow_logs=True).log_gb > 0


def test_a_trace_is_one_for_the_execution_where_the_stage_traces() -> None:
    assert total(parts_of(execution_work(), ASSUMED)).traces == 1
    assert total(parts_of(execution_work(), ASSUMED.model_copy(update={"tracing": False}))).traces == 0


def test_an_input_that_refers_is_read_from_other_records_by_each_attempt_and_written_down_once() -> None:
    plain, refers = (_of_call("history", retries=1, refers_to=count) for count in (0, 2))

    assert refers.dynamodb_read_units - plain.dynamodb_read_units == 2 * 2
    assert refers.dynamodb_write_units - plain.dynamodb_write_units == 1 + 2
