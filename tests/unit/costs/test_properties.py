"""What holds of every estimate: nothing is negative, more work costs no less, the parts add up to the whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.costs import works
from tool_executor.costs.bill import bill_of
from tool_executor.costs.comparison import options_for
from tool_executor.costs.execution_usage import parts_of
from tool_executor.costs.month import MonthReport, parts_of_month
from tool_executor.costs.usage import Part, Usage, total
from tool_executor.costs.work import ExecutionWork

if TYPE_CHECKING:
    from tool_executor.costs.assumptions import Assumptions

#: Sums of floats in another order differ in the last digits.
ALMOST = 1e-9


def _dollars(work: ExecutionWork) -> float:
    return bill_of(parts_of(work, works.ASSUMED)).dollars


def _month(assumed: Assumptions) -> float:
    return bill_of(parts_of_month(assumed)).dollars


@given(works.executions)
def test_no_unit_and_no_dollar_is_negative(work: ExecutionWork) -> None:
    bills = [bill_of(parts_of(work, works.ASSUMED)), *(option.bill for option in options_for(work, works.ASSUMED))]
    assert all(line.count >= 0 and line.dollars >= 0 for bill in bills for line in bill.lines)
    assert all(bill.dollars > 0 for bill in bills)


@given(works.months)
def test_no_part_of_a_month_is_negative(assumed: Assumptions) -> None:
    assert all(count >= 0 for part in parts_of_month(assumed) for _, count in part.usage)


@given(works.executions, works.calls)
def test_one_call_more_costs_more(work: ExecutionWork, call: works.CallWork) -> None:
    assert _dollars(replace(work, calls=(*work.calls, call))) > _dollars(work)


@pytest.mark.parametrize("field", ["retries", "fallbacks", "failed", "run_seconds", "note_bytes"])
@given(work=works.executions, more=st.floats(0, 5), data=st.data())
def test_more_of_anything_costs_no_less(field: str, work: ExecutionWork, more: float, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(work.calls) - 1))
    call = work.calls[number]
    now = getattr(call, field)
    then = min(1.0, now + more) if field == "failed" else int(now + more) if isinstance(now, int) else now + more
    changed = (*work.calls[:number], replace(call, **{field: then}), *work.calls[number + 1 :])
    assert _dollars(replace(work, calls=changed)) >= _dollars(work) * (1 - ALMOST)


@pytest.mark.parametrize("field", ["input_bytes", "fallback_bytes", "result_bytes"])
@given(call=works.calls, sizes=st.tuples(works.inline_bytes, works.inline_bytes))
def test_more_bytes_in_a_record_cost_no_less(field: str, call: works.CallWork, sizes: tuple[int, int]) -> None:
    small, large = (_dollars(ExecutionWork(calls=(replace(call, **{field: size}),), lanes=1)) for size in sorted(sizes))
    assert large >= small * (1 - ALMOST)


@pytest.mark.parametrize(
    "field", ["calls", "retries", "fallbacks", "failures", "input_bytes", "result_bytes", "tool_ms", "browser_sessions"]
)
@given(assumed=works.months, share=st.floats(0, 1))
@settings(max_examples=40)
def test_a_month_with_more_of_it_costs_no_less(field: str, assumed: Assumptions, share: float) -> None:
    more = getattr(assumed, field)
    less = type(more)(more * share)
    assert _month(assumed) >= _month(assumed.model_copy(update={field: less})) * (1 - ALMOST)


@given(works.executions)
def test_the_services_add_up_to_the_whole(work: ExecutionWork) -> None:
    parts = parts_of(work, works.ASSUMED)
    bill = bill_of(parts)
    assert sum(bill.by_service.values()) == pytest.approx(bill.dollars)
    assert bill_of([Part("all", total(parts))]).dollars == pytest.approx(bill.dollars)
    assert sum(bill_of([part]).dollars for part in parts) == pytest.approx(bill.dollars)


@given(works.executions, st.floats(0, 1000))
def test_so_many_executions_cost_so_many_times_as_much(work: ExecutionWork, factor: float) -> None:
    parts = parts_of(work, works.ASSUMED)
    assert bill_of(part.times(factor) for part in parts).dollars == pytest.approx(bill_of(parts).dollars * factor)


@given(works.months)
@settings(max_examples=40)
def test_what_is_fixed_does_not_change_with_the_work(assumed: Assumptions) -> None:
    idle = MonthReport.of(assumed.model_copy(update={"calls": 0, "browser_sessions": 0}))
    assert idle.bill.dollars == pytest.approx(idle.bill.fixed_dollars)
    assert MonthReport.of(assumed).bill.fixed_dollars == pytest.approx(idle.bill.dollars)


def test_usage_adds_unit_by_unit() -> None:
    one, two = Usage(s3_puts=1, traces=2), Usage(traces=3)
    assert one + two == Usage(s3_puts=1, traces=5)
