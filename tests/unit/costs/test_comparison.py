"""Other ways of running the same calls: each counted by its own rules, at its best."""

from __future__ import annotations

import pytest

from tests.unit.costs.works import ASSUMED, call_work, execution_work
from tool_executor.costs.comparison import Option, options_for
from tool_executor.costs.work import ExecutionWork

TEN = execution_work(10)


def _option(name: str, work: ExecutionWork = TEN) -> Option:
    (found,) = [option for option in options_for(work, ASSUMED) if name in option.name]
    return found


@pytest.mark.parametrize(("name", "transitions"), [("open agent", 22), ("AWS sample", 50)])
def test_published_machines_take_22_to_50_transitions_for_ten_calls(name: str, transitions: int) -> None:
    assert _option(name).bill.count_of("Step Functions", "state transitions") == transitions


def test_this_one_takes_13_and_none_by_the_direct_route() -> None:
    own, waited, direct = (option for option in options_for(TEN, ASSUMED) if option.name.startswith("Tool Executor"))
    assert waited.bill.count_of("Step Functions", "state transitions") == 0
    assert own.bill.count_of("Step Functions", "state transitions") == 13
    assert direct.bill.count_of("Step Functions", "state transitions") == 0
    assert own.bill.dollars - direct.bill.dollars == pytest.approx(13 * 25e-6)


def test_a_durable_function_pays_an_operation_for_its_start_and_each_attempt() -> None:
    assert _option("durable").bill.count_of("Lambda durable functions", "operations") == 11
    again = ExecutionWork(calls=(call_work(retries=2), call_work()), lanes=2)
    bill = _option("durable", again).bill
    assert bill.count_of("Lambda durable functions", "operations") == 1 + 4
    assert bill.count_of("Lambda", "requests") == 1 + 2


def test_a_durable_function_pays_for_no_wait_and_a_loop_for_all() -> None:
    waiting = ExecutionWork(calls=(call_work(retries=1, run_seconds=1, wait_seconds=100),), lanes=1)
    assert _option("durable", waiting).bill.count_of("Lambda", "GB-seconds") == pytest.approx(1, abs=0.1)
    assert _option("loops", waiting).bill.count_of("Lambda", "GB-seconds") == pytest.approx(101)


def test_a_loop_runs_side_by_side_what_its_lanes_hold_and_a_sequence_one_after_another() -> None:
    for lanes, seconds in ((10, 0.5), (5, 1.0), (1, 5.0)):
        bill = _option("loops", execution_work(10, lanes=lanes)).bill
        assert bill.count_of("Lambda", "GB-seconds") == pytest.approx(seconds)
    assert _option("loops", execution_work(10, sequence=True)).bill.count_of("Lambda", "GB-seconds") == 5.0


def test_the_dearest_comes_first_and_each_of_the_others_says_what_it_does_without() -> None:
    options = options_for(TEN, ASSUMED)
    dollars = [option.bill.dollars for option in options]
    assert dollars == sorted(dollars, reverse=True)
    assert [option.name for option in options if not option.without] == ["Tool Executor"]
