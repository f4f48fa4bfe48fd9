"""What an executor knows of its tools' times, and what it may spend on second attempts."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.client.virtual_time import VirtualClock, run
from tool_executor import ConfigurationManager, ToolExecutor
from tool_executor.direct.hedging import DEFAULT_POLICY, Hedging
from tool_executor.direct.latency_estimate import LatencyEstimate
from tool_executor.errors import InvalidConfigurationError
from tool_executor.hedge_option import new_hedging

seconds = st.floats(0.001, 900)


class StillClock:
    """A clock that a test sets."""

    ms = 0.0

    def now_ms(self) -> int:
        return int(self.ms)

    def elapsed_ms(self) -> float:
        return self.ms

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)


@given(st.lists(seconds, min_size=1, max_size=300), st.floats(0.01, 1))
def test_a_quantile_is_right_to_five_percent(durations: list[float], share: float) -> None:
    estimate = LatencyEstimate()
    for one in durations:
        estimate.add(one)
    exact = next(one for number, one in enumerate(sorted(durations), start=1) if number >= share * len(durations))
    assert exact / 1.0001 <= estimate.quantile(share) <= exact * 1.0501


@given(st.lists(seconds, min_size=1, max_size=100), st.lists(seconds, min_size=1, max_size=100))
def test_two_estimates_together_are_the_estimate_of_all(some: list[float], others: list[float]) -> None:
    one, other, both = LatencyEstimate(), LatencyEstimate(), LatencyEstimate()
    for estimate, durations in ((one, some), (other, others), (both, some + others)):
        for duration in durations:
            estimate.add(duration)
    one.merge(other)
    assert one == both


def test_what_was_long_ago_fades() -> None:
    estimate = LatencyEstimate()
    for duration in [10.0] * 900 + [0.1] * 3_000:
        estimate.add(duration)
    assert estimate.quantile(0.95) < 0.11
    assert estimate.count <= 1_000


def test_without_durations_there_is_no_quantile() -> None:
    with pytest.raises(ValueError, match="no durations"):
        LatencyEstimate().quantile(0.95)


def test_nothing_is_hedged_before_enough_is_known() -> None:
    hedging = Hedging(StillClock())
    for number in range(DEFAULT_POLICY.least_durations):
        assert hedging.delay_seconds("look") is None, number
        hedging.observe("look", 1.0)
    assert hedging.delay_seconds("look") == pytest.approx(1.0, rel=0.06)
    assert hedging.delay_seconds("another") is None


@given(st.lists(st.booleans(), min_size=80, max_size=400))
def test_hedges_are_a_twentieth_of_the_attempts_at_most(asked: list[bool]) -> None:
    hedging = Hedging(StillClock(), replace(DEFAULT_POLICY, after_seconds=1.0))
    hedges = 0
    for attempts, wants_one in enumerate(asked, start=1):
        hedging.delay_seconds("look")
        hedges += wants_one and hedging.take("look")
        assert hedges <= attempts / 20


def test_what_is_not_spent_is_saved_up_to_a_limit_and_each_tool_has_its_own() -> None:
    hedging = Hedging(StillClock(), replace(DEFAULT_POLICY, after_seconds=1.0))
    for _ in range(1_000):
        hedging.delay_seconds("look")
    assert not hedging.take("another")
    assert [hedging.take("look") for _ in range(12)] == [True] * 10 + [False] * 2


def test_a_pause_costs_no_token_and_ends() -> None:
    clock = StillClock()
    hedging = Hedging(clock, replace(DEFAULT_POLICY, after_seconds=1.0, share=1.0))
    hedging.delay_seconds("look")
    hedging.pause("look")
    clock.ms += 29_999
    assert not hedging.take("look")
    clock.ms += 1
    assert hedging.take("look")


def test_times_of_answers_that_no_run_made_are_not_learnt() -> None:
    from tests.unit.client.test_hedged_attempt import ITERATION, answer  # noqa: PLC0415 - its stand-ins
    from tool_executor.direct.hedged_attempt import HedgedAttempt  # noqa: PLC0415 - as above

    async def learnt(metadata: dict[str, bool]) -> float | None:
        clock = VirtualClock()
        hedging = Hedging(clock, replace(DEFAULT_POLICY, least_durations=1))

        async def attempt(*_given: object) -> object:
            await asyncio.sleep(0.5)
            return answer(1).model_copy(update={"metadata": metadata})

        await HedgedAttempt(attempt, hedging, clock, 10**15).run(ITERATION)  # type: ignore[arg-type]
        return hedging.delay_seconds("look")

    assert run(learnt({})) == pytest.approx(0.5, rel=0.06)
    assert run(learnt({"cached": True})) is None
    assert run(learnt({"replayed": True})) is None


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"hedge": True}, "/hedge"),
        ({"hedge": True, "route": "state_machine"}, "/hedge"),
        ({"hedge_after_seconds": 2.0}, "/hedge_after_seconds"),
        ({"hedge": True, "route": "direct", "hedge_after_seconds": 0}, "/hedge_after_seconds"),
        ({"hedge": True, "route": "direct", "hedge_after_seconds": float("nan")}, "/hedge_after_seconds"),
        ({"hedge": "sometimes"}, "/hedge"),
    ],
)
def test_a_hedge_that_cannot_be_had_is_refused(values: dict[str, object], pointer: str) -> None:
    with pytest.raises(InvalidConfigurationError) as refused:
        ToolExecutor(config=ConfigurationManager(values, environment={}))
    assert [problem["pointer"] for problem in refused.value.problems] == [pointer]


@pytest.mark.parametrize("seconds", [float("nan"), float("inf")])
def test_seconds_that_are_no_number_are_refused_on_the_command_line_too(seconds: float) -> None:
    with pytest.raises(InvalidConfigurationError, match="number of seconds"):
        new_hedging(seconds)


def test_the_option_is_said_by_code_or_environment_and_needs_the_direct_route() -> None:
    said = ConfigurationManager(environment={"TOOL_EXECUTOR_HEDGE": "true", "TOOL_EXECUTOR_ROUTE": "direct"})
    assert ToolExecutor(config=said)._connection._hedging is not None
    assert ToolExecutor(config=said, hedge=False)._connection._hedging is None
    assert ToolExecutor(route="direct")._connection._hedging is None
    assert ToolExecutor(route="direct", hedge=True)._connection._hedging is not None
