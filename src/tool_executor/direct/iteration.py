"""Where a call stands between attempts: what the state machine hands from state to state, as values."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from tool_contract.attempt import LOG_METADATA, AttemptEntry, Decision
from tool_contract.envelope import CallStatus, Envelope
from tool_contract.errors import Effect, ErrorCode
from tool_contract.problems import shortened
from tool_contract.timestamps import iso_from_ms

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOGGED_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Candidate:
    """A tool to try and its policy, as the planner wrote it down. Times are seconds."""

    tool_name: str
    function: str
    timeout_seconds: float
    read_only: bool
    repeatable: bool
    delays: tuple[float, ...]

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Return a candidate of a plan."""
        return cls(**{**state, "delays": tuple(state["delays"])})


@dataclass(frozen=True, slots=True)
class AttemptFailure:
    """Why an attempt failed. ``begun`` is false where the tool was not started: such an attempt is not counted."""

    error_code: ErrorCode
    error: str
    retryable: bool
    effect: Effect
    status: CallStatus = CallStatus.FAILED
    begun: bool = True
    error_type: str | None = None
    retry_after_seconds: float = 0.0
    details: tuple[Mapping[str, Any], ...] = ()
    execution_time_ms: float = 0.0
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_envelope(cls, envelope: Envelope, attempt: int) -> Self:
        """Return the failure that a tool's envelope tells of."""
        return cls(
            error_code=envelope.error_code or ErrorCode.TOOL_FAILED,
            error=envelope.error or "",
            retryable=bool(envelope.retryable),
            effect=envelope.effect or Effect.UNKNOWN,
            status=envelope.status,
            begun=envelope.attempts >= attempt,
            error_type=envelope.metadata.get("error_type") or envelope.error_code,
            retry_after_seconds=envelope.retry_after_seconds or 0.0,
            details=tuple(detail.model_dump(mode="json", exclude_none=True) for detail in envelope.details),
            execution_time_ms=envelope.execution_time_ms,
            metadata={name: value for name, value in envelope.metadata.items() if name not in LOG_METADATA},
        )


@dataclass(frozen=True, slots=True)
class Iteration:
    """A call on its way. ``attempt`` counts over all candidates, ``tries`` within the one that runs, both from 1.

    ``hedges`` of the attempts were sent beside another one; ``reached`` is the highest number that has been used, where
    that is not told by ``attempt``.
    """

    call_id: str
    candidates: tuple[Candidate, ...]
    attempt: int = 1
    candidate: int = 0
    tries: int = 1
    log: tuple[AttemptEntry, ...] = ()
    hedges: int = 0
    reached: int = 0

    @property
    def current(self) -> Candidate:
        """The candidate that runs."""
        return self.candidates[self.candidate]

    def again(self, failure: AttemptFailure, began_ms: int, wait_seconds: float) -> Iteration:
        """Return the call before the next attempt of the same candidate."""
        entry = self.entry(failure, began_ms, "retry", wait_seconds)
        return replace(self, attempt=self._next(failure), tries=self.tries + 1, log=(*self.log, entry))

    def fall_back(self, failure: AttemptFailure, began_ms: int) -> Iteration:
        """Return the call before the first attempt of its next candidate."""
        entry = self.entry(failure, began_ms, "fallback")
        return replace(self, candidate=self.candidate + 1, tries=1, attempt=self._next(failure), log=(*self.log, entry))

    def ended(self, failure: AttemptFailure, began_ms: int) -> tuple[AttemptEntry, ...]:
        """Return the attempt log of a call that has failed for good."""
        return (*self.log, self.entry(failure, began_ms, "end"))

    def begun(self, failure: AttemptFailure) -> int:
        """Return how many attempts have begun after this one has failed."""
        return max(self.attempt - (0 if failure.begun else 1), self.reached)

    def _next(self, failure: AttemptFailure) -> int:
        return self.begun(failure) + 1

    def entry(
        self, failure: AttemptFailure, began_ms: int, decision: Decision, delay_seconds: float | None = None
    ) -> AttemptEntry:
        """Return the line of the log for an attempt that has failed."""
        return AttemptEntry(
            attempt=self.attempt,
            candidate=self.candidate,
            tool_name=self.current.tool_name,
            started_at=iso_from_ms(began_ms),
            duration_ms=failure.execution_time_ms,
            decision=decision,
            error_code=failure.error_code,
            error=shortened(failure.error, _LOGGED_CHARACTERS),
            error_type=failure.error_type,
            effect=failure.effect,
            delay_seconds=delay_seconds,
        )
