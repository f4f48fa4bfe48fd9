"""What a tool function counts as it runs, one line an invocation: what came late, twice, or was refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.runtime import attempt_metrics
from lambdas.runtime.breaker_store import Breakers
from lambdas.runtime.circuit_breaker import BreakerPolicy
from lambdas.runtime.invocation import AttemptFailed
from lambdas.runtime.metrics import emit
from lambdas.runtime.retry_budget import BudgetPolicy, RetryBudget
from tests.unit.runtime.aws import STATE_TABLE
from tests.unit.runtime.sample_tools import event, invoker, pending_call
from tool_contract.metrics import LIVE, Metric

if TYPE_CHECKING:
    from tests.unit.runtime.aws import Aws
    from tests.unit.runtime.fake_clock import FakeClock


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return the lines of metrics that were written since the last look."""
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    return [line for line in printed if "_aws" in line]


def counted(capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    """Return the counts of the one invocation since the last look."""
    (line,) = lines(capsys)
    return {metric.value: line[metric.value][0] for metric in LIVE if metric.value in line} | {"AttemptTime": 0}


def refused(aws: Aws, clock: FakeClock, asked: dict[str, Any], *, dynamodb: Any = None, **guards: Any) -> None:
    """Invoke what must fail; ``guards`` are breakers or budget of this invocation."""
    made = invoker(aws, clock, dynamodb=dynamodb)
    for name, guard in guards.items():
        object.__setattr__(made.stores, name, guard)
    with pytest.raises(AttemptFailed):
        made.invoke(asked, "owner-1")


@pytest.fixture(autouse=True)
def _warm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt_metrics.PROCESS, "is_cold", False)


def test_the_dimensions_are_tool_and_stage_alone(
    aws: Aws, clock: FakeClock, execution_id: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "samples")
    pending_call(aws, execution_id)

    invoker(aws, clock).invoke(event("reads", execution_id, {"text": "a"}), "owner-1")

    (line,) = lines(capsys)
    assert line["_aws"]["CloudWatchMetrics"] == [
        {
            "Namespace": "ToolExecutor",
            "Dimensions": [["tool", "stage"]],
            "Metrics": [{"Name": "AttemptTime", "Unit": "Milliseconds"}],
        }
    ]
    assert (line["tool"], line["stage"]) == ("reads", "dev")


def test_the_first_invocation_of_a_process_is_a_cold_start(
    aws: Aws, clock: FakeClock, execution_id: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt_metrics.PROCESS, "is_cold", True)
    for number in (1, 2):
        pending_call(aws, f"{execution_id}-{number}")
        invoker(aws, clock).invoke(event("reads", f"{execution_id}-{number}", {"text": "a"}), "owner-1")

    assert [Metric.COLD_START in line for line in lines(capsys)] == [True, False]


