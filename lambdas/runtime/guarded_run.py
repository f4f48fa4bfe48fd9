"""A run of a tool behind what keeps it from running needlessly: the cache, the circuit breaker, the retry budget."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from lambdas.runtime.attempt_metrics import note
from lambdas.runtime.attempt_outcome import Failed, Succeeded
from lambdas.runtime.clock import Clock, SystemClock
from lambdas.runtime.retry_budget import without_retry
from lambdas.runtime.tool_run import run_tool
from tool_contract.errors import ErrorCode
from tool_contract.failures import failure_of
from tool_contract.metrics import Metric

if TYPE_CHECKING:
    from lambdas.runtime.breaker_store import Admission, Breakers
    from lambdas.runtime.result_cache import Lease, ResultCache
    from lambdas.runtime.retry_budget import RetryBudget
    from lambdas.runtime.tool import Tool
    from lambdas.runtime.tool_run import Limit
    from tool_contract.failures import Failure

#: Failures that say something of the tool's health; the others are the caller's, or the clock's.
_OF_THE_TOOL: Final = {
    ErrorCode.UNAVAILABLE,
    ErrorCode.RATE_LIMITED,
    ErrorCode.TOOL_TIMEOUT,
    ErrorCode.TOOL_CRASHED,
    ErrorCode.TOOL_FAILED,
}
#: A call is slow if it takes this share of the time that it may take.
_SLOW_SHARE: Final = 0.8


@dataclass(frozen=True, slots=True)
class Run:
    """What is to be run: the tool, the input as it came and as the function's arguments, for whom and how long."""

    tool: Tool
    value: object
    arguments: dict[str, Any]
    limit: Limit
    owner: str

    @property
    def tool_name(self) -> str:
        """The tool's name."""
        return self.tool.spec.name


@dataclass(frozen=True, slots=True)
class Guards:
    """What stands before a run; each may be missing.

    A hedge waits for nobody and probes nothing: it does not wait for another run of the same call, which may be the
    attempt that it is to overtake, and does not run unless the circuit is closed.
    """

    cache: ResultCache | None = None
    breakers: Breakers | None = None
    budget: RetryBudget | None = None
    clock: Clock = field(default_factory=SystemClock)
    is_hedge: bool = False

    def run(self, run: Run) -> Succeeded | Failed:
        """Return the kept result of an equal call, or run the tool if its circuit is closed, and keep its result."""
        found = self._look_up(self.cache, run) if self.cache else None
        if isinstance(found, Succeeded):
            return found
        outcome = self._admitted(run)
        if self.cache is not None and found is not None:
            if isinstance(outcome, Succeeded):
                self.cache.keep(found, outcome)
            else:
                self.cache.release(found)
        return outcome

    def _look_up(self, cache: ResultCache, run: Run) -> Succeeded | Lease | None:
        patience = 0 if self.is_hedge else run.limit.seconds
        return cache.look_up(run.tool.spec, run.value, run.owner, run.limit.seconds, patience_seconds=patience)

    def _admitted(self, run: Run) -> Succeeded | Failed:
        if self.breakers is None:
            return self._budgeted(run, run_tool(run.tool, run.arguments, run.limit))
        admission = self.breakers.admit(run.tool_name, self.clock.now_ms())
        if not admission.allowed:
            note(Metric.BREAKER_OPEN)
            return Failed(_refusal(run.tool_name, admission))
        if self.is_hedge and admission.is_probe:
            self.breakers.withdraw(run.tool_name, admission, self.clock.now_ms())
            return Failed(_refusal(run.tool_name, admission))
        began = self.clock.elapsed_ms()
        outcome = run_tool(run.tool, run.arguments, run.limit)
        self._report(self.breakers, run, admission, outcome, self.clock.elapsed_ms() - began)
        return self._budgeted(run, outcome)

    def _report(
        self, breakers: Breakers, run: Run, admission: Admission, outcome: Succeeded | Failed, took_ms: float
    ) -> None:
        failed = isinstance(outcome, Failed) and outcome.failure.code in _OF_THE_TOOL
        if isinstance(outcome, Failed) and not failed:
            breakers.withdraw(run.tool_name, admission, self.clock.now_ms())
            return
        slow = not run.limit.by_deadline and took_ms >= _SLOW_SHARE * run.limit.seconds * 1000
        breakers.report(run.tool_name, admission, failed=failed, slow=slow, now_ms=self.clock.now_ms())

    def _budgeted(self, run: Run, outcome: Succeeded | Failed) -> Succeeded | Failed:
        """Take a token for the retry that would follow; without one, say that none is to follow."""
        if self.budget is None or isinstance(outcome, Succeeded) or not outcome.failure.retryable:
            return outcome
        if self.budget.take(run.tool_name, self.clock.now_ms()):
            return outcome
        note(Metric.RETRY_BUDGET_EMPTY)
        return replace(outcome, failure=without_retry(outcome.failure))


def _refusal(tool_name: str, admission: Admission) -> Failure:
    if admission.by_hand:
        failure = failure_of(ErrorCode.CIRCUIT_OPEN, "A person has opened the tool's circuit; it was not run.")
        return replace(failure, retryable=False, hint=f"'tool-executor breaker reset {tool_name}' closes it.")
    failure = failure_of(ErrorCode.CIRCUIT_OPEN, "The tool fails too often just now; it was not run.")
    return replace(failure, retry_after_seconds=admission.retry_after_seconds)
