"""What a request will take before it is run: bytes, history events, state transitions, dollars. Pure.

The planner refuses by it and ``tool-executor validate`` shows it, so that both say the same of every request. What
only a deployment knows (function names, the execution's name, the delays that are drawn) counts at its longest.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from tool_contract import strict_json
from tool_contract.errors import ErrorCode
from tool_contract.invalid_request import InvalidRequestError
from tool_contract.limits import MAX_HISTORY_EVENTS, MAX_PLAN_BYTES
from tool_contract.options import ToolExecutorOptions
from tool_contract.plan_state import plan_state
from tool_contract.problems import Problem
from tool_contract.retry import longest_delays, whole_seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tool_contract.catalog import Catalog
    from tool_contract.policy import CandidatePolicy
    from tool_contract.request import ExecutionRequest

#: Step Functions' price of a state transition of a Standard workflow, beyond the free 4,000 a month (us-east-1).
DOLLARS_PER_TRANSITION: Final = 25 / 1_000_000
#: What the cost leaves out.
NOT_IN_COST: Final = ("Lambda", "DynamoDB", "S3", "CloudWatch", "transitions that Step Functions' own retries add")

_EVENTS_AROUND_CALLS: Final = 24
_EVENTS_OF_A_CALL: Final = 2 + 5
_EVENTS_OF_AN_ATTEMPT: Final = 5 + 2 + 3
_EVENTS_OF_A_BACKOFF: Final = 2

#: Plan, RunCalls, Finish.
TRANSITIONS_AROUND_CALLS: Final = 3
#: Decide, Backoff, Invoke.
TRANSITIONS_OF_A_RETRY: Final = 3
#: Decide, Invoke.
TRANSITIONS_OF_A_FALLBACK: Final = 2
#: Decide, RecordFailure.
TRANSITIONS_OF_A_FAILURE: Final = 2
#: Decide, RecordAndStop, StopSequence: of the one call that stops a sequence.
TRANSITIONS_OF_A_STOP: Final = 3


@dataclass(frozen=True, slots=True)
class CallShape:
    """What the size of a call's run depends on: retries over all its candidates, and its fallbacks."""

    retries: int
    fallbacks: int

    @property
    def attempts(self) -> int:
        """The most attempts that the call can come to."""
        return 1 + self.fallbacks + self.retries


@dataclass(frozen=True, slots=True)
class Course:
    """What one course of events takes: attempts are invocations of tools, the cost is in US dollars."""

    attempts: int
    state_transitions: int

    @property
    def cost_usd(self) -> float:
        """The price of the state transitions, and of nothing else."""
        return self.state_transitions * DOLLARS_PER_TRANSITION

    def to_json(self) -> dict[str, Any]:
        """Return the course as plain JSON values."""
        return {**asdict(self), "cost_usd": round(self.cost_usd, 6)}


@dataclass(frozen=True, slots=True)
class Preflight:
    """What a request takes, and whether it fits.

    ``happy``: every call succeeds at once. ``worst``: every retry and fallback is used up, and every call fails for
    good (of a sequence the last one, for the others would not have run). ``calls_that_fit``: so many from the first
    on fit into one execution.
    """

    calls: int
    request_bytes: int
    plan_bytes: int
    worst_case_events: int
    calls_that_fit: int
    happy: Course
    worst: Course

    def problems(self) -> Iterator[Problem]:
        """Yield what the planner refuses the request for, with the limit and what would fit."""
        if self.plan_bytes > MAX_PLAN_BYTES:
            yield self._too_large(f"The plan of these calls takes {self.plan_bytes:,} bytes; {MAX_PLAN_BYTES:,} fit.")
        if self.worst_case_events > MAX_HISTORY_EVENTS:
            yield self._too_large(
                f"At worst these calls take {self.worst_case_events:,} history events; {MAX_HISTORY_EVENTS:,} fit."
            )

    def require_fit(self) -> None:
        """Raise InvalidRequestError where the request cannot run in one execution."""
        problems = list(self.problems())
        if problems:
            raise InvalidRequestError(problems)

    def _too_large(self, message: str) -> Problem:
        hint = f"The first {self.calls_that_fit} calls fit: split the rest off, or give fewer fallbacks and retries."
        return Problem(pointer="/calls", message=message, error_code=ErrorCode.INVALID_REQUEST, hint=hint)


