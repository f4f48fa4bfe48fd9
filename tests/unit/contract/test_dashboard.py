"""The dashboard as data: what its lines are made of, and what they come to."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import pytest

from tool_contract.dashboard import Prices, dashboard
from tool_contract.metrics import NAMESPACE, Metric
from tool_contract.places import Places
from tool_contract.widgets import AllTools, EachTool, Ratio, Series, Shown, Term, Total

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tool_contract.widgets import Line, Operand, Widget

PLACES: Final = Places(
    stage="dev",
    tools=("echo", "flaky"),
    functions={"stack-planner": 1024, "stack-echo": 2048},
    state_machine_arn="arn:machine",
    tables={"history": "HistoryTable", "items": "ItemsTable"},
    indexes={"history": ("by-day",)},
    dead_letter_queue="letters",
    log_groups=("/aws/lambda/stack-planner",),
)
FREE: Final[dict[str, Any]] = {
    "as_of": "2026-01-01",
    "region": "nowhere",
    "state_transition": 0.0,
    "express_request": 0.0,
    "express_gb_hour": 0.0,
    "lambda_gb_second": 0.0,
    "lambda_request": 0.0,
    "write_request_unit": 0.0,
    "read_request_unit": 0.0,
    "log_gigabyte": 0.0,
}


def _widget(title: str, **prices: float) -> Widget:
    (found,) = (each for each in dashboard(PLACES, Prices(**{**FREE, **prices})) if each.title.startswith(title))
    return found


def _values(told: dict[str, float]) -> Callable[[Operand], float]:
    def value_of(operand: Operand) -> float:
        return told.get(operand.metric.value if isinstance(operand, AllTools) else operand.name, 0.0)

    return value_of


def _cost(line: str, told: dict[str, float], **prices: float) -> float:
    (total,) = (each for each in _widget("Cost", **prices).lines if isinstance(each, Total) and each.label == line)
    return total.at(_values(told))


def _metrics(line: Line) -> Iterator[str]:
    if isinstance(line, EachTool):
        yield line.metric.value
        return
    terms = line.terms if isinstance(line, Total) else (*line.above, *line.below)
    for term in terms:
        if isinstance(term.operand, AllTools):
            yield term.operand.metric.value
        elif term.operand.namespace == NAMESPACE:
            yield term.operand.name


def test_every_metric_of_the_contract_but_two_is_on_the_dashboard() -> None:
    shown = {name for widget in dashboard(PLACES, Prices(**FREE)) for line in widget.lines for name in _metrics(line)}

    # A timeout is an outcome there; how long an attempt took is a saved query.
    assert {metric.value for metric in Metric} - shown == {Metric.TIMEOUTS, Metric.ATTEMPT_TIME}


def test_no_two_widgets_have_one_title() -> None:
    titles = Counter(widget.title for widget in dashboard(PLACES, Prices(**FREE)))

    assert set(titles.values()) == {1}


def test_the_success_rate_is_percent_of_all_calls_for_all_tools_and_for_each() -> None:
    widget = _widget("Success rate")

    assert widget.shown is Shown.PERCENT
    assert [line.label for line in widget.lines if isinstance(line, Ratio)] == ["all tools", "echo", "flaky"]
    for line in widget.lines:
        assert isinstance(line, Ratio)
        assert line.at(_values({"CallsSuccess": 30, "Calls": 40})) == 75


def test_a_ratio_over_nothing_is_no_value() -> None:
    for line in _widget("Attempts per call").lines:
        assert isinstance(line, Ratio)
        assert line.at(_values({})) is None
        assert line.at(_values({"Calls": 4, "Attempts": 6})) == 1.5


def test_a_total_weighs_its_terms() -> None:
    total = Total("all", (Term(AllTools(Metric.CALLS), 2.0), Term(AllTools(Metric.RETRIES), -0.5)))

    assert total.at(_values({"Calls": 3, "Retries": 4})) == 4


@pytest.mark.parametrize("stat", ["p50", "p95", "p99"])
def test_execution_times_have_a_line_for_each_tool_there_is(stat: str) -> None:
    assert _widget(f"Execution time, {stat}").lines == (EachTool(Metric.EXECUTION_TIME, stat),)


@pytest.mark.parametrize(
    ("told", "transitions"),
    [
        ({"ExecutionsStarted": 1, "Calls": 10}, 13),
        ({"ExecutionsStarted": 1, "Calls": 1, "Retries": 2}, 10),
        ({"ExecutionsStarted": 1, "Calls": 1, "Fallbacks": 1}, 6),
        ({"ExecutionsStarted": 1, "Calls": 1, "CallsFailed": 1}, 6),
        ({"ExecutionsStarted": 1, "Calls": 1, "CallsTimeout": 1}, 6),
        ({"ExecutionsStarted": 1, "Calls": 3, "CallsSkipped": 2}, 4),
    ],
)
def test_transitions_are_estimated_as_validate_counts_them(told: dict[str, float], transitions: int) -> None:
    assert _cost("state transitions", told, state_transition=1.0) == transitions


def test_lambda_is_paid_by_memory_and_time_and_by_the_request() -> None:
    seconds = _cost("Lambda", {"Duration": 1000}, lambda_gb_second=1.0)
    requests = _cost("Lambda", {"Invocations": 5}, lambda_request=1.0)

    assert seconds == pytest.approx(1 + 2)  # a second in 1 GB, a second in 2
    assert requests == 10


def test_dynamodb_is_paid_by_the_units_of_tables_and_indexes() -> None:
    consumed = {"ConsumedWriteCapacityUnits": 2, "ConsumedReadCapacityUnits": 1}

    assert _cost("DynamoDB", consumed, write_request_unit=1.0) == 3 * 2
    assert _cost("DynamoDB", consumed, read_request_unit=1.0) == 3


def test_logs_are_paid_by_the_gigabyte() -> None:
    assert _cost("logs", {"IncomingBytes": 2**31}, log_gigabyte=0.5) == 1


def test_throttles_of_a_table_are_those_of_its_indexes_too() -> None:
    terms = PLACES.throttles_of_table("history")
    dimensions = [term.operand.dimensions for term in terms if isinstance(term.operand, Series)]

    table = ("TableName", "HistoryTable")
    assert Counter(dimensions) == {(table,): 2, (table, ("GlobalSecondaryIndexName", "by-day")): 2}
