"""From calls to requests: which calls go into which execution, and at what concurrency."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Self

from tool_contract.limits import MAX_CALLS, MAX_CONCURRENCY
from tool_executor.arguments import (
    checked_calls,
    checked_execution_timeout,
    checked_text,
    checked_timeout,
    problem,
    refused,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tool_executor.calls import Call

__all__ = ["Batch", "Defaults", "checked_timeout", "parallel_batches", "sequence_batch", "single"]

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

    def of_one_execution(self) -> Self:
        """Return the same with no more workers than one execution may have: more of them would be several."""
        return replace(self, max_workers=min(self.max_workers, MAX_CONCURRENCY))

    def call(self, call: Call) -> dict[str, Any]:
        """Return a call as it is sent."""
        return {**self.call_fields, **call.to_json()}

    def request(self, timeout_seconds: float | None, correlation_id: str | None, concurrency: int) -> dict[str, Any]:
        """Return the fields of a request but its calls. A timeout under a second is one: the client waits no longer."""
        checked_execution_timeout(timeout_seconds)
        fields = {
            "correlation_id": correlation_id,
            "timeout_seconds": None if timeout_seconds is None else max(_LEAST_TIMEOUT_SECONDS, timeout_seconds),
            "max_concurrency": concurrency,
            "caller": self.caller,
        }
        return {name: value for name, value in fields.items() if value is not None}


def parallel_batches(
    calls: Iterable[Call], defaults: Defaults, timeout_seconds: float | None, correlation_id: str
) -> list[Batch]:
    """Return the executions that run calls beside each other: as few as the limits of one allow.

    Calls of different correlation ids go into executions of their own: the id is the execution's. Raises
    InvalidRequestError if there are no calls, or other things than calls.
    """
    listed = checked_calls(calls)
    checked_text(correlation_id, "correlation_id")
    by_correlation: dict[str, list[int]] = defaultdict(list)
    for position, call in enumerate(listed):
        by_correlation[call.correlation_id or correlation_id].append(position)
    parts = [
        (own_id, part)
        for own_id, positions in by_correlation.items()
        for part in _parts(positions, _share(len(positions), len(listed), defaults.max_workers))
    ]
    workers = max(1, min(MAX_CONCURRENCY, math.ceil(defaults.max_workers / len(parts))))
    return [
        Batch(
            {
                **defaults.request(timeout_seconds, own_id, workers),
                "calls": [defaults.call(listed[position]) for position in part],
            },
            tuple(part),
        )
        for own_id, part in parts
    ]


def sequence_batch(
    calls: Iterable[Call], defaults: Defaults, timeout_seconds: float | None, correlation_id: str
) -> Batch:
    """Return the execution that runs calls one after another.

    Raises InvalidRequestError if there are none, other things than calls, more than one execution holds, or several
    correlation ids.
    """
    listed = checked_calls(calls)
    checked_text(correlation_id, "correlation_id")
    own_ids = {call.correlation_id for call in listed if call.correlation_id is not None}
    if len(own_ids) > 1:
        raise refused(problem("/calls", "The calls of a sequence must have one correlation id."))
    fields = defaults.request(timeout_seconds, next(iter(own_ids), correlation_id), 1)
    request = {**fields, "mode": "sequence", "calls": [defaults.call(call) for call in listed]}
    return Batch(request, tuple(range(len(listed))))


def single(batches: list[Batch]) -> Batch:
    """Return the only execution that calls need. Raises InvalidRequestError if they need several."""
    if len(batches) > 1:
        raise refused(problem("/calls", f"The calls need {len(batches)} executions: submit each part by itself."))
    return batches[0]


def _share(calls: int, all_calls: int, max_workers: int) -> int:
    """Return how many of the workers are for so many of all calls."""
    return max(1, round(max_workers * calls / all_calls))


def _parts(positions: list[int], workers: int) -> list[list[int]]:
    """Split into parts of nearly the same size, as few as hold the calls and reach the concurrency."""
    count = max(math.ceil(len(positions) / MAX_CALLS), min(len(positions), math.ceil(workers / MAX_CONCURRENCY)))
    size = math.ceil(len(positions) / count)
    return [positions[start : start + size] for start in range(0, len(positions), size)]
