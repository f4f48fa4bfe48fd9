"""When a tool's circuit opens and closes: pure rules over its breaker, fleet-wide because the breaker is shared.

Closed: calls pass, their outcomes are counted in a sliding window (the window that runs, and a share of the one before
it). Open: calls are refused at once, with the time to come back. Half-open: as many probes as the policy says pass;
all of them must succeed. A generation counts the changes of circuit: outcomes of an older one change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from tool_contract.breaker_item import Breaker, Circuit, Tally

#: How soon a call that finds all probes under way should come back: probes mostly end long before their patience.
PROBES_UNDER_WAY_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When to open, and for how long. Shares are of the calls in the window.

    A second round of probes is let through after ``probe_patience_seconds``: probes may never report.
    """

    window_seconds: int = 60
    minimum_calls: int = 10
    failed_share: float = 0.5
    slow_share: float = 0.8
    open_seconds: int = 30
    longest_open_seconds: int = 300
    probes: int = 3
    probe_patience_seconds: int = 60


DEFAULT_POLICY: Final = BreakerPolicy()


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a call may run. ``breaker`` is the state to write first, if it differs from the one read."""

    allowed: bool
    breaker: Breaker
    retry_after_seconds: float = 0.0

    @property
    def is_probe(self) -> bool:
        """Whether the call runs to find out if the tool works again."""
        return self.allowed and self.breaker.circuit is Circuit.HALF_OPEN


@dataclass(frozen=True, slots=True)
class Batch:
    """Outcomes of calls that were admitted in one generation and ended in one window (its start, in ms)."""

    generation: int
    window: int
    tally: Tally


def window_start(policy: BreakerPolicy, now_ms: int) -> int:
    """Return when the window of a moment began: the same for everybody, in milliseconds since 1970."""
    return now_ms - now_ms % (policy.window_seconds * 1000)


def admit(breaker: Breaker, policy: BreakerPolicy, now_ms: int) -> Decision:
    """Decide on a call that wants to run now."""
    match breaker.circuit:
        case Circuit.CLOSED | Circuit.FORCED_CLOSED:
            return Decision(allowed=True, breaker=breaker)
        case Circuit.FORCED_OPEN:
            return Decision(allowed=False, breaker=breaker, retry_after_seconds=policy.open_seconds)
        case Circuit.OPEN:
            left = _seconds_left(breaker.until, now_ms, policy.longest_open_seconds)
            if left > 0:
                return Decision(allowed=False, breaker=breaker, retry_after_seconds=left)
            return Decision(allowed=True, breaker=_half_open(breaker, policy, now_ms))
        case Circuit.HALF_OPEN:
            return _admit_probe(breaker, policy, now_ms)


def report(breaker: Breaker, policy: BreakerPolicy, batch: Batch, now_ms: int) -> Breaker:
    """Return the breaker after these outcomes: the same one if they come too late or a person has decided."""
    if batch.generation != breaker.generation:
        return breaker
    if breaker.circuit is Circuit.HALF_OPEN:
        return _after_probes(breaker, policy, batch.tally, now_ms)
    if breaker.circuit is not Circuit.CLOSED:
        return breaker
    counted = _counted(_rolled(breaker, policy, window_start(policy, now_ms)), policy, batch)
    return _opened(counted, policy, now_ms) if _is_bad(counted, policy, now_ms) else counted


def withdraw(breaker: Breaker, generation: int) -> Breaker:
    """Give a probe's place back: its call ended without telling anything about the tool."""
    if breaker.circuit is not Circuit.HALF_OPEN or breaker.generation != generation:
        return breaker
    return replace(breaker, probes_begun=max(0, breaker.probes_begun - 1))


def is_in_trouble(breaker: Breaker, policy: BreakerPolicy, now_ms: int) -> bool:
    """Whether anything failed or was slow in the windows that count: only then do successes matter."""
    rolled = _rolled(breaker, policy, window_start(policy, now_ms))
    seen = rolled.current + rolled.previous
    return seen.failed > 0 or seen.slow > 0


