"""An attempt with, where it takes long, a second one beside it: the first answer wins, the other is left.

The second one is an attempt with the next number, and uses up one of the call's retries. The tool's function lets both
of them end the call, whichever comes first (see lambdas.runtime.attempt_store); what comes after changes nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from tool_contract.attempt import Hedge
from tool_contract.envelope import Envelope
from tool_contract.errors import ErrorCode
from tool_contract.timestamps import iso_from_ms
from tool_executor.direct.iteration import AttemptFailure, Iteration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tool_executor.clock import Clock
    from tool_executor.direct.hedging import Hedging

Outcome = Envelope | AttemptFailure
_NO_TIME_TO_HEDGE: Final = frozenset({ErrorCode.CIRCUIT_OPEN, ErrorCode.THROTTLED})
#: Metadata of an answer that no run has made: it tells nothing of how long one takes.
_STORED: Final = frozenset({"cached", "replayed"})


class Attempt(Protocol):
    """Sends one attempt and waits for what comes of it."""

    async def __call__(self, iteration: Iteration, hedge: Hedge | None = None) -> Outcome:
        """Return the answer, or why there is none."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a try. ``iteration`` is where the call stands, and its attempt the one that ``outcome`` is of."""

    iteration: Iteration
    outcome: Outcome
    began_ms: int


@dataclass(frozen=True, slots=True)
class _Sent:
    iteration: Iteration
    began_ms: int
    began_elapsed_ms: float
    running: asyncio.Task[Outcome]


@dataclass(frozen=True, slots=True)
class _Failed:
    sent: _Sent
    failure: AttemptFailure

    def alone(self) -> Tried:
        return Tried(self.sent.iteration, self.failure, self.sent.began_ms)


@dataclass(frozen=True, slots=True)
class HedgedAttempt:
    """Makes attempts of one execution, hedged where they may be."""

    attempt: Attempt
    hedging: Hedging
    clock: Clock
    deadline_ms: int

    async def run(self, iteration: Iteration) -> Tried:
        """Make an attempt. Where this task is cancelled, so is whatever it has sent."""
        sent = [self._send(iteration, None)]
        try:
            if await self._is_to_be_hedged(sent[0]):
                hedge = Hedge(started_at=iso_from_ms(sent[0].began_ms), count=iteration.hedges + 1)
                sent.append(self._send(replace(iteration, attempt=iteration.attempt + 1), hedge))
            tried = await _decided(sent)
            self._learn(sent[0])
        finally:
            for one in sent:
                one.running.cancel()
            await asyncio.gather(*(one.running for one in sent), return_exceptions=True)
        return tried

    def _send(self, iteration: Iteration, hedge: Hedge | None) -> _Sent:
        running = asyncio.create_task(self._attempt_of(iteration, hedge))
        return _Sent(iteration, self.clock.now_ms(), self.clock.elapsed_ms(), running)

    async def _attempt_of(self, iteration: Iteration, hedge: Hedge | None) -> Outcome:
        outcome = await self.attempt(iteration, hedge)
        if isinstance(outcome, AttemptFailure) and outcome.error_code in _NO_TIME_TO_HEDGE:
            self.hedging.pause(iteration.current.tool_name)
        return outcome

    async def _is_to_be_hedged(self, first: _Sent) -> bool:
        """Wait as long as the tool mostly takes; whether it still runs then, and may have a hedge."""
        seconds = self.hedging.delay_seconds(first.iteration.current.tool_name)
        if seconds is None:
            return False
        waiting = asyncio.ensure_future(self.clock.sleep(seconds))
        try:
            await asyncio.wait({first.running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        return not first.running.done() and self._may_hedge(first.iteration, seconds)

    def _may_hedge(self, iteration: Iteration, seconds: float) -> bool:
        """Whether there is a retry to use up, time for an answer, and a token."""
        candidate = iteration.current
        has_time = self.clock.now_ms() + seconds * 1000 < self.deadline_ms and seconds < candidate.timeout_seconds
        return has_time and iteration.tries <= len(candidate.delays) and self.hedging.take(candidate.tool_name)

    def _learn(self, first: _Sent) -> None:
        """Learn how long a first attempt took that answered by running, or had taken when it was overtaken."""
        if first.running.done():
            outcome = first.running.result()
            if not isinstance(outcome, Envelope) or _STORED & outcome.metadata.keys():
                return
        seconds = (self.clock.elapsed_ms() - first.began_elapsed_ms) / 1000
        self.hedging.observe(first.iteration.current.tool_name, seconds)


async def _decided(sent: Sequence[_Sent]) -> Tried:
    """Return the first answer; where all have failed, what that comes to."""
    pending = {one.running for one in sent}
    while pending:
        _, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        for one in sent:
            outcome = one.running.result() if one.running.done() else None
            if isinstance(outcome, Envelope):
                return Tried(one.iteration, outcome, one.began_ms)
    failed = [_Failed(one, outcome) for one in sent if isinstance(outcome := one.running.result(), AttemptFailure)]
    return failed[0].alone() if len(failed) == 1 else _both_failed(*failed)


def _both_failed(first: _Failed, second: _Failed) -> Tried:
    """Return where two failures leave the call: one of them decides, the other is a line of the log."""
    decides = _deciding(first, second)
    other = first if decides is second else second
    before = first.sent.iteration
    counted = second.failure.begun or second.failure.error_code is ErrorCode.CIRCUIT_OPEN
    iteration = replace(
        before,
        # What has not begun leaves its number to the next, and so the hedge's is not used, either.
        attempt=decides.sent.iteration.attempt if decides.failure.begun else before.attempt,
        reached=max((one.sent.iteration.attempt for one in (first, second) if one.failure.begun), default=0),
        tries=before.tries + (1 if second.failure.begun else 0),
        hedges=before.hedges + (1 if counted else 0),
        log=(*before.log, other.sent.iteration.entry(other.failure, other.sent.began_ms, "hedged")),
    )
    return Tried(iteration, decides.failure, decides.sent.began_ms)


def _deciding(*failed: _Failed) -> _Failed:
    """Return the failure that decides: one that no other attempt can better, else that of the last to begin."""
    told = [one for one in failed if one.failure.error_code is not ErrorCode.SUPERSEDED] or list(failed)
    begun = [one for one in told if one.failure.begun] or told
    return next((one for one in begun if not one.failure.retryable), begun[-1])
