"""The circuit breakers of all tools, shared by the fleet through the tool state table. Where it fails, calls go on.

A process reads a tool's breaker at most once a second, and only when it is called. Outcomes are tallied in the process.
They are written when one failed or was slow, every 20 successes, and when the window turns, if anything went wrong in
it: successes are only the other side of failures. While a share stands near what opens the circuit (half of it), each
success is written, so that failures, which are written at once, are not seen without them.

What a million calls cost in DynamoDB, on demand at us-east-1's $0.625 a million writes and $0.125 a million consistent
reads, an item being below 1 KB; test_breaker_store_cost.py counts it, for ten processes:

- all goes well: $0.06 at 100 calls a second (a read a process and second, a write for 20 calls, often made again
  because another process was ahead), $0.13 at one call in two seconds (a read for each call, no writes);
- 1 % of the calls fail: $0.07 and $0.18; 10 %: $0.14 and $0.40 (a write for each failure, and for the few successes
  that come while failures stand out);
- the tool is dead: $0.10 (the first ten calls are written, then at most six writes for each round of probes).

A fleet of thousands of processes that have seen a few calls each would tell of all failures and hardly any success. So
each process begins its twenty with a head start, drawn at random: of a fleet's first successes as many are told as
there are, by few. Over 500 calls a second more of them make a write: an item takes some hundred writes a second.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from random import SystemRandom
from typing import TYPE_CHECKING, Final

from lambdas.runtime import circuit_breaker, telemetry
from lambdas.runtime.attempt_metrics import note
from lambdas.runtime.breaker_table import BreakerTable
from lambdas.runtime.circuit_breaker import DEFAULT_POLICY, Batch, BreakerPolicy
from lambdas.runtime.tool_state_outage import Outage, Pause, ToolStateUnavailable, pause_of
from tool_contract.breaker_item import Breaker, Circuit, Stored, Tally
from tool_contract.metrics import Metric
from tool_contract.timestamps import iso_from_ms

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_READ_KEPT_MS: Final = 1000
_SUCCESSES_A_WRITE: Final = 20
_SUCCESS_WRITES_A_SECOND: Final = 25
_TRIES: Final = 8
_FIRST_WAIT_SECONDS: Final = 0.004
_CROWDED_SECONDS: Final = 1.0

Rule = Callable[[Breaker], Breaker]


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a call may run, and if not, when to come back.

    Hand it to :meth:`Breakers.report` with the call's outcome. ``generation`` is None where the breaker is unknown.
    ``by_hand``: a person has opened the circuit, and nobody knows when to come back.
    """

    allowed: bool
    generation: int | None = None
    retry_after_seconds: float = 0.0
    is_probe: bool = False
    by_hand: bool = False


_UNGUARDED: Final = Admission(allowed=True)