def is_near_opening(breaker: Breaker, policy: BreakerPolicy, now_ms: int) -> bool:
    """Whether a share stands at half of what opens the circuit, however few the calls: then every success counts."""
    calls, failed, slow = _seen(_rolled(breaker, policy, window_start(policy, now_ms)), policy, now_ms)
    return (failed > 0 and 2 * failed >= policy.failed_share * calls) or (
        slow > 0 and 2 * slow >= policy.slow_share * calls
    )


def _admit_probe(breaker: Breaker, policy: BreakerPolicy, now_ms: int) -> Decision:
    if breaker.probes_begun < policy.probes:
        return Decision(allowed=True, breaker=replace(breaker, probes_begun=breaker.probes_begun + 1))
    left = _seconds_left(breaker.until, now_ms, policy.probe_patience_seconds)
    if left > 0:
        return Decision(allowed=False, breaker=breaker, retry_after_seconds=min(left, PROBES_UNDER_WAY_SECONDS))
    # Probes that never reported (a crash) must not keep it half-open for ever. The generation stays: the probes of a
    # tool that takes longer than this patience still count when they end.
    until = now_ms + policy.probe_patience_seconds * 1000
    return Decision(allowed=True, breaker=replace(breaker, probes_begun=1, until=until))


def _seconds_left(until: int, now_ms: int, at_most: int) -> float:
    """Return the seconds until then; none if no right clock can have written it: it must not refuse for ever."""
    left = (until - now_ms) / 1000
    return left if 0 < left <= at_most else 0.0


def _half_open(breaker: Breaker, policy: BreakerPolicy, now_ms: int) -> Breaker:
    return Breaker(
        circuit=Circuit.HALF_OPEN,
        generation=breaker.generation + 1,
        until=now_ms + policy.probe_patience_seconds * 1000,
        openings=breaker.openings,
        probes_begun=1,
    )


def _after_probes(breaker: Breaker, policy: BreakerPolicy, tally: Tally, now_ms: int) -> Breaker:
    if tally.failed:
        return _opened(breaker, policy, now_ms)
    succeeded, slow = breaker.probes_succeeded + tally.calls, breaker.probes_slow + tally.slow
    if succeeded < policy.probes:
        return replace(breaker, probes_succeeded=succeeded, probes_slow=slow)
    if slow >= policy.slow_share * succeeded:
        return _opened(breaker, policy, now_ms)
    return Breaker(generation=breaker.generation + 1)


def _opened(breaker: Breaker, policy: BreakerPolicy, now_ms: int) -> Breaker:
    # Ten doublings are beyond any cap; an unbounded power would only grow.
    seconds = min(policy.longest_open_seconds, policy.open_seconds * 2 ** min(breaker.openings, 10))
    return Breaker(
        circuit=Circuit.OPEN,
        generation=breaker.generation + 1,
        until=now_ms + seconds * 1000,
        openings=breaker.openings + 1,
    )


def _rolled(breaker: Breaker, policy: BreakerPolicy, window: int) -> Breaker:
    """Move on to a later window. A clock that is behind moves nothing back."""
    if window <= breaker.window:
        return breaker
    follows = window - breaker.window == policy.window_seconds * 1000
    return replace(breaker, window=window, current=Tally(), previous=breaker.current if follows else Tally())


def _counted(breaker: Breaker, policy: BreakerPolicy, batch: Batch) -> Breaker:
    if batch.window >= breaker.window:
        return replace(breaker, current=breaker.current + batch.tally)
    if batch.window == breaker.window - policy.window_seconds * 1000:
        return replace(breaker, previous=breaker.previous + batch.tally)
    return breaker


def _is_bad(breaker: Breaker, policy: BreakerPolicy, now_ms: int) -> bool:
    calls, failed, slow = _seen(breaker, policy, now_ms)
    if calls < policy.minimum_calls:
        return False
    return failed >= policy.failed_share * calls or slow >= policy.slow_share * calls


def _seen(breaker: Breaker, policy: BreakerPolicy, now_ms: int) -> tuple[float, float, float]:
    """Return calls, failed and slow in the sliding window: what runs, and that share of the one before it still in."""
    share = min(1.0, max(0.0, 1 - (now_ms - breaker.window) / (policy.window_seconds * 1000)))
    now, before = breaker.current, breaker.previous
    return now.calls + share * before.calls, now.failed + share * before.failed, now.slow + share * before.slow
