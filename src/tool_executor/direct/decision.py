"""What follows a failed attempt: the state Decide of the workflow, in Python. A test holds the two to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tool_contract.errors import Effect, ErrorCode

if TYPE_CHECKING:
    from tool_executor.direct.iteration import AttemptFailure, Iteration


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Another attempt of the same candidate, after a wait."""

    wait_seconds: float


@dataclass(frozen=True, slots=True)
class FallBack:
    """The next candidate."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The call has failed for good."""


@dataclass(frozen=True, slots=True)
class StopAtDeadline:
    """The deadline passed before the call began: so it did for all that wait."""


Decided = TryAgain | FallBack | GiveUp | StopAtDeadline


def decide(iteration: Iteration, failure: AttemptFailure, now_ms: int, deadline_ms: int) -> Decided:
    """Return what follows. The first that holds: the deadline's end, another attempt, the next candidate, the end."""
    if iteration.attempt == 1 and not failure.begun and now_ms >= deadline_ms:
        return StopAtDeadline()
    candidate = iteration.current
    harmless = failure.effect is Effect.NONE or candidate.repeatable
    if failure.retryable and harmless and iteration.tries <= len(candidate.delays):
        wait = max(candidate.delays[iteration.tries - 1], failure.retry_after_seconds)
        if now_ms + wait * 1000 < deadline_ms:
            return TryAgain(wait)
    has_fallback = iteration.candidate + 1 < len(iteration.candidates)
    if has_fallback and harmless and failure.error_code is not ErrorCode.SUPERSEDED and now_ms < deadline_ms:
        return FallBack()
    return GiveUp()