@dataclass
class _Known:
    """What this process knows of a tool's breaker, and the outcomes that it has not written yet."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    stored: Stored = field(default_factory=Stored)
    read_ms: int = 0
    pending: Batch | None = None
    #: Successes that are told beside those that the next write tells: see the module's docstring.
    head_start: int = 0

    def hold(self, stored: Stored, now_ms: int) -> None:
        self.stored, self.read_ms = stored, now_ms


def _nothing(_: int) -> int:
    return 0


class Breakers:
    """The breakers of a deployment's tools. Threads may share it; a process should have one, which remembers.

    ``wait`` takes seconds: how to let time pass before a write is tried again that another process was ahead of.
    ``draw`` returns a number from 0 up to, and without, the one that it is given: the head start of a process.
    """

    def __init__(
        self,
        table: str,
        client: DynamoDBClient | None = None,
        *,
        policy: BreakerPolicy = DEFAULT_POLICY,
        wait: Callable[[float], None] = time.sleep,
        draw: Callable[[int], int] = _nothing,
        pause: Pause | None = None,
    ) -> None:
        self._table = BreakerTable(table, client)
        self._policy = policy
        self._wait = wait
        self._draw = draw
        self._tools: dict[str, _Known] = {}
        self._outage = Outage("circuit breaker", pause)

    @classmethod
    def from_environment(cls) -> Breakers | None:
        """Return the process's breakers, always the same; None without TOOL_STATE_TABLE."""
        table = os.environ.get("TOOL_STATE_TABLE")
        return _of_process(table) if table else None

    def admit(self, tool_name: str, now_ms: int) -> Admission:
        """Decide on a call that wants to run now; never raises because of the table."""
        known = self._known(tool_name)
        with known.lock:
            if self._outage.lasts(now_ms):
                return _UNGUARDED
            try:
                return self._admit(tool_name, known, now_ms)
            except ToolStateUnavailable as error:
                self._outage.begin(tool_name, error, now_ms)
                return _UNGUARDED

    def report(self, tool_name: str, admission: Admission, *, failed: bool, slow: bool, now_ms: int) -> None:
        """Count the outcome of an admitted call; never raises because of the table.

        Not to be called for what says nothing about the tool (the caller's errors, cancels, cached results): if such
        a call was a probe, give its place back by :meth:`withdraw`.
        """
        if admission.generation is None or not admission.allowed:
            return
        window = circuit_breaker.window_start(self._policy, now_ms)
        outcome = Batch(admission.generation, window, Tally(calls=1, failed=int(failed), slow=int(slow)))
        known = self._known(tool_name)
        with known.lock:
            if self._outage.lasts(now_ms):
                return
            try:
                self._report(tool_name, known, outcome, now_ms)
            except ToolStateUnavailable as error:
                known.pending = None
                self._outage.begin(tool_name, error, now_ms)

    def withdraw(self, tool_name: str, admission: Admission, now_ms: int) -> None:
        """Give a probe's place back to another call; does nothing for calls that are no probes."""
        generation = admission.generation
        if generation is None or not admission.is_probe:
            return
        known = self._known(tool_name)
        with known.lock:
            if self._outage.lasts(now_ms):
                return
            try:
                self._change(
                    tool_name, known, lambda breaker: circuit_breaker.withdraw(breaker, generation), now_ms=now_ms
                )
            except ToolStateUnavailable as error:
                self._outage.begin(tool_name, error, now_ms)

    def _known(self, tool_name: str) -> _Known:
        known = self._tools.get(tool_name)
        if known is None:  # one step for all threads, as a defaultdict's is not
            known = self._tools.setdefault(tool_name, _Known(head_start=self._draw(_SUCCESSES_A_WRITE)))
        return known

    def _admit(self, tool_name: str, known: _Known, now_ms: int) -> Admission:
        if not 0 <= now_ms - known.read_ms < _READ_KEPT_MS:
            known.hold(self._table.read(tool_name), now_ms)
        decided_on = self._change(
            tool_name,
            known,
            lambda breaker: circuit_breaker.admit(breaker, self._policy, now_ms).breaker,
            now_ms=now_ms,
        )
        if decided_on is None:  # only a half-open circuit is this crowded: the probes' places are taken, or nearly
            return Admission(allowed=False, retry_after_seconds=_CROWDED_SECONDS)
        decision = circuit_breaker.admit(decided_on, self._policy, now_ms)
        if decision.breaker.circuit is Circuit.FORCED_OPEN:
            return Admission(allowed=False, by_hand=True)
        return Admission(decision.allowed, decision.breaker.generation, decision.retry_after_seconds, decision.is_probe)

    def _report(self, tool_name: str, known: _Known, outcome: Batch, now_ms: int) -> None:
        if outcome.generation != known.stored.breaker.generation or known.stored.breaker.circuit.is_forced:
            known.pending = None
            return
        pending = known.pending
        if pending is not None and pending.generation == outcome.generation:
            if pending.window == outcome.window:
                outcome = Batch(outcome.generation, outcome.window, pending.tally + outcome.tally)
            elif circuit_breaker.is_in_trouble(known.stored.breaker, self._policy, now_ms):
                self._count(tool_name, known, pending, now_ms)
        known.pending = outcome
        breaker = known.stored.breaker
        a_write = max(_SUCCESSES_A_WRITE, round(self._calls_a_second(breaker, now_ms) / _SUCCESS_WRITES_A_SECOND))
        told = outcome
        if not self._is_urgent(breaker, outcome.tally, now_ms):
            if outcome.tally.calls + known.head_start < a_write:
                return
            told = Batch(outcome.generation, outcome.window, outcome.tally + Tally(calls=known.head_start))
        if self._count(tool_name, known, told, now_ms):
            known.pending, known.head_start = None, self._draw(a_write)

    def _calls_a_second(self, breaker: Breaker, now_ms: int) -> float:
        elapsed = max(1.0, (now_ms - breaker.window) / 1000)
        return max(breaker.current.calls / elapsed, breaker.previous.calls / self._policy.window_seconds)

    def _is_urgent(self, breaker: Breaker, tally: Tally, now_ms: int) -> bool:
        return (
            tally.failed > 0
            or tally.slow > 0
            or breaker.circuit is Circuit.HALF_OPEN
            or circuit_breaker.is_near_opening(breaker, self._policy, now_ms)
        )

    def _count(self, tool_name: str, known: _Known, batch: Batch, now_ms: int) -> bool:
        def counted(breaker: Breaker) -> Breaker:
            return circuit_breaker.report(breaker, self._policy, batch, now_ms)

        return self._change(tool_name, known, counted, now_ms=now_ms) is not None

    def _change(self, tool_name: str, known: _Known, rule: Rule, *, now_ms: int) -> Breaker | None:
        """Bring the breaker to where the rule says; return the one that the rule was applied to, None if crowded out.

        Nothing is written where the rule changes nothing.
        """
        for number in range(_TRIES):
            before = known.stored.breaker
            after = rule(before)
            if after == before:
                return before
            standing, taken = self._table.put(tool_name, after, known.stored, now_ms)
            known.hold(standing, now_ms)
            if taken:
                _tell(tool_name, before, after)
                return before
            self._wait(SystemRandom().uniform(0, _FIRST_WAIT_SECONDS * 2**number))
        return None


@cache
def _of_process(table: str) -> Breakers:
    return Breakers(table, pause=pause_of(table), draw=SystemRandom().randrange)


def _tell(tool_name: str, before: Breaker, after: Breaker) -> None:
    if after.circuit is before.circuit:
        return
    said = {"tool": tool_name, "circuit": after.circuit, "generation": after.generation, "openings": after.openings}
    if after.circuit is Circuit.OPEN:
        note(Metric.BREAKER_OPENED)
        said["until"] = iso_from_ms(after.until)
    telemetry.logger.warning("circuit breaker changed", extra=said)
