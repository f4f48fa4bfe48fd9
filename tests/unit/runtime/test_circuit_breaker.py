"""When a circuit opens, lets probes through and closes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lambdas.runtime.circuit_breaker import (
    DEFAULT_POLICY,
    PROBES_UNDER_WAY_SECONDS,
    Batch,
    admit,
    is_in_trouble,
    is_near_opening,
    report,
    window_start,
    withdraw,
)
from tests.unit.runtime.fake_clock import START_MS
from tool_contract.breaker_item import Breaker, Circuit, Tally, set_by_hand

POLICY = DEFAULT_POLICY
WINDOW_MS = POLICY.window_seconds * 1000
NOW = window_start(POLICY, START_MS)
OPEN = Breaker(circuit=Circuit.OPEN, generation=1, until=NOW + 30_000, openings=1)


def after(breaker: Breaker, tally: Tally, now_ms: int = NOW, *, generation: int | None = None) -> Breaker:
    of = breaker.generation if generation is None else generation
    return report(breaker, POLICY, Batch(of, window_start(POLICY, now_ms), tally), now_ms)


def half_open(now_ms: int = NOW + 30_000) -> Breaker:
    return admit(OPEN, POLICY, now_ms).breaker


def test_the_defaults_are_the_documented_ones() -> None:
    assert (POLICY.window_seconds, POLICY.minimum_calls, POLICY.failed_share, POLICY.slow_share) == (60, 10, 0.5, 0.8)
    assert (POLICY.open_seconds, POLICY.longest_open_seconds, POLICY.probes) == (30, 300, 3)


@pytest.mark.parametrize(
    ("tally", "opens"),
    [
        (Tally(calls=9, failed=9), False),
        (Tally(calls=10, failed=4), False),
        (Tally(calls=10, failed=5), True),
        (Tally(calls=100, failed=49), False),
        (Tally(calls=100, failed=50), True),
        (Tally(calls=10, slow=7), False),
        (Tally(calls=10, slow=8), True),
        (Tally(calls=10, failed=4, slow=7), False),
    ],
)
def test_it_opens_at_half_failed_or_four_fifths_slow_of_at_least_ten_calls(tally: Tally, *, opens: bool) -> None:
    assert (after(Breaker(), tally).circuit is Circuit.OPEN) is opens


def test_a_closed_circuit_admits_and_changes_nothing() -> None:
    assert admit(Breaker(), POLICY, NOW).breaker == Breaker()
    assert admit(Breaker(), POLICY, NOW).allowed


def test_an_open_circuit_refuses_with_the_time_left_and_then_lets_a_probe_through() -> None:
    refused = admit(OPEN, POLICY, NOW + 10_000)
    assert (refused.allowed, refused.retry_after_seconds, refused.breaker) == (False, 20.0, OPEN)

    probe = admit(OPEN, POLICY, NOW + 30_000)
    assert probe.allowed
    assert probe.is_probe
    assert (probe.breaker.circuit, probe.breaker.generation) == (Circuit.HALF_OPEN, 2)


def test_failures_of_the_window_before_count_by_the_share_of_it_that_is_less_than_a_window_old() -> None:
    breaker = after(Breaker(), Tally(calls=9, failed=9))
    assert after(breaker, Tally(calls=4, failed=4), NOW + WINDOW_MS + WINDOW_MS // 2).circuit is Circuit.CLOSED
    assert after(breaker, Tally(calls=6, failed=6), NOW + WINDOW_MS + WINDOW_MS // 2).circuit is Circuit.OPEN


def test_failures_of_two_windows_ago_count_no_more() -> None:
    breaker = after(Breaker(), Tally(calls=9, failed=9))
    assert after(breaker, Tally(calls=9, failed=9), NOW + 2 * WINDOW_MS).circuit is Circuit.CLOSED


def test_outcomes_that_are_told_after_their_window_has_turned_count_in_it() -> None:
    late = report(Breaker(), POLICY, Batch(0, NOW, Tally(calls=5)), NOW + WINDOW_MS)
    assert (late.previous, late.current) == (Tally(calls=5), Tally())
    assert report(Breaker(), POLICY, Batch(0, NOW, Tally(calls=5)), NOW + 2 * WINDOW_MS).previous == Tally()


def test_a_clock_that_is_behind_takes_nothing_back() -> None:
    breaker = after(Breaker(), Tally(calls=9, failed=9), NOW + WINDOW_MS)
    behind = after(breaker, Tally(calls=1, failed=1), NOW + WINDOW_MS - 1)
    assert behind.circuit is Circuit.OPEN


def test_exactly_three_probes_pass_and_the_others_come_back_soon() -> None:
    now, breaker, admitted = NOW + 30_000, OPEN, []
    for _ in range(20):
        decision = admit(breaker, POLICY, now)
        admitted.append(decision.allowed)
        breaker = decision.breaker
    assert admitted == [True] * 3 + [False] * 17
    assert admit(breaker, POLICY, now).retry_after_seconds == PROBES_UNDER_WAY_SECONDS


def test_it_closes_when_all_probes_have_succeeded_and_starts_afresh() -> None:
    breaker = half_open()
    for _ in range(2):
        breaker = after(breaker, Tally(calls=1))
        assert breaker.circuit is Circuit.HALF_OPEN
    assert after(breaker, Tally(calls=1)) == Breaker(generation=3)


def test_one_failed_probe_opens_it_for_twice_as_long_up_to_five_minutes() -> None:
    breaker, now, lengths = Breaker(), NOW, []
    for _ in range(6):
        tally = Tally(calls=10, failed=10) if breaker.circuit is Circuit.CLOSED else Tally(calls=1, failed=1)
        breaker = after(breaker, tally, now)
        lengths.append((breaker.until - now) // 1000)
        now = breaker.until
        breaker = admit(breaker, POLICY, now).breaker
    assert lengths == [30, 60, 120, 240, 300, 300]


def test_probes_that_are_all_slow_open_it_again() -> None:
    breaker = half_open()
    for _ in range(3):
        breaker = after(breaker, Tally(calls=1, slow=1))
    assert breaker.circuit is Circuit.OPEN


def test_one_slow_probe_of_three_does_not() -> None:
    breaker = after(after(half_open(), Tally(calls=1, slow=1)), Tally(calls=1))
    assert after(breaker, Tally(calls=1)).circuit is Circuit.CLOSED


def test_outcomes_of_an_older_generation_change_nothing() -> None:
    dead = Tally(calls=50, failed=50)
    for breaker in (OPEN, half_open(), Breaker(generation=3)):
        assert after(breaker, dead, generation=breaker.generation - 1) == breaker


def test_probes_that_never_report_make_room_for_others_after_their_patience() -> None:
    now = NOW + 30_000
    breaker = replace(half_open(now), probes_begun=3)
    assert not admit(breaker, POLICY, now + 59_000).allowed

    again = admit(breaker, POLICY, now + 60_000)
    assert again.is_probe
    assert again.breaker.probes_begun == 1


def test_probes_of_a_tool_that_takes_longer_than_the_patience_still_close_it() -> None:
    now = NOW + 30_000
    breaker = replace(half_open(now), probes_begun=3)
    breaker = admit(breaker, POLICY, now + 60_000).breaker
    for _ in range(3):
        breaker = after(breaker, Tally(calls=1), now + 120_000, generation=2)
    assert breaker.circuit is Circuit.CLOSED


def test_a_withdrawn_probes_place_is_free_again() -> None:
    breaker = replace(half_open(), probes_begun=3)
    assert admit(withdraw(breaker, breaker.generation), POLICY, NOW + 30_000).allowed
    assert withdraw(breaker, breaker.generation - 1) == breaker
    assert withdraw(Breaker(), 0) == Breaker()


@pytest.mark.parametrize(("circuit", "allowed"), [(Circuit.FORCED_OPEN, False), (Circuit.FORCED_CLOSED, True)])
def test_a_forced_circuit_stays_whatever_happens(circuit: Circuit, *, allowed: bool) -> None:
    forced = set_by_hand(OPEN, circuit)
    assert forced.generation == OPEN.generation + 1
    decision = admit(forced, POLICY, NOW + 10**9)
    assert (decision.allowed, decision.breaker) == (allowed, forced)
    assert after(forced, Tally(calls=100, failed=100)) == forced


@pytest.mark.parametrize("circuit", [Circuit.OPEN, Circuit.HALF_OPEN])
def test_a_time_that_no_right_clock_wrote_does_not_refuse_for_ever(circuit: Circuit) -> None:
    assert admit(Breaker(circuit=circuit, until=10**18, probes_begun=3), POLICY, NOW).allowed


def test_it_is_near_opening_from_half_the_share_that_opens_it() -> None:
    assert not is_near_opening(Breaker(), POLICY, NOW)
    assert is_near_opening(Breaker(window=NOW, current=Tally(calls=1, failed=1)), POLICY, NOW)
    assert not is_near_opening(Breaker(window=NOW, current=Tally(calls=5, failed=1)), POLICY, NOW)
    assert is_near_opening(Breaker(window=NOW, current=Tally(calls=5, slow=2)), POLICY, NOW)


def test_old_failures_are_no_trouble() -> None:
    breaker = Breaker(window=NOW, current=Tally(calls=1, failed=1))
    assert is_in_trouble(breaker, POLICY, NOW + WINDOW_MS)
    assert not is_in_trouble(breaker, POLICY, NOW + 2 * WINDOW_MS)
    assert not is_near_opening(breaker, POLICY, NOW + 2 * WINDOW_MS)
