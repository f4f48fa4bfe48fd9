"""A tool's retries are bounded over the whole fleet, and a failure of the table does not stop them."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from lambdas.runtime import telemetry
from lambdas.runtime.retry_budget import DEFAULT_POLICY, BudgetPolicy, RetryBudget, without_retry
from tests.unit.runtime.aws import STATE_TABLE, Aws, FailingClient, service_error
from tests.unit.runtime.fake_clock import START_MS
from tool_contract.errors import Effect, ErrorCode
from tool_contract.failures import failure_of
from tool_contract.items import from_item, to_item

if TYPE_CHECKING:
    from collections.abc import Sequence

_numbers = itertools.count(1)


@pytest.fixture
def tool() -> str:
    """Tests of a module share its table: each has a tool of its own."""
    return f"tool_{next(_numbers)}"


def item(aws: Aws, tool: str) -> dict[str, Any]:
    key = to_item({"id": f"budget#{tool}"})
    return from_item(aws.dynamodb.get_item(TableName=STATE_TABLE, Key=key, ConsistentRead=True).get("Item", {}))


def taken(budget: RetryBudget, tool: str, tries: int, now_ms: int = START_MS) -> int:
    return sum(budget.take(tool, now_ms) for _ in range(tries))


def test_a_burst_gets_a_hundred_tokens_and_each_second_ten_more(aws: Aws, tool: str) -> None:
    budget = RetryBudget(STATE_TABLE, aws.dynamodb)
    assert taken(budget, tool, 150) == 100
    assert taken(budget, tool, 50, START_MS + 1000) == 10
    assert taken(budget, tool, 50, START_MS + 1099) == 0
    assert taken(budget, tool, 50, START_MS + 1100) == 1
    assert taken(budget, tool, 150, START_MS + 60_000) == 100


def test_processes_share_a_tools_budget_and_tools_do_not(aws: Aws, tool: str) -> None:
    assert sum(RetryBudget(STATE_TABLE, aws.dynamodb).take(tool, START_MS) for _ in range(120)) == 100
    assert RetryBudget(STATE_TABLE, aws.dynamodb).take(f"{tool}_other", START_MS)


def test_a_process_that_knows_of_an_old_state_gets_no_token_that_is_not_there(aws: Aws, tool: str) -> None:
    one, other = (RetryBudget(STATE_TABLE, aws.dynamodb) for _ in range(2))
    assert taken(one, tool, DEFAULT_POLICY.capacity - 1) == DEFAULT_POLICY.capacity - 1
    assert other.take(tool, START_MS)

    assert not one.take(tool, START_MS)


def test_a_thousand_failures_in_four_executions_are_retried_a_hundred_times(aws: Aws, tool: str) -> None:
    executions = [RetryBudget(STATE_TABLE, aws.dynamodb) for _ in range(4)]
    attempts, waiting = 0, 1000
    for _ in range(4):  # an attempt and three retries each, all within a second
        attempts += waiting
        waiting = sum(executions[number % 4].take(tool, START_MS) for number in range(waiting))
    assert attempts == 1000 + DEFAULT_POLICY.capacity


def test_an_empty_bucket_is_asked_again_only_when_a_token_may_be_there(aws: Aws, tool: str) -> None:
    client = FailingClient(aws.dynamodb)
    budget = RetryBudget(STATE_TABLE, client)
    taken(budget, tool, 1000)
    assert len(client.calls) == 100

    other = FailingClient(aws.dynamodb)
    assert taken(RetryBudget(STATE_TABLE, other), tool, 1000) == 0
    assert len(other.calls) == 1


def test_a_token_costs_one_update(aws: Aws, tool: str) -> None:
    client = FailingClient(aws.dynamodb)
    budget = RetryBudget(STATE_TABLE, client)
    taken(budget, tool, 50)
    assert client.calls == ["update_item"] * 50


def test_the_item_passes_away_when_it_has_long_been_full(aws: Aws, tool: str) -> None:
    taken(RetryBudget(STATE_TABLE, aws.dynamodb), tool, 3)
    assert item(aws, tool) == {
        "id": f"budget#{tool}",
        "full_at": START_MS + 300,
        "expires_at": START_MS // 1000 + 9 + 3600,
    }


@pytest.mark.parametrize(
    "error", [service_error(), service_error("ThrottlingException"), EndpointConnectionError(endpoint_url="http://x")]
)
def test_retries_go_on_without_the_table_and_the_log_says_so_once_in_five_seconds(
    aws: Aws, tool: str, error: ClientError, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[str] = []
    monkeypatch.setattr(telemetry.logger, "warning", lambda message, **_more: logged.append(message))
    client = FailingClient(aws.dynamodb, before={"update_item": error})
    budget = RetryBudget(STATE_TABLE, client)
    assert taken(budget, tool, 200) == 200
    assert taken(budget, tool, 1, START_MS + 5000) == 1
    assert logged == ["calls go on without retry budget"] * 2
    assert len(client.calls) == 2


def test_an_item_that_is_no_budget_lets_retries_go_on(aws: Aws, tool: str) -> None:
    # moto cannot compare text with a number; DynamoDB says that the condition does not hold.
    held = {"Error": {"Code": "ConditionalCheckFailedException"}, "Item": to_item({"full_at": "soon"})}
    not_met = aws.dynamodb.exceptions.ConditionalCheckFailedException(held, "UpdateItem")
    client = FailingClient(aws.dynamodb, before={"update_item": not_met})
    assert RetryBudget(STATE_TABLE, client).take(tool, START_MS)


@dataclass
class OneAtATime:
    """DynamoDB decides on one update of an item after another; moto's threads do not."""

    real: Any
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def exceptions(self) -> Any:
        return self.real.exceptions

    def update_item(self, **arguments: Any) -> Any:
        with self.lock:
            return self.real.update_item(**arguments)


