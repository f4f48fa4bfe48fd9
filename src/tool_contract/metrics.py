"""The metrics of a deployment: their names, their units, and who writes them.

Namespace ``ToolExecutor``; dimensions ``tool`` and ``stage``, for those of the sweep ``stage`` alone. Three sources:

- *from the records*, by the finisher, once for each execution that it closes: what they sum up to is what the history
  holds. Calls, outcomes and times are the tool's that was asked for, attempts the tool's that was tried.
- *live*, by the runtime in the tool's function, with each invocation: what happens to attempts, also to those that
  changed no record. What dies on its way is missing here, and counted from the record.
- *by the sweep*, once a minute: what is open just now.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from tool_contract.envelope import CallStatus

NAMESPACE: Final = "ToolExecutor"
TOOL: Final = "tool"
STAGE: Final = "stage"


class Unit(StrEnum):
    """CloudWatch's name of a unit."""

    COUNT = "Count"
    MILLISECONDS = "Milliseconds"
    SECONDS = "Seconds"


class Metric(StrEnum):
    """A metric's name."""

    CALLS = "Calls"
    CALLS_SUCCESS = "CallsSuccess"
    CALLS_FAILED = "CallsFailed"
    CALLS_TIMEOUT = "CallsTimeout"
    CALLS_SKIPPED = "CallsSkipped"
    CALLS_CANCELLED = "CallsCancelled"
    ATTEMPTS = "Attempts"
    RETRIES = "Retries"
    FALLBACKS = "Fallbacks"
    HEDGES = "Hedges"
    HEDGES_WON = "HedgesWon"
    CACHE_HITS = "CacheHits"
    REPLAYS = "Replays"
    TIMEOUTS = "Timeouts"
    EXECUTION_TIME = "ExecutionTime"
    QUEUE_TIME = "QueueTime"

    ATTEMPT_TIME = "AttemptTime"
    COLD_START = "ColdStart"
    LATE_ATTEMPTS = "LateAttempts"
    REDELIVERIES = "Redeliveries"
    BREAKER_OPEN = "BreakerOpen"
    BREAKER_OPENED = "BreakerOpened"
    RETRY_BUDGET_EMPTY = "RetryBudgetEmpty"
    UNRECORDED_ATTEMPTS = "UnrecordedAttempts"

    OPEN_EXECUTIONS = "OpenExecutions"
    OLDEST_OPEN_SECONDS = "OldestOpenSeconds"
    OPEN_CIRCUITS = "OpenCircuits"

    @property
    def unit(self) -> Unit:
        """What the metric's values are."""
        return _UNITS.get(self, Unit.COUNT)

    @property
    def meaning(self) -> str:
        """What one value of the metric says, in a sentence."""
        return _MEANINGS[self]


_UNITS: Final = {
    Metric.EXECUTION_TIME: Unit.MILLISECONDS,
    Metric.QUEUE_TIME: Unit.MILLISECONDS,
    Metric.ATTEMPT_TIME: Unit.MILLISECONDS,
    Metric.OLDEST_OPEN_SECONDS: Unit.SECONDS,
}
_MEANINGS: Final = {
    Metric.CALLS: "A call has ended, however.",
    Metric.CALLS_SUCCESS: "It ended with a result, its own or a fallback's.",
    Metric.CALLS_FAILED: "It failed for good.",
    Metric.CALLS_TIMEOUT: "It ran out of its own time, or of its execution's.",
    Metric.CALLS_SKIPPED: "It was not run: a call before it in its sequence failed.",
    Metric.CALLS_CANCELLED: "Its execution was stopped before it ended.",
    Metric.ATTEMPTS: "An attempt was begun: the record's `attempts` rose by one.",
    Metric.RETRIES: "An attempt was decided on after one of the same tool.",
    Metric.FALLBACKS: "A call left this tool for its next fallback.",
    Metric.HEDGES: "A second attempt was begun beside a slow one, on the direct route.",
    Metric.HEDGES_WON: "Such a second attempt answered first.",
    Metric.CACHE_HITS: "A kept result answered a call; no tool ran.",
    Metric.REPLAYS: "The result of an earlier call with the same idempotency key answered.",
    Metric.TIMEOUTS: "An attempt of this tool, or a call before its first, ran out of time.",
    Metric.EXECUTION_TIME: "From a call's first attempt to its end.",
    Metric.QUEUE_TIME: "From the execution's start to the call's first attempt.",
    Metric.ATTEMPT_TIME: "How long one invocation took inside the tool's function.",
    Metric.COLD_START: "An invocation was the first of its process.",
    Metric.LATE_ATTEMPTS: "An attempt came, or ended, when its call had gone on without it; it changed no record.",
    Metric.REDELIVERIES: "The platform delivered an attempt's event once more; it is no attempt of its own.",
    Metric.BREAKER_OPEN: "An attempt was refused because the tool's circuit is open.",
    Metric.BREAKER_OPENED: "The tool's circuit opened.",
    Metric.RETRY_BUDGET_EMPTY: "A failed attempt was not retried because the tool's retry budget was used up.",
    Metric.UNRECORDED_ATTEMPTS: "The tool was invoked outside of any execution; the history knows nothing of it.",
    Metric.OPEN_EXECUTIONS: "How many executions are open.",
    Metric.OLDEST_OPEN_SECONDS: "How long past its deadline the execution is that should have ended first; 0 if none.",
    Metric.OPEN_CIRCUITS: "How many tools have an open circuit.",
}
_OUTCOMES: Final = {
    CallStatus.SUCCESS: Metric.CALLS_SUCCESS,
    CallStatus.FAILED: Metric.CALLS_FAILED,
    CallStatus.TIMEOUT: Metric.CALLS_TIMEOUT,
    CallStatus.SKIPPED: Metric.CALLS_SKIPPED,
    CallStatus.CANCELLED: Metric.CALLS_CANCELLED,
}

_IN_ORDER: Final = tuple(Metric)
FROM_RECORDS: Final = _IN_ORDER[: _IN_ORDER.index(Metric.ATTEMPT_TIME)]
LIVE: Final = _IN_ORDER[_IN_ORDER.index(Metric.ATTEMPT_TIME) : _IN_ORDER.index(Metric.OPEN_EXECUTIONS)]
BY_THE_SWEEP: Final = _IN_ORDER[_IN_ORDER.index(Metric.OPEN_EXECUTIONS) :]


def outcome_metric(status: CallStatus) -> Metric:
    """Return the metric that counts calls of a terminal status. Raises KeyError for one that is not."""
    return _OUTCOMES[status]
