"""A month: what is there anyway, what grows, and how much the next million calls cost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.costs.works import ASSUMED
from tool_contract.metrics import BY_THE_SWEEP, FROM_RECORDS, LIVE
from tool_executor.costs.metrics_usage import tool_metric_months
from tool_executor.costs.month import MonthReport, parts_of_month
from tool_executor.costs.usage import total


def _report(**changes: Any) -> MonthReport:
    return MonthReport.of(ASSUMED.model_copy(update=changes))


def _metrics(**changes: Any) -> float:
    return tool_metric_months(ASSUMED.model_copy(update=changes))


def test_the_sweep_runs_each_minute_of_thirty_days_whatever_is_done() -> None:
    used = total(parts_of_month(ASSUMED.model_copy(update={"calls": 0})))
    assert (used.lambda_requests, used.scheduled_events, used.traces) == (43_200, 43_200, 43_200)
    assert used.metric_months == len(BY_THE_SWEEP)
    assert (used.alarm_months, used.dashboard_months) == (ASSUMED.alarmed_metrics, ASSUMED.dashboards)
    assert used.state_transitions == 0


def test_a_months_transitions_are_those_of_its_executions() -> None:
    smooth = {"retries": 0.0, "fallbacks": 0.0, "failures": 0.0}
    used = total(parts_of_month(ASSUMED.model_copy(update={"calls": 1000, "calls_per_execution": 10, **smooth})))
    assert used.state_transitions == pytest.approx(100 * 13)


def test_a_busy_tool_has_each_metric_of_its_own_in_every_hour_and_no_more() -> None:
    everything = {"retries": 1.0, "fallbacks": 1.0, "failures": 0.5, "cache_hits": 0.5, "keyed": 0.5}
    busy = _metrics(calls=10**10, tools=2, cold_starts=1.0, **everything)
    quiet = _metrics(calls=10**10, tools=2, retries=0.0, fallbacks=0.0, failures=0.0, cold_starts=0.0)
    assert quiet < busy <= 2 * len((*FROM_RECORDS, *LIVE))
    assert busy == pytest.approx(2 * 12)


def test_a_metric_that_is_written_once_a_month_is_charged_for_an_hour() -> None:
    once = _metrics(calls=1, tools=1, retries=0.0, fallbacks=0.0, failures=0.0, cold_starts=0.0)
    assert once == pytest.approx(6 / 720, rel=0.01)


def test_the_next_million_calls_cost_what_a_month_with_them_costs_more() -> None:
    report = _report(calls=5_000_000)
    assert report.next_million == pytest.approx(_report(calls=6_000_000).bill.dollars - report.bill.dollars)
    assert report.next_million < report.bill.dollars / 5


def test_a_call_gets_cheaper_with_their_number_until_only_the_work_counts() -> None:
    (few, first), (_, _), (many, last) = _report(calls=100_000).growth
    assert (few, many) == (100_000, 10_000_000)
    assert last / many < first / few
    assert last / many >= _report(calls=many).next_million / 1_000_000 * 0.99


def test_a_month_without_calls_has_no_growth_and_no_price_of_a_call() -> None:
    told = _report(calls=0).to_json()
    assert (told["growth"], told["dollars_a_call"], told["dollars_an_execution"]) == ([], None, None)
    assert told["dollars"] == pytest.approx(told["fixed_dollars"])


def test_records_are_paid_for_as_long_as_they_are_kept() -> None:
    kept = [total(parts_of_month(ASSUMED.model_copy(update={"history_days": days}))) for days in (30, 60, 90)]
    short, middle, long = kept
    # Totals are kept for a time of their own, and small beside the records.
    a_month = middle.dynamodb_gb_months - short.dynamodb_gb_months
    assert long.dynamodb_gb_months - middle.dynamodb_gb_months == pytest.approx(a_month)
    assert 0 < short.dynamodb_gb_months - a_month < a_month
    assert long.dynamodb_backup_gb_months < long.dynamodb_gb_months  # indexes are in no backup


def test_traces_are_sampled_beyond_one_a_second() -> None:
    used = total(part for part in parts_of_month(ASSUMED.model_copy(update={"calls": 10**9})) if not part.fixed)
    seconds = 30 * 24 * 3600
    assert used.traces == pytest.approx(seconds + 0.05 * (10**8 - seconds))


def test_results_from_the_cache_save_the_tools_time() -> None:
    none, half = (_report(cache_hits=share).bill.count_of("Lambda", "GB-seconds") for share in (0.0, 0.5))
    assert half < 0.6 * none