def test_fifty_threads_at_once_get_no_token_twice(aws: Aws, tool: str) -> None:
    client: Any = OneAtATime(aws.dynamodb)
    budgets = [RetryBudget(STATE_TABLE, client) for _ in range(50)]
    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(lambda budget: taken(budget, tool, 4), budgets)) == 100


@given(
    steps=st.lists(st.tuples(st.integers(0, 700), st.integers(0, 1)), max_size=60),
    policy=st.builds(BudgetPolicy, capacity=st.integers(1, 8), tokens_per_second=st.integers(1, 20)),
)
def test_in_no_span_of_time_more_tokens_are_taken_than_the_bucket_holds_and_time_brings_back(
    aws: Aws, steps: Sequence[tuple[int, int]], policy: BudgetPolicy
) -> None:
    tool = f"span_{next(_numbers)}"
    budgets = [RetryBudget(STATE_TABLE, aws.dynamodb, policy=policy) for _ in range(2)]
    now, times = START_MS, []
    for milliseconds, which in steps:
        now += milliseconds
        if budgets[which].take(tool, now):
            times.append(now)
    for first, begin in enumerate(times):
        for last in range(first, len(times)):
            assert last - first + 1 <= policy.capacity + (times[last] - begin) / policy.token_ms


def test_a_failure_without_retry_says_why_and_stays_otherwise_what_it_was() -> None:
    failure = failure_of(ErrorCode.UNAVAILABLE, "The warehouse does not answer.")
    told = without_retry(failure)
    assert (told.retryable, told.code, told.effect) == (False, ErrorCode.UNAVAILABLE, Effect.NONE)
    assert told.message == "The warehouse does not answer. It is not tried again: the tool's retry budget is used up."


def test_a_process_has_one_budget_and_none_without_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOOL_STATE_TABLE", raising=False)
    assert RetryBudget.from_environment() is None
    monkeypatch.setenv("TOOL_STATE_TABLE", "some-table")
    assert RetryBudget.from_environment() is RetryBudget.from_environment()
