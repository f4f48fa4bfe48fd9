"""A whole dependency down, and fifty callers at once: in one process, and in fifty."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.runtime.breaker_store import Admission, Breakers
from lambdas.runtime.circuit_breaker import DEFAULT_POLICY, window_start
from tests.unit.runtime.aws import STATE_TABLE, Aws
from tests.unit.runtime.fake_clock import START_MS
from tool_contract.breaker_item import Circuit, key_of, stored_from

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = window_start(DEFAULT_POLICY, START_MS)
CALLERS = 50


@dataclass
class OneAtATime:
    """DynamoDB decides on one write of an item after another; moto's threads do not."""

    real: Any
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def exceptions(self) -> Any:
        return self.real.exceptions

    def __getattr__(self, operation: str) -> Any:
        def call(**arguments: Any) -> Any:
            with self.lock:
                return getattr(self.real, operation)(**arguments)

        return call


@pytest.fixture(params=["threads of one process", "processes"])
def callers(aws: Aws, request: pytest.FixtureRequest) -> list[Breakers]:
    client: Any = OneAtATime(aws.dynamodb)
    if request.param == "processes":
        return [Breakers(STATE_TABLE, client) for _ in range(CALLERS)]
    return [Breakers(STATE_TABLE, client)] * CALLERS


@pytest.fixture
def tool(request: pytest.FixtureRequest) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in request.node.name)


def at_once(callers: list[Breakers], do: Callable[[Breakers], Any]) -> list[Any]:
    together = threading.Barrier(len(callers))

    def one(breakers: Breakers) -> Any:
        together.wait()
        return do(breakers)

    with ThreadPoolExecutor(len(callers)) as pool:
        return list(pool.map(one, callers))


def circuit(aws: Aws, tool: str) -> Circuit:
    return stored_from(aws.dynamodb.get_item(TableName=STATE_TABLE, Key=key_of(tool)).get("Item")).breaker.circuit


def failing_call(tool: str, now_ms: int) -> Callable[[Breakers], Admission]:
    def call(breakers: Breakers) -> Admission:
        admission = breakers.admit(tool, now_ms)
        breakers.report(tool, admission, failed=True, slow=False, now_ms=now_ms)
        return admission

    return call


def test_a_dead_tool_is_opened_by_the_first_burst_and_then_fails_fast(
    aws: Aws, callers: list[Breakers], tool: str
) -> None:
    assert sum(admission.allowed for admission in at_once(callers, failing_call(tool, NOW))) >= 10
    assert circuit(aws, tool) is Circuit.OPEN

    later = at_once(callers, failing_call(tool, NOW + 1000))
    assert not any(admission.allowed for admission in later)
    assert all(0 < admission.retry_after_seconds <= 30 for admission in later)
    assert callers[0].admit(f"{tool}_sibling", NOW + 1000).allowed


def test_exactly_three_of_fifty_pass_half_open_and_their_success_closes_it(
    aws: Aws, callers: list[Breakers], tool: str
) -> None:
    at_once(callers, failing_call(tool, NOW))
    now = NOW + 30_000

    probes = at_once(callers, lambda breakers: (breakers, breakers.admit(tool, now)))
    passed = [(breakers, admission) for breakers, admission in probes if admission.allowed]
    assert len(passed) == 3
    assert all(admission.is_probe for _, admission in passed)

    for breakers, admission in passed:
        breakers.report(tool, admission, failed=False, slow=False, now_ms=now + 500)
    assert circuit(aws, tool) is Circuit.CLOSED
    assert all(admission.allowed for admission in at_once(callers, lambda one: one.admit(tool, now + 2000)))


def test_rounds_of_failed_probes_let_three_calls_through_each(aws: Aws, callers: list[Breakers], tool: str) -> None:
    at_once(callers, failing_call(tool, NOW))
    now = NOW
    for seconds in (30, 60, 120):
        now += seconds * 1000
        admissions = at_once(callers, lambda breakers: breakers.admit(tool, now))  # noqa: B023 - called in this round
        assert sum(admission.allowed for admission in admissions) == 3
        for breakers, admission in zip(callers, admissions, strict=True):
            breakers.report(tool, admission, failed=True, slow=False, now_ms=now)
        assert circuit(aws, tool) is Circuit.OPEN
