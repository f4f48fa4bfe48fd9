"""The breaker of a tool that thousands of processes run, each of which has seen a few calls only."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from lambdas.runtime.breaker_store import Breakers
from tests.unit.runtime.aws import STATE_TABLE, Aws
from tests.unit.runtime.test_breaker_store import NOW, breaker, call
from tool_contract.breaker_item import Circuit

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROCESSES = 400


def _fleet(aws: Aws, seed: int) -> Iterator[Breakers]:
    draw = random.Random(seed)  # noqa: S311 - a test's cases
    while True:
        yield Breakers(STATE_TABLE, aws.dynamodb, wait=lambda _seconds: None, draw=draw.randrange)


def test_one_failure_in_twenty_does_not_open_it_though_no_process_has_twenty_calls(aws: Aws) -> None:
    for number, process in zip(range(_PROCESSES), _fleet(aws, 1), strict=False):
        call(process, "fleet_works", NOW + number, failed=number % 20 == 19)

    assert breaker(aws, "fleet_works").circuit is Circuit.CLOSED


def test_as_many_successes_are_told_as_there_are(aws: Aws) -> None:
    for number, process in zip(range(_PROCESSES), _fleet(aws, 2), strict=False):
        call(process, "fleet_counts", NOW + number)

    assert 0.6 * _PROCESSES < breaker(aws, "fleet_counts").current.calls < 1.4 * _PROCESSES


def test_a_tool_that_fails_for_everybody_is_still_stopped_after_ten_calls(aws: Aws) -> None:
    for number, process in zip(range(10), _fleet(aws, 3), strict=False):
        call(process, "fleet_fails", NOW + number, failed=True)

    assert breaker(aws, "fleet_fails").circuit is Circuit.OPEN


def test_of_a_busy_tool_more_successes_make_a_write(aws: Aws) -> None:
    (process,) = (each for each, _ in zip(_fleet(aws, 4), range(1), strict=False))
    second = NOW + 1000
    for _ in range(4_000):
        call(process, "fleet_busy", second)
    known = process._known("fleet_busy")

    # 4,000 calls in the first second: 25 writes a second hold 160 successes each.
    assert known.pending is not None
    version = known.stored.version
    assert 4_000 / 160 < version < 4_000 / 20
