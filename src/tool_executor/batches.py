"""From calls to requests: which calls go into which execution, and at what concurrency."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tool_contract.errors import ErrorCode
from tool_contract.limits import MAX_CALLS, MAX_CONCURRENCY, MAX_EXECUTION_TIMEOUT_SECONDS
from tool_contract.problems import Problem
from tool_executor.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tool_executor.calls import Call

_LEAST_TIMEOUT_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Batch:
    """One execution's request, and where its calls stand among all calls that were asked for."""

    request: dict[str, Any]
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the executor says of calls that do not say it themselves, and of all its executions."""

    call_fields: Mapping[str, Any]
    max_workers: int
    caller: str | None = None

    def call(self, call: Call) -> dict[str, Any]:
        """Return a call as it is sent."""
        return {**self.call_fields, **call.to_json()}

    def request(self, timeout_seconds: float | None, correlation_id: str | None, concurrency: int) -> dict[str, Any]:
        """Return the fields of a request but its calls. A timeout under a second is one: the client waits no longer."""
        if timeout_seconds is not None and not 0 < timeout_seconds <= MAX_EXECUTION_TIMEOUT_SECONDS:
            raise _refused(
                f"The timeout must be above 0 and at most {MAX_EXECUTION_TIMEOUT_SECONDS:,} seconds, "
                f"not {timeout_seconds}.",
                "/timeout_seconds",
            )
        fields = {
            "correlation_id": correlation_id,
            "timeout_seconds": None if timeout_seconds is None else max(_LEAST_TIMEOUT_SECONDS, timeout_seconds),
            "max_concurrency": concurrency,
            "caller": self.caller,
        }
        return {name: value for name, value in fields.items() if value is not None}


def parallel_batches(
    calls: Sequence[Call], defaults: Defaults, timeout_seconds: float | None, correlation_id: str
) -> list[Batch]:
    """Return the executions that run calls beside each other: as few as the limits of one allow.

    Calls of different correlation ids go into executions of their own: the id is the execution's. Raises
    InvalidRequestError if there are no calls.
    """
    if not calls:
        raise _refused("There are no calls to run.", "/calls")
    by_correlation: dict[str, list[int]] = defaultdict(list)
    for position, call in enumerate(calls):
        by_correlation[call.correlation_id or correlation_id].append(position)
    parts = [
        (own_id, part)
        for own_id, positions in by_correlation.items()
        for part in _parts(positions, _share(len(positions), len(calls), defaults.max_workers))
    ]
    workers = max(1, min(MAX_CONCURRENCY, math.ceil(defaults.max_workers / len(parts))))
    return [
        Batch(
            {
                **defaults.request(timeout_seconds, own_id, workers),
                "calls": [defaults.call(calls[position]) for position in part],
            },
            tuple(part),
        )
        for own_id, part in parts
    ]


def sequence_batch(
    calls: Sequence[Call], defaults: Defaults, timeout_seconds: float | None, correlation_id: str
) -> Batch:
    """Return the execution that runs calls one after another.

    Raises InvalidRequestError if there are none, more than one execution holds, or several correlation ids.
    """
    if not calls:
        raise _refused("There are no calls to run.", "/calls")
    own_ids = {call.correlation_id for call in calls if call.correlation_id is not None}
    if len(own_ids) > 1:
        raise _refused("The calls of a sequence must have one correlation id.", "/calls")
    fields = defaults.request(timeout_seconds, next(iter(own_ids), correlation_id), 1)
    request = {**fields, "mode": "sequence", "calls": [defaults.call(call) for call in calls]}
    return Batch(request, tuple(range(len(calls))))


def single(batches: list[Batch]) -> Batch:
    """Return the only execution that calls need. Raises InvalidRequestError if they need several."""
    if len(batches) > 1:
        raise _refused(f"The calls need {len(batches)} executions: submit each part by itself.", "/calls")
    return batches[0]


def _share(calls: int, all_calls: int, max_workers: int) -> int:
    """Return how many of the workers are for so many of all calls."""
    return max(1, round(max_workers * calls / all_calls))


def _parts(positions: list[int], workers: int) -> list[list[int]]:
    """Split into parts of nearly the same size, as few as hold the calls and reach the concurrency."""
    count = max(math.ceil(len(positions) / MAX_CALLS), min(len(positions), math.ceil(workers / MAX_CONCURRENCY)))
    size = math.ceil(len(positions) / count)
    return [positions[start : start + size] for start in range(0, len(positions), size)]


def _refused(message: str, pointer: str) -> InvalidRequestError:
    problem = Problem(pointer=pointer, message=message, error_code=ErrorCode.INVALID_REQUEST)
    return InvalidRequestError("The request has 1 problem; nothing was run.", [problem.as_detail()])