def test_an_invocation_outside_of_any_execution_is_counted_apart(
    aws: Aws, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    invoker(aws, clock).invoke({"tool_name": "reads", "input": {"text": "a"}}, "owner-1")

    assert counted(capsys) == {"AttemptTime": 0, "UnrecordedAttempts": 1}


@pytest.mark.parametrize("tool", ["reads", "orders"])
def test_an_event_that_is_delivered_twice_is_a_redelivery(
    aws: Aws, clock: FakeClock, execution_id: str, capsys: pytest.CaptureFixture[str], tool: str
) -> None:
    """Whether the tool may run again (it only reads) or not."""
    pending_call(aws, execution_id)
    asked = event(tool, execution_id, {"text": "a"})
    aws.dynamodb.update_item(
        TableName="history",
        Key={"execution_id": {"S": execution_id}, "call_id": {"S": "c1"}},
        UpdateExpression="SET #status = :running, attempts = :one, #owner = :other",
        ExpressionAttributeNames={"#status": "status", "#owner": "owner"},
        ExpressionAttributeValues={":running": {"S": "running"}, ":one": {"N": "1"}, ":other": {"S": "other"}},
    )

    if tool == "reads":
        invoker(aws, clock).invoke(asked, "owner-1")
    else:
        refused(aws, clock, asked)

    assert counted(capsys) == {"AttemptTime": 0, "Redeliveries": 1}
    assert aws.row(execution_id, "c1")["attempts"] == 1


def test_an_event_that_comes_again_after_its_success_is_a_redelivery(
    aws: Aws, clock: FakeClock, execution_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pending_call(aws, execution_id)
    asked = event("reads", execution_id, {"text": "a"})
    invoker(aws, clock).invoke(asked, "owner-1")
    assert counted(capsys) == {"AttemptTime": 0}

    invoker(aws, clock).invoke(asked, "owner-2")

    assert counted(capsys) == {"AttemptTime": 0, "Redeliveries": 1}


def test_a_write_that_the_sdk_sends_twice_is_no_redelivery(
    aws: Aws, clock: FakeClock, execution_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    class Deaf:
        def update_item(self, **arguments: Any) -> Any:
            aws.dynamodb.update_item(**arguments)
            return aws.dynamodb.update_item(**arguments)

        def __getattr__(self, name: str) -> Any:
            return getattr(aws.dynamodb, name)

    pending_call(aws, execution_id)

    invoker(aws, clock, dynamodb=Deaf()).invoke(event("reads", execution_id, {"text": "a"}), "owner-1")

    assert counted(capsys) == {"AttemptTime": 0}


def test_an_attempt_of_an_older_number_is_late(
    aws: Aws, clock: FakeClock, execution_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pending_call(aws, execution_id)
    invoker(aws, clock).invoke(event("reads", execution_id, {"text": "a"}, attempt=2), "owner-2")
    capsys.readouterr()

    invoker(aws, clock).invoke(event("reads", execution_id, {"text": "a"}, attempt=1), "owner-1")

    assert counted(capsys) == {"AttemptTime": 0, "LateAttempts": 1}


def test_an_attempt_that_finds_its_predecessors_success_is_not_late(
    aws: Aws, clock: FakeClock, execution_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The answer to the first was lost on its way; the second brings it."""
    pending_call(aws, execution_id)
    invoker(aws, clock).invoke(event("reads", execution_id, {"text": "a"}), "owner-1")
    capsys.readouterr()

    invoker(aws, clock).invoke(event("reads", execution_id, {"text": "a"}, attempt=2), "owner-2")

    assert counted(capsys) == {"AttemptTime": 0}


def test_an_attempt_whose_call_was_cancelled_meanwhile_is_late(
    aws: Aws, clock: FakeClock, execution_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pending_call(aws, execution_id)

    class Cancelling:
        def update_item(self, **arguments: Any) -> Any:
            answer = aws.dynamodb.update_item(**arguments)
            aws.dynamodb.update_item(
                TableName="history",
                Key={"execution_id": {"S": execution_id}, "call_id": {"S": "c1"}},
                UpdateExpression="SET #status = :cancelled",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":cancelled": {"S": "cancelled"}},
            )
            return answer

        def __getattr__(self, name: str) -> Any:
            return getattr(aws.dynamodb, name)

    refused(aws, clock, event("reads", execution_id, {"text": "a"}), dynamodb=Cancelling())

    assert counted(capsys) == {"AttemptTime": 0, "LateAttempts": 1}


def test_a_circuit_that_opens_and_what_it_refuses_are_counted(
    aws: Aws, clock: FakeClock, execution_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    breakers = Breakers(STATE_TABLE, aws.dynamodb, policy=BreakerPolicy(minimum_calls=1))
    seen = []
    for number in (1, 2):
        pending_call(aws, f"{execution_id}-{number}")
        asked = event("fails", f"{execution_id}-{number}", {"how": "unavailable"})
        refused(aws, clock, asked, breakers=breakers)
        seen.append(counted(capsys))

    assert seen == [{"AttemptTime": 0, "BreakerOpened": 1}, {"AttemptTime": 0, "BreakerOpen": 1}]


def test_a_retry_that_the_budget_refuses_is_counted(
    aws: Aws, clock: FakeClock, execution_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    budget = RetryBudget(STATE_TABLE, aws.dynamodb, policy=BudgetPolicy(capacity=1, tokens_per_second=1))
    seen = []
    for number in (1, 2):
        pending_call(aws, f"{execution_id}-{number}")
        refused(aws, clock, event("fails", f"{execution_id}-{number}", {"how": "unavailable"}), budget=budget)
        seen.append(counted(capsys))

    assert seen == [{"AttemptTime": 0}, {"AttemptTime": 0, "RetryBudgetEmpty": 1}]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_value_that_is_not_finite_is_refused_and_the_others_of_its_line_stay(
    capsys: pytest.CaptureFixture[str], value: float
) -> None:
    emit({Metric.EXECUTION_TIME: [1.5, value], Metric.CALLS: [2]}, tool="reads")

    (line,) = lines(capsys)
    assert (line["ExecutionTime"], line["Calls"]) == ([1.5], [2.0])


def test_nothing_finite_is_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    emit({Metric.EXECUTION_TIME: [float("nan")]}, tool="reads")

    assert lines(capsys) == []


@pytest.mark.parametrize("count", [1, 99, 100, 101, 198, 250])
def test_a_line_holds_a_hundred_values_and_none_is_lost(capsys: pytest.CaptureFixture[str], count: int) -> None:
    emit({Metric.EXECUTION_TIME: list(range(count)), Metric.CALLS: [count]}, tool="reads")

    written = lines(capsys)
    assert [value for line in written for value in line["ExecutionTime"]] == list(range(count))
    assert [line["Calls"] for line in written if "Calls" in line] == [[count]]
    assert all(len(line["ExecutionTime"]) <= 100 for line in written)
