"""What an execution has to do, as far as its cost depends on it: of one request, or the mean of many. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tool_contract.preflight import (
    TRANSITIONS_AROUND_CALLS,
    TRANSITIONS_OF_A_FAILURE,
    TRANSITIONS_OF_A_FALLBACK,
    TRANSITIONS_OF_A_RETRY,
    TRANSITIONS_OF_A_STOP,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class CallWork:
    """One call. Counts may be means; ``failed`` is 1, or the share of calls that fail for good.

    ``run_seconds`` is what the tool runs over all attempts, ``wait_seconds`` what lies between them. ``cacheable``
    says how much of it asks the cache, ``cache_hits`` how much is answered by it. ``refers_to`` is how many earlier
    calls' records each attempt reads for its input.
    """

    retries: float = 0
    fallbacks: float = 0
    failed: float = 0
    cacheable: float = 0
    cache_hits: float = 0
    keyed: float = 0
    refers_to: float = 0
    run_seconds: float
    wait_seconds: float = 0
    memory_mb: int
    input_bytes: int
    fallback_bytes: int = 0
    note_bytes: int = 0
    result_bytes: int

    @property
    def attempts(self) -> float:
        """How often a tool's function is invoked."""
        return 1 + self.retries + self.fallbacks

    @property
    def failed_attempts(self) -> float:
        """How many of the attempts fail."""
        return self.retries + self.fallbacks + self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionWork:
    """An execution of these calls. ``stops``: how much of it ends at the call of a sequence that fails.

    ``cold``: the share of invocations that start a process. ``by_s3``: the request goes by S3.
    """

    calls: Sequence[CallWork]
    sequence: bool = False
    lanes: int = 1
    tools: int = 1
    cold: float = 0
    by_s3: bool = False
    browser_sessions: float = 0
    browser_seconds: float = 0

    @property
    def attempts(self) -> float:
        """How often tools' functions are invoked."""
        return sum(call.attempts for call in self.calls)

    @property
    def failed_attempts(self) -> float:
        """How many of the attempts fail."""
        return sum(call.failed_attempts for call in self.calls)

    @property
    def failed(self) -> float:
        """How many calls fail for good."""
        return sum(call.failed for call in self.calls)

    @property
    def transitions(self) -> float:
        """How many states the state machine enters."""
        retries = sum(call.retries for call in self.calls)
        fallbacks = sum(call.fallbacks for call in self.calls)
        ends = TRANSITIONS_OF_A_STOP if self.sequence else TRANSITIONS_OF_A_FAILURE
        return (
            TRANSITIONS_AROUND_CALLS
            + len(self.calls)
            + TRANSITIONS_OF_A_RETRY * retries
            + TRANSITIONS_OF_A_FALLBACK * fallbacks
            + ends * self.failed
        )

    @property
    def run_seconds(self) -> float:
        """How long all tools run together."""
        return sum(call.run_seconds for call in self.calls)

    def makespan_seconds(self, *, waits: bool) -> float:
        """Return how long the calls take at least, side by side in the lanes, with or without their waits."""
        each = [call.run_seconds + (call.wait_seconds if waits else 0) for call in self.calls]
        return sum(each) if self.sequence else max(max(each, default=0), sum(each) / self.lanes)
