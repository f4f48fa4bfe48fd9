"""Calls that a framework makes one by one: those of one turn are one execution, and no others are."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.unit.model_apis.turn_executor import TurnExecutor
from tool_executor import InvalidRequestError, ServiceError, ToolExecutionResult
from tool_executor.errors import ExecutorClosedError
from tool_executor.frameworks.gathering import Gatherer
from tool_executor.model_apis.model_call import ModelCall

#: Long enough that only a turn that is complete departs by itself in a test.
LONG = 1.0


def call(number: int) -> ModelCall:
    return ModelCall(f"c{number}", "forecast_demand", {"product_code": f"P{number}", "warehouse_code": "WH001"})


def gathered(
    executor: TurnExecutor, keys: list[Any], expected: int | None = None, seconds: float = 0.05
) -> list[ToolExecutionResult]:
    """Make a call for each key, all beside each other."""
    gatherer = Gatherer.of(executor, seconds, {})

    async def all_of_them() -> list[ToolExecutionResult]:
        calls = (gatherer.result(call(number), key, expected) for number, key in enumerate(keys))
        return await asyncio.gather(*calls)

    return asyncio.run(all_of_them())


def sizes(executor: TurnExecutor) -> list[int]:
    return sorted(len(execution["calls"]) for execution in executor.executions)


def test_calls_of_one_turn_are_one_execution_and_each_gets_its_own_result() -> None:
    executor = TurnExecutor()
    results = gathered(executor, ["turn"] * 5)
    assert sizes(executor) == [5]
    assert [one.result["product_code"] for one in results] == ["P0", "P1", "P2", "P3", "P4"]


def test_calls_of_different_turns_are_not_put_together() -> None:
    executor = TurnExecutor()
    gathered(executor, ["one", "other", "one"])
    assert sizes(executor) == [1, 2]


def test_calls_of_which_nothing_is_known_run_by_themselves_at_once() -> None:
    executor = TurnExecutor()
    gathered(executor, [None] * 3, seconds=LONG)
    assert sizes(executor) == [1, 1, 1]


def test_a_turn_that_is_complete_waits_for_nothing() -> None:
    executor = TurnExecutor(held=asyncio.Event)
    gatherer = Gatherer.of(executor, LONG, {})
    futures = [executor.start_coroutine(gatherer._gathered(call(number), "turn", 3)) for number in range(3)]
    # By the timer the execution would begin a second later: the third call alone can have begun it.
    assert executor.begun.wait(0.9)
    assert sizes(executor) == [3]
    for future in futures:
        future.cancel()


def test_a_turn_of_one_call_waits_for_nothing() -> None:
    executor = TurnExecutor()
    gathered(executor, ["turn"], expected=1, seconds=LONG)
    assert sizes(executor) == [1]


def test_a_call_that_comes_late_is_an_execution_of_its_own() -> None:
    executor = TurnExecutor()
    gatherer = Gatherer.of(executor, 0.01, {})
    assert gatherer.result_sync(call(1), "turn", 2).success
    assert gatherer.result_sync(call(2), "turn", 2).success
    assert sizes(executor) == [1, 1]


def test_with_no_time_to_gather_nothing_is_gathered() -> None:
    executor = TurnExecutor()
    gathered(executor, ["turn"] * 3, seconds=0)
    assert sizes(executor) == [1, 1, 1]


def test_calls_of_threads_are_put_together_too() -> None:
    executor = TurnExecutor()
    gatherer = Gatherer.of(executor, LONG, {})
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(lambda number: gatherer.result_sync(call(number), "turn", 4), range(4)))
    assert sizes(executor) == [4]
    assert [one.result["product_code"] for one in results] == ["P0", "P1", "P2", "P3"]


def test_one_call_that_cannot_be_run_costs_the_others_nothing() -> None:
    executor = TurnExecutor()
    gatherer = Gatherer.of(executor, 0.05, {})

    async def turn() -> list[ToolExecutionResult]:
        wrong = ModelCall("x", "forecast_demand", {})
        return await asyncio.gather(*(gatherer.result(one, "turn", 3) for one in (call(0), wrong, call(2))))

    assert [one.success for one in asyncio.run(turn())] == [True, False, True]
    assert sizes(executor) == [2]


def test_what_keeps_an_execution_from_being_run_is_raised_at_each_call() -> None:
    executor = TurnExecutor(refusals=[ServiceError("AWS did not answer.")])
    gatherer = Gatherer.of(executor, 0.05, {})

    async def turn() -> list[Any]:
        calls = (gatherer.result(call(number), "turn", 2) for number in range(2))
        return await asyncio.gather(*calls, return_exceptions=True)

    assert [type(one) for one in asyncio.run(turn())] == [ServiceError, ServiceError]


def test_an_execution_is_cancelled_when_nobody_waits_for_any_of_its_calls() -> None:
    executor = TurnExecutor(held=asyncio.Event)
    gatherer = Gatherer.of(executor, 0.05, {})

    async def turn() -> None:
        tasks = [asyncio.create_task(gatherer.result(call(number), "turn", 2)) for number in range(2)]
        await asyncio.to_thread(executor.begun.wait, 10)
        tasks[0].cancel()
        await asyncio.wait(tasks, timeout=0.1)
        assert executor.cancelled == 0
        tasks[1].cancel()
        await asyncio.wait(tasks)

    asyncio.run(turn())
    executor.run_coroutine(asyncio.sleep(0.05))
    assert executor.cancelled == 1


def test_a_call_that_is_cancelled_before_its_turn_departs_is_not_run() -> None:
    executor = TurnExecutor()
    gatherer = Gatherer.of(executor, 0.2, {})

    async def turn() -> ToolExecutionResult:
        lost = asyncio.create_task(gatherer.result(call(0), "turn"))
        kept = asyncio.create_task(gatherer.result(call(1), "turn"))
        await asyncio.sleep(0.02)
        lost.cancel()
        return await kept

    assert asyncio.run(turn()).success
    assert [one["call_id"] for one in executor.asked] == ["c1"]


def test_who_waits_while_the_executor_is_closed_is_told_so() -> None:
    executor = TurnExecutor(held=asyncio.Event)
    gatherer = Gatherer.of(executor, 0.01, {})
    raised: list[BaseException] = []

    def wait() -> None:
        try:
            asyncio.run(gatherer.result(call(0), "turn"))
        except BaseException as error:  # noqa: BLE001 - looked at below
            raised.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    assert executor.begun.wait(10)
    executor.loop.close()
    thread.join(10)
    assert [type(error) for error in raised] == [ExecutorClosedError]


@pytest.mark.parametrize("seconds", [-1, 2, float("nan")])
def test_a_time_that_cannot_be_is_refused(seconds: float) -> None:
    with pytest.raises(InvalidRequestError) as told:
        Gatherer.of(TurnExecutor(), seconds, {})
    assert told.value.problems[0]["pointer"] == "/gather_seconds"


def test_a_sequence_is_refused_because_a_frameworks_calls_come_in_no_certain_order() -> None:
    with pytest.raises(InvalidRequestError) as told:
        Gatherer.of(TurnExecutor(), 0.05, {"mode": "sequence"})
    assert "no certain order" in told.value.problems[0]["message"]
