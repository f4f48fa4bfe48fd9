"""What the breaker costs in DynamoDB, as its module says: counted over ten processes."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from lambdas.runtime.breaker_store import Admission, Breakers
from tests.unit.runtime.aws import STATE_TABLE, FailingClient
from tests.unit.runtime.fake_clock import START_MS

if TYPE_CHECKING:
    from tests.unit.runtime.aws import Aws

CALLS = 800
CALL_MS = 300
#: On demand in us-east-1: a consistent read and a write of an item below 1 KB, in dollars a million.
READ, WRITE = 0.125, 0.625


def operations(client: FailingClient, tool: str, *, gap_ms: int, failing: float) -> list[str]:
    chance = random.Random(1)  # noqa: S311 - the same calls in every run
    processes = [Breakers(STATE_TABLE, client, wait=lambda _seconds: None) for _ in range(10)]
    running: list[tuple[int, Breakers, Admission]] = []
    for number in range(CALLS):
        now = START_MS + number * gap_ms
        while running and running[0][0] <= now:
            ended, process, admission = running.pop(0)
            failed = chance.random() < failing
            process.report(tool, admission, failed=failed, slow=False, now_ms=ended)
        process = chance.choice(processes)
        admission = process.admit(tool, now)
        if admission.allowed:
            running.append((now + CALL_MS, process, admission))
    return client.calls


@pytest.mark.parametrize(
    ("gap_ms", "failing", "dollars"),
    [
        (10, 0, 0.06),
        (10, 0.01, 0.07),
        (10, 0.1, 0.14),
        (2000, 0, 0.13),
        (2000, 0.01, 0.18),
        (2000, 0.1, 0.40),
        (100, 1, 0.10),
    ],
)
def test_a_million_calls_cost_what_is_said(aws: Aws, gap_ms: int, failing: float, dollars: float) -> None:
    done = operations(FailingClient(aws.dynamodb), f"tool_{gap_ms}_{failing}", gap_ms=gap_ms, failing=failing)
    reads, writes = done.count("get_item"), done.count("put_item")
    assert reads + writes == len(done)
    cost = (reads * READ + writes * WRITE) / CALLS
    assert cost <= dollars
    assert cost >= 0.8 * dollars
