"""What holds of a breaker whatever calls come, in whatever order they end."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from lambdas.runtime.circuit_breaker import DEFAULT_POLICY, Batch, admit, report, window_start, withdraw
from tests.unit.runtime.fake_clock import START_MS
from tool_contract.breaker_item import Breaker, Circuit, Tally, set_by_hand

POLICY = DEFAULT_POLICY
MOMENTS = st.integers(0, 10**14)
TALLIES = st.integers(0, 40).flatmap(
    lambda calls: st.builds(Tally, st.just(calls), st.integers(0, calls), st.integers(0, calls))
)
BREAKERS = st.builds(
    Breaker,
    circuit=st.sampled_from(Circuit),
    generation=st.integers(0, 1000),
    window=MOMENTS,
    current=TALLIES,
    previous=TALLIES,
    until=MOMENTS,
    openings=st.integers(0, 10**6),
    probes_begun=st.integers(0, 5),
    probes_succeeded=st.integers(0, 2),
    probes_slow=st.integers(0, 2),
)


class Call(NamedTuple):
    generation: int
    is_probe: bool


class BreakerLife(RuleBasedStateMachine):
    """Calls begin and end in any order while time passes; some never end."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker, self.now = Breaker(), START_MS
        self.running: list[Call] = []
        self.probe_times: list[int] = []
        self.generations = [0]
        self.dead = False

    @rule(milliseconds=st.integers(0, 90_000))
    def time_passes(self, milliseconds: int) -> None:
        self.now += milliseconds

    @rule(calls=st.integers(1, 15))
    def calls_begin(self, calls: int) -> None:
        for _ in range(calls):
            decision = admit(self.breaker, POLICY, self.now)
            assert decision.allowed or 0 < decision.retry_after_seconds <= POLICY.longest_open_seconds
            self._move_to(decision.breaker)
            if decision.allowed:
                self.running.append(Call(self.breaker.generation, decision.is_probe))
            if decision.is_probe:
                self.probe_times.append(self.now)

    @precondition(lambda self: self.running)
    @rule(data=st.data(), slow=st.booleans(), calls=st.integers(1, 15))
    def calls_end(self, data: st.DataObject, calls: int, *, slow: bool) -> None:
        for _ in range(min(calls, len(self.running))):
            call = self.running.pop(data.draw(st.integers(0, len(self.running) - 1)))
            tally = Tally(1, int(self.dead), int(slow))
            batch = Batch(call.generation, window_start(POLICY, self.now), tally)
            before = self.breaker
            self._move_to(report(before, POLICY, batch, self.now))
            if call.generation != before.generation:
                assert self.breaker == before

    @rule()
    def the_tool_breaks_or_is_mended(self) -> None:
        self.dead = not self.dead

    @rule(circuit=st.sampled_from([Circuit.CLOSED, Circuit.FORCED_OPEN, Circuit.FORCED_CLOSED]))
    def a_person_decides(self, circuit: Circuit) -> None:
        self._move_to(set_by_hand(self.breaker, circuit))

    @invariant()
    def generations_rise_with_each_change_of_circuit_and_never_fall(self) -> None:
        assert self.generations == sorted(set(self.generations))

    @invariant()
    def no_more_probes_pass_in_their_patience_than_the_policy_says(self) -> None:
        if self.breaker.circuit is Circuit.HALF_OPEN:
            since = self.breaker.until - POLICY.probe_patience_seconds * 1000
            assert sum(moment >= since for moment in self.probe_times) <= POLICY.probes

    def _move_to(self, breaker: Breaker) -> None:
        assert breaker.generation >= self.breaker.generation
        assert (breaker.circuit is self.breaker.circuit) or breaker.generation > self.breaker.generation
        if breaker.generation > self.breaker.generation:
            self.generations.append(breaker.generation)
            self.probe_times.clear()
        self.breaker = breaker


TestBreakerLife = BreakerLife.TestCase


@given(breaker=BREAKERS, now=MOMENTS)
def test_no_state_is_stuck_open_a_working_tool_is_back_within_six_minutes(breaker: Breaker, now: int) -> None:
    if breaker.circuit is Circuit.FORCED_OPEN:
        return
    later = now + max(POLICY.longest_open_seconds, POLICY.probe_patience_seconds) * 1000
    for _ in range(POLICY.probes + 1):
        decision = admit(breaker, POLICY, later)
        if not decision.allowed:  # the probes of others: their places are given away in time
            later += POLICY.probe_patience_seconds * 1000
            decision = admit(breaker, POLICY, later)
        assert decision.allowed
        window = window_start(POLICY, later)
        breaker = report(decision.breaker, POLICY, Batch(decision.breaker.generation, window, Tally(calls=1)), later)
    # A window full of failures may still stand against one success: it opens once, and not for ever.
    if breaker.circuit is Circuit.OPEN:
        assert admit(breaker, POLICY, breaker.until).allowed
    else:
        assert breaker.circuit in {Circuit.CLOSED, Circuit.FORCED_CLOSED}


@given(breaker=BREAKERS, tally=TALLIES, window=MOMENTS, now=MOMENTS, generation=st.integers(0, 1000))
def test_a_report_never_lets_a_generation_fall_nor_counts_what_belongs_to_another(
    breaker: Breaker, tally: Tally, window: int, now: int, generation: int
) -> None:
    after = report(breaker, POLICY, Batch(generation, window, tally), now)
    assert after.generation - breaker.generation in {0, 1}
    assert generation == breaker.generation or after == breaker


@given(breaker=BREAKERS, generation=st.integers(0, 1000))
def test_no_more_places_are_given_back_than_were_taken(breaker: Breaker, generation: int) -> None:
    assert 0 <= withdraw(breaker, generation).probes_begun <= breaker.probes_begun
