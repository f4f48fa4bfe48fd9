"""How long to wait between attempts."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tool_contract.limits import MAX_DELAY_SECONDS, MAX_RETRIES
from tool_contract.retry import RetryPolicy, draw_delays, whole_seconds


class Edge(Random):
    """Draws the lowest or the highest number that it is asked for."""

    def __init__(self, *, highest: bool) -> None:
        super().__init__(0)
        self._highest = highest

    def uniform(self, a: float, b: float) -> float:
        return b if self._highest else a


@st.composite
def policies(draw: st.DrawFn) -> RetryPolicy:
    cap = draw(st.floats(0, MAX_DELAY_SECONDS))
    return RetryPolicy(
        initial_delay_seconds=draw(st.floats(0, cap)),
        max_delay_seconds=cap,
        backoff=draw(st.sampled_from(["exponential", "fixed"])),
        jitter=draw(st.floats(0, 1)),
    )


@given(policies(), st.integers(0, MAX_RETRIES), st.integers())
def test_every_delay_lies_within_its_jitter_and_never_above_the_cap(
    policy: RetryPolicy, retries: int, seed: int
) -> None:
    delays = draw_delays(policy, retries, Random(seed))  # noqa: S311 - jitter, no secret

    assert len(delays) == retries
    for number, delay in enumerate(delays):
        base = policy.initial_delay_seconds * (2**number if policy.backoff == "exponential" else 1)
        lowest = min(policy.max_delay_seconds, base * (1 - policy.jitter))
        highest = min(policy.max_delay_seconds, base * (1 + policy.jitter))
        assert lowest <= delay <= highest


@given(policies(), st.integers(0, MAX_RETRIES), st.text())
def test_the_same_seed_draws_the_same_delays(policy: RetryPolicy, retries: int, seed: str) -> None:
    assert draw_delays(policy, retries, Random(seed)) == draw_delays(policy, retries, Random(seed))  # noqa: S311 - jitter, no secret


def test_different_seeds_draw_different_delays() -> None:
    assert len({tuple(draw_delays(RetryPolicy(), 3, Random(seed))) for seed in range(20)}) == 20  # noqa: S311 - jitter, no secret


@given(st.floats(0, MAX_DELAY_SECONDS))
def test_whole_seconds_never_come_back_early_and_at_most_a_second_late(delay: float) -> None:
    assert delay <= whole_seconds(delay) <= int(delay) + 1


@pytest.mark.parametrize(
    ("policy", "retries", "expected", "lowest", "highest"),
    [
        pytest.param({}, 3, [0.5, 1, 2], [0.375, 0.75, 1.5], [0.625, 1.25, 2.5], id="doubling from half a second"),
        pytest.param({"backoff": "fixed", "jitter": 0}, 3, [0.5] * 3, [0.5] * 3, [0.5] * 3, id="always half a second"),
        pytest.param(
            {"initial_delay_seconds": 1, "max_delay_seconds": 5},
            5,
            [1, 2, 4, 5, 5],
            [0.75, 1.5, 3, 5, 5],
            [1.25, 2.5, 5, 5, 5],
            id="doubling from one second, capped at five",
        ),
    ],
)
def test_documented_examples(
    policy: dict[str, Any], retries: int, expected: list[float], lowest: list[float], highest: list[float]
) -> None:
    calm = RetryPolicy(**{**policy, "jitter": 0})

    assert draw_delays(calm, retries, Random(0)) == expected  # noqa: S311 - jitter, no secret
    assert draw_delays(RetryPolicy(**policy), retries, Edge(highest=False)) == lowest
    assert draw_delays(RetryPolicy(**policy), retries, Edge(highest=True)) == highest


def test_the_worst_of_the_default_is_four_seconds_and_three_eighths() -> None:
    assert sum(draw_delays(RetryPolicy(), 3, Edge(highest=True))) == 4.375


def test_the_default_waits_at_least_a_second_in_the_workflow() -> None:
    assert [whole_seconds(delay) for delay in draw_delays(RetryPolicy(), 3, Edge(highest=False))] == [1, 1, 2]


@pytest.mark.parametrize(
    "wrong",
    [
        {"initial_delay_seconds": -1},
        {"initial_delay_seconds": float("nan")},
        {"max_delay_seconds": float("inf")},
        {"max_delay_seconds": MAX_DELAY_SECONDS + 1},
        {"initial_delay_seconds": 3, "max_delay_seconds": 2},
        {"jitter": 1.1},
        {"jitter": "0.5"},
        {"backoff": "linear"},
        {"retries": 3},
    ],
)
def test_an_impossible_policy_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RetryPolicy(**wrong)
