"""What a caller has taken: limits hold in every window, whatever comes when, and say when to come back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.planner.caller_usage import LEASE_MARGIN_SECONDS, CallerUsage, Taking, admit, owner_of
from tests.unit.runtime.fake_clock import START_MS
from tool_contract.caller_policy import CallerPolicy
from tool_contract.items import from_item, to_item

#: Ten in the morning: so long until midnight in UTC.
TO_MIDNIGHT = 14 * 3600


def taking(policy: CallerPolicy, calls: int = 1, execution_id: str = "e1", **changes: Any) -> Taking:
    plain = Taking("caller#named#shop", owner_of("shop", named=True), policy, execution_id, calls, calls, START_MS)
    return replace(plain, **changes)


def taken(policy: CallerPolicy, calls: int = 1, at_ms: int = START_MS, usage: CallerUsage | None = None) -> CallerUsage:
    admitted = admit(usage or CallerUsage(), taking(policy, calls, f"e{at_ms}-{calls}"), at_ms)
    assert isinstance(admitted, CallerUsage)
    return admitted


def refusal(usage: CallerUsage, asked: Taking, at_ms: int = START_MS) -> list[tuple[str, int | None]]:
    admitted = admit(usage, asked, at_ms)
    assert isinstance(admitted, list)
    assert {(problem.pointer, problem.error_code) for problem in admitted} == {("/caller", "CallerLimitExceeded")}
    return [(problem.message, problem.retry_after_seconds) for problem in admitted]


def test_a_full_minute_says_when_there_is_room_and_then_there_is() -> None:
    policy = CallerPolicy(max_calls_per_minute=5)
    usage = taken(policy, 2, START_MS + 10_000, taken(policy, 3, START_MS))

    ((message, wait),) = refusal(usage, taking(policy, 3), START_MS + 20_000)

    assert message == "The limit of 5 calls a minute for the caller 'shop' leaves 0; the request takes 3."
    assert wait == 41
    assert admit(usage, taking(policy, 3), START_MS + 20_000 + 40_000) != CallerUsage()
    assert isinstance(admit(usage, taking(policy, 3), START_MS + 20_000 + 40_999), list)
    assert isinstance(admit(usage, taking(policy, 3), START_MS + 20_000 + 41_000), CallerUsage)
    ((_, longer),) = refusal(usage, taking(policy, 4), START_MS + 20_000)
    assert longer == 51


def test_a_day_ends_at_midnight_in_utc() -> None:
    policy = CallerPolicy(max_calls_per_day=3)
    usage = taken(policy, 3)

    assert [wait for _, wait in refusal(usage, taking(policy))] == [TO_MIDNIGHT]
    assert isinstance(admit(usage, taking(policy), START_MS + TO_MIDNIGHT * 1000 - 1), list)
    assert isinstance(admit(usage, taking(policy), START_MS + TO_MIDNIGHT * 1000), CallerUsage)


def test_the_budget_is_of_the_attempts_that_the_calls_come_to_at_worst() -> None:
    policy = CallerPolicy(max_attempts_per_day=10)
    usage = admit(CallerUsage(), taking(policy, 2, attempts=8), START_MS)
    assert isinstance(usage, CallerUsage)

    ((message, _),) = refusal(usage, taking(policy, 1, attempts=3))

    assert message == "The limit of 10 attempts a day for the caller 'shop' leaves 2; the request takes 3 at worst."


def test_open_calls_count_until_they_are_struck_out_or_well_past_their_deadline() -> None:
    policy = CallerPolicy(max_open_calls=2)
    usage = admit(CallerUsage(), taking(policy, 2, "e1", deadline_ms=START_MS + 60_000), START_MS)
    assert isinstance(usage, CallerUsage)
    past = START_MS + 60_000 + LEASE_MARGIN_SECONDS * 1000

    assert refusal(usage, taking(policy), past - 1_000)
    assert isinstance(admit(usage, taking(policy), past), CallerUsage)
    assert isinstance(admit(replace(usage, open={}), taking(policy), START_MS), CallerUsage)


@pytest.mark.parametrize(
    "policy",
    [
        CallerPolicy(max_calls_per_minute=4),
        CallerPolicy(max_open_calls=4),
        CallerPolicy(max_calls_per_day=4),
        CallerPolicy(max_attempts_per_day=4),
    ],
)
def test_what_is_larger_than_a_limit_never_goes_and_is_told_to_be_split(policy: CallerPolicy) -> None:
    admitted = admit(CallerUsage(), taking(policy, 5), START_MS)

    assert isinstance(admitted, list)
    (problem,) = admitted
    assert problem.retry_after_seconds is None
    assert "split it" in str(problem.hint)
    assert isinstance(admit(CallerUsage(), taking(policy, 4), START_MS), CallerUsage)


def test_every_limit_that_is_passed_is_told_at_once() -> None:
    policy = CallerPolicy(max_calls_per_minute=1, max_open_calls=1, max_calls_per_day=1, max_attempts_per_day=1)

    refused = refusal(taken(policy), taking(policy, 1, "e2"))

    assert [message.split(" for ")[0] for message, _ in refused] == [
        "The limit of 1 calls a minute", "The limit of 1 open calls", "The limit of 1 calls a day",
        "The limit of 1 attempts a day",
    ]  # fmt: skip
    assert [wait for _, wait in refused] == [61, 5, TO_MIDNIGHT, TO_MIDNIGHT]


def test_a_refused_request_takes_nothing() -> None:
    policy = CallerPolicy(max_calls_per_minute=5, max_calls_per_day=2)
    usage = taken(policy, 2)

    refusal(usage, taking(policy, 1))

    assert usage.day_calls == 2


def test_only_what_is_limited_is_written_down() -> None:
    assert taken(CallerPolicy(max_calls_per_day=9)).recent == {}
    assert taken(CallerPolicy(max_calls_per_day=9)).open == {}
    assert taken(CallerPolicy(max_open_calls=9)).recent == {}


def test_a_clock_behind_midnight_does_not_bring_yesterday_back() -> None:
    policy = CallerPolicy(max_calls_per_day=1)
    midnight = START_MS + TO_MIDNIGHT * 1000
    usage = taken(policy, 1, midnight)

    assert refusal(usage, taking(policy), midnight - 500)


def test_an_item_expires_when_nothing_in_it_counts_any_more() -> None:
    usage = taken(CallerPolicy(max_open_calls=9, max_calls_per_minute=9))
    expires_ms = usage.to_row()["expires_at"] * 1000

    left = usage.at(expires_ms)

    assert (left.recent, left.open, left.day_calls) == ({}, {}, 0)


LIMIT = st.none() | st.integers(1, 20)
POLICY = st.builds(
    CallerPolicy, max_calls_per_minute=LIMIT, max_open_calls=LIMIT, max_calls_per_day=LIMIT, max_attempts_per_day=LIMIT
)
STEP = st.tuples(st.integers(0, 90_000), st.integers(1, 6), st.integers(1, 4), st.integers(1, 400), st.booleans())


@given(policy=POLICY, steps=st.lists(STEP, max_size=40), start=st.integers(0, 86_400_000))
def test_no_limit_is_ever_passed_and_the_wait_that_is_told_is_enough(
    policy: CallerPolicy, steps: list[tuple[int, int, int, int, bool]], start: int
) -> None:
    """Held against a plain list of all that was admitted."""
    now, usage, admitted = START_MS + start, CallerUsage(), []
    for number, (pause, calls, each, seconds, ends) in enumerate(steps):
        now += pause
        name = f"e{number}"
        asked = taking(policy, calls, name, attempts=calls * each, deadline_ms=now + seconds * 1000)
        after = admit(usage, asked, now)
        if isinstance(after, CallerUsage):
            usage = CallerUsage.from_row(from_item(to_item(after.to_row())))
            admitted.append((now, calls, calls * each, seconds, ends))
            if ends:  # as Finish strikes it out
                usage = replace(usage, open={key: value for key, value in usage.open.items() if key != name})
        else:
            waits = [problem.retry_after_seconds for problem in after if "open calls" not in problem.message]
            if None not in waits and policy.max_open_calls is None:
                assert isinstance(admit(usage, asked, now + max(filter(None, waits)) * 1000), CallerUsage)
        _hold(policy, admitted, now)


def _hold(policy: CallerPolicy, admitted: list[tuple[int, int, int, int, bool]], now: int) -> None:
    day = now // 86_400_000
    counted = {
        "max_calls_per_minute": sum(calls for at, calls, *_ in admitted if at > now - 60_000),
        "max_calls_per_day": sum(calls for at, calls, *_ in admitted if at // 86_400_000 == day),
        "max_attempts_per_day": sum(attempts for at, _, attempts, *_ in admitted if at // 86_400_000 == day),
        "max_open_calls": sum(c for at, c, _, seconds, ends in admitted if at + seconds * 1000 > now and not ends),
    }
    for limit, count in counted.items():
        most = getattr(policy, limit)
        assert most is None or count <= most, limit