def preflight(
    request: ExecutionRequest,
    catalog: Catalog,
    options: ToolExecutorOptions | None = None,
    *,
    request_bytes: int | None = None,
) -> Preflight:
    """Return what a checked request takes in a stage of these options.

    Give ``request_bytes`` where the text is at hand that is sent; otherwise they are those of the request's own JSON.
    """
    state = plan_state(request, catalog, options or ToolExecutorOptions(), _Longest())
    shapes = [_shape(call) for call in state["calls"]]
    sizes = _sizes(state)
    return Preflight(
        calls=len(shapes),
        request_bytes=strict_json.byte_size(_sent(request)) if request_bytes is None else request_bytes,
        plan_bytes=sizes[-1],
        worst_case_events=worst_case_events(shapes),
        calls_that_fit=_calls_that_fit(sizes, shapes),
        happy=Course(len(shapes), TRANSITIONS_AROUND_CALLS + len(shapes)),
        worst=Course(sum(shape.attempts for shape in shapes), worst_case_transitions(shapes, request.mode)),
    )


def worst_case_events(shapes: Iterable[CallShape]) -> int:
    """Return the history events of an execution in which every attempt is throttled once and then fails.

    An attempt: entered, scheduled, started, failed (thrice more for a throttle), exited, and Decide's two. A backoff:
    entered, exited. A call: its iteration's two, and the five of RecordFailure.
    """
    return _EVENTS_AROUND_CALLS + sum(_events(shape) for shape in shapes)


def worst_case_transitions(shapes: Iterable[CallShape], mode: str) -> int:
    """Return the state transitions of an execution in which everything fails that can."""
    tries = [
        1 + TRANSITIONS_OF_A_RETRY * shape.retries + TRANSITIONS_OF_A_FALLBACK * shape.fallbacks for shape in shapes
    ]
    ends = TRANSITIONS_OF_A_STOP if mode == "sequence" else TRANSITIONS_OF_A_FAILURE * len(tries)
    return TRANSITIONS_AROUND_CALLS + sum(tries) + ends


class _Longest:
    """Stands in for what only the planner knows, by what is at least as long."""

    #: 80 characters of up to four bytes.
    execution_id: Final = "x" * 320
    deadline: Final = "2026-11-20T10:00:00.000Z"

    def function_of(self, _group: str) -> str:
        """Return as many characters as no function's ARN has, its longest region and name included."""
        return "x" * 140

    def delays_of(self, _call_id: str, _candidate: int, policy: CandidatePolicy) -> list[int]:
        """Return the longest delays that can be drawn."""
        return [whole_seconds(delay) for delay in longest_delays(policy.retry, policy.max_retries)]


def _shape(call: Mapping[str, Any]) -> CallShape:
    candidates = call["candidates"]
    return CallShape(sum(len(candidate["delays"]) for candidate in candidates), len(candidates) - 1)


def _events(shape: CallShape) -> int:
    return _EVENTS_OF_A_CALL + shape.attempts * _EVENTS_OF_AN_ATTEMPT + shape.retries * _EVENTS_OF_A_BACKOFF


def _sizes(state: Mapping[str, Any]) -> list[int]:
    """Return the bytes of the plan of no call, of the first, of the first two …, of all."""
    sizes = [strict_json.byte_size(strict_json.dumps({**state, "calls": []}))]
    for number, call in enumerate(state["calls"]):
        comma = 1 if number else 0
        sizes.append(sizes[-1] + comma + strict_json.byte_size(strict_json.dumps(call)))
    return sizes


def _calls_that_fit(sizes: list[int], shapes: list[CallShape]) -> int:
    events, fit = _EVENTS_AROUND_CALLS, 0
    for size, shape in zip(sizes[1:], shapes, strict=True):
        events += _events(shape)
        if size > MAX_PLAN_BYTES or events > MAX_HISTORY_EVENTS:
            break
        fit += 1
    return fit


def _sent(request: ExecutionRequest) -> str:
    return request.model_dump_json(exclude_unset=True)
