"""Breaker and budget in an attempt: what is refused, what is counted, what takes a token."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pytest

from lambdas.runtime.attempt_outcome import Succeeded
from lambdas.runtime.breaker_store import Admission, Breakers
from lambdas.runtime.guarded_run import Guards, Run
from lambdas.runtime.invocation import AttemptFailed
from lambdas.runtime.retry_budget import RetryBudget
from lambdas.runtime.tool_group import ToolGroup
from lambdas.runtime.tool_run import Limit
from tests.unit.runtime.aws import STATE_TABLE
from tests.unit.runtime.sample_tools import EFFECTS, event, invoker, pending_call
from tool_contract.breaker_item import Breaker, Circuit, put_arguments, set_by_hand

if TYPE_CHECKING:
    from lambdas.runtime.invocation import Invoker
    from tests.unit.runtime.aws import Aws
    from tests.unit.runtime.fake_clock import FakeClock


@pytest.fixture
def guarded(aws: Aws, clock: FakeClock) -> Invoker:
    EFFECTS.clear()
    made = invoker(aws, clock)
    object.__setattr__(made.stores, "breakers", Breakers(STATE_TABLE, aws.dynamodb))
    object.__setattr__(made.stores, "budget", RetryBudget(STATE_TABLE, aws.dynamodb))
    return made


def fail(guarded: Invoker, aws: Aws, call: str, how: str, tool: str = "fails_reading") -> dict[str, Any]:
    pending_call(aws, call, tool_name=tool)
    with pytest.raises(AttemptFailed) as failed:
        guarded.invoke(event(tool, call, {"how": how}), f"request of {call}")
    told: dict[str, Any] = json.loads(str(failed.value))
    return told


def test_a_tool_that_keeps_failing_is_no_longer_run(guarded: Invoker, aws: Aws, execution_id: str) -> None:
    told = [fail(guarded, aws, f"{execution_id}-{number}", "unavailable") for number in range(12)]

    assert [each["error_code"] for each in told[:10]] == ["Unavailable"] * 10
    assert told[-1]["error_code"] == "CircuitOpen"
    assert (told[-1]["retryable"], told[-1]["effect"]) == (True, "none")
    assert 0 < told[-1]["retry_after_seconds"] <= 30


def test_the_callers_errors_do_not_open_the_circuit(
    guarded: Invoker, aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    clock.advance(3_600_000)
    for number in range(12):
        told = fail(guarded, aws, f"{execution_id}-{number}", "not found", tool="fails")

    assert told["error_code"] == "NotFound"


def test_a_used_up_budget_ends_the_retries(
    guarded: Invoker, aws: Aws, clock: FakeClock, execution_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.advance(7_200_000)
    monkeypatch.setattr(RetryBudget, "take", lambda *_: False)

    told = fail(guarded, aws, execution_id, "unavailable", tool="fails")

    assert (told["error_code"], told["retryable"]) == ("Unavailable", False)
    assert "retry budget" in told["error"]


def test_what_is_not_retried_anyway_takes_no_token(
    guarded: Invoker, aws: Aws, clock: FakeClock, execution_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.advance(10_800_000)
    taken: list[str] = []
    monkeypatch.setattr(RetryBudget, "take", lambda _, name, __: taken.append(name) or True)

    fail(guarded, aws, f"{execution_id}a", "not found", tool="fails")
    fail(guarded, aws, f"{execution_id}b", "unavailable", tool="fails")

    assert taken == ["fails"]


class Watching:
    """A closed breaker that only listens."""

    def __init__(self) -> None:
        self.slow: list[bool] = []

    def admit(self, *_: object) -> Admission:
        return Admission(allowed=True, generation=1)

    def report(self, *_: object, slow: bool, **__: object) -> None:
        self.slow.append(slow)


@pytest.mark.parametrize(
    ("took_ms", "by_deadline", "slow"), [(7_999, False, False), (8_000, False, True), (8_000, True, False)]
)
def test_a_call_is_slow_by_its_own_time_and_not_by_the_deadlines(
    clock: FakeClock,
    took_ms: int,
    by_deadline: bool,  # noqa: FBT001
    slow: bool,  # noqa: FBT001
) -> None:
    own, breaker = ToolGroup("own"), Watching()

    @own.tool(read_only=True)
    def takes_its_time() -> None:
        """Let time pass."""
        clock.advance(took_ms)

    run = Run(own.tools[0], {}, {}, Limit(10, by_deadline=by_deadline), "owner")
    outcome = Guards(breakers=cast("Breakers", breaker), clock=clock).run(run)

    assert isinstance(outcome, Succeeded)
    assert breaker.slow == [slow]


def test_a_circuit_that_a_person_opened_refuses_at_once_and_says_who_closes_it(
    guarded: Invoker, aws: Aws, execution_id: str
) -> None:
    opened = put_arguments(
        STATE_TABLE, "fails_reading", set_by_hand(Breaker(), Circuit.FORCED_OPEN), over=None, write_id="w", now_ms=0
    )
    aws.dynamodb.put_item(**opened)

    told = fail(guarded, aws, execution_id, "unavailable")

    assert (told["error_code"], told["retryable"], told["retry_after_seconds"]) == ("CircuitOpen", False, 0)
    assert "A person has opened" in told["error"]
    assert told["details"][0]["hint"] == "'tool-executor breaker reset fails_reading' closes it."
