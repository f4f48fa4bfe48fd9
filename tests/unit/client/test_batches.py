"""Which calls go into which execution."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.contract.small_catalog import CATALOG
from tool_contract.limits import MAX_CALLS, MAX_CONCURRENCY
from tool_contract.request import check_request
from tool_executor import (
    InvalidRequestError,
    RetryPolicy,
    ToolCall,
    ToolExecutionRequest,
    ToolExecutionResult,
    ToolExecutor,
)
from tool_executor.batches import Batch, Defaults, parallel_batches, sequence_batch

PLAIN = Defaults({}, max_workers=10)


def calls(count: int) -> list[ToolCall]:
    return [ToolCall("look_up", {"code": f"AB{number:03}"}) for number in range(count)]


@given(count=st.integers(1, 1200), workers=st.integers(1, 400))
def test_every_call_is_in_one_execution_within_its_limits(count: int, workers: int) -> None:
    batches = parallel_batches(calls(count), Defaults({}, workers), None, "k")
    positions = [position for batch in batches for position in batch.positions]
    assert sorted(positions) == list(range(count))
    assert all(len(batch.request["calls"]) == len(batch.positions) <= MAX_CALLS for batch in batches)
    assert all(1 <= batch.request["max_concurrency"] <= MAX_CONCURRENCY for batch in batches)
    # Nobody asked for more at once; how they are split may round up by one each.
    assert sum(batch.request["max_concurrency"] for batch in batches) < workers + len(batches)


def test_a_thousand_calls_at_a_hundred_at_once_are_four_executions_of_twenty_five() -> None:
    batches = parallel_batches(calls(1000), Defaults({}, 100), None, "k")
    assert [(len(batch.positions), batch.request["max_concurrency"]) for batch in batches] == [(250, 25)] * 4


@given(count=st.integers(1, MAX_CALLS), workers=st.integers(1, 10_000))
def test_calls_that_are_to_be_one_execution_are_one_however_many_workers_there_are(count: int, workers: int) -> None:
    (batch,) = parallel_batches(calls(count), Defaults({}, workers).of_one_execution(), None, "k")
    assert batch.request["max_concurrency"] == min(workers, MAX_CONCURRENCY)


def test_an_executor_of_many_workers_runs_one_execution_where_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Batch] = []

    async def run(_self: ToolExecutor, batch: Batch, _timeout: float | None) -> list[ToolExecutionResult]:
        begun.append(batch)
        return [ToolExecutionResult.succeeded("look_up", place) for place in batch.positions]

    monkeypatch.setattr(ToolExecutor, "_run", run)
    executor = ToolExecutor(region="us-east-1", max_workers=10_000)
    asyncio.run(executor.execute_tools(calls(MAX_CALLS)))
    assert len(begun) > 1
    begun.clear()
    results = asyncio.run(executor.execute_tools(calls(MAX_CALLS), one_execution=True))
    assert [result.result for result in results] == list(range(MAX_CALLS))
    assert [batch.request["max_concurrency"] for batch in begun] == [MAX_CONCURRENCY]
    with pytest.raises(InvalidRequestError, match="need 2 executions"):
        asyncio.run(executor.execute_tools(calls(MAX_CALLS + 1), one_execution=True))
    assert len(begun) == 1


def test_calls_of_several_correlation_ids_are_several_executions() -> None:
    given_ids = ["a", None, "b", "a"]
    listed = [ToolCall("look_up", {}, correlation_id=own) for own in given_ids]
    batches = parallel_batches(listed, PLAIN, None, "k")
    assert [(batch.request["correlation_id"], batch.positions) for batch in batches] == [
        ("a", (0, 3)),
        ("k", (1,)),
        ("b", (2,)),
    ]
    with pytest.raises(InvalidRequestError):
        sequence_batch(listed, PLAIN, None, "k")


def test_what_a_call_says_wins_over_the_executor_and_both_interfaces_say_the_same() -> None:
    policy = RetryPolicy(initial_delay_seconds=1, max_delay_seconds=2)
    defaults = Defaults({"timeout_seconds": 5, "max_retries": 1}, max_workers=3, caller="team-a")
    listed = [
        ToolCall("look_up", {"code": "AB123"}, "Because.", max_retries=0, retry=policy, idempotency_key="i"),
        ToolExecutionRequest(
            tool_name="look_up",
            function_name="stock-desk-lambda",
            input_data={"code": "AB123"},
            metadata={"mine": 1},
            use_cache=False,
            fallbacks=[ToolCall("look_up", {"code": "AB124"}, reasoning="not a fallback's")],
        ),
    ]
    (batch,) = parallel_batches(listed, defaults, 60, "k")
    assert batch.request == {
        "correlation_id": "k", "timeout_seconds": 60, "max_concurrency": 3, "caller": "team-a",
        "calls": [
            {"tool_name": "look_up", "input": {"code": "AB123"}, "reasoning": "Because.", "timeout_seconds": 5,
             "max_retries": 0, "retry": policy.model_dump(), "idempotency_key": "i"},
            {"tool_name": "look_up", "function_name": "stock-desk-lambda", "input": {"code": "AB123"},
             "timeout_seconds": 5, "max_retries": 1, "metadata": {"mine": 1}, "use_cache": False,
             "fallbacks": [{"tool_name": "look_up", "input": {"code": "AB124"}}]},
        ],
    }  # fmt: skip
    check_request(batch.request, CATALOG)


def test_a_sequence_is_one_execution() -> None:
    batch = sequence_batch(calls(3), PLAIN, 0.2, "k")
    assert (batch.request["mode"], batch.request["max_concurrency"], batch.request["timeout_seconds"]) == (
        "sequence",
        1,
        1,
    )


@pytest.mark.parametrize("timeout", [0, -1, 1e9, float("nan")])
def test_a_timeout_that_cannot_be_is_refused(timeout: float) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        parallel_batches(calls(1), PLAIN, timeout, "k")
    assert caught.value.problems[0]["pointer"] == "/timeout_seconds"


def test_no_calls_are_refused() -> None:
    for refused in (lambda: parallel_batches([], PLAIN, None, "k"), lambda: sequence_batch([], PLAIN, None, "k")):
        with pytest.raises(InvalidRequestError) as caught:
            refused()
        assert caught.value.problems[0]["pointer"] == "/calls"
