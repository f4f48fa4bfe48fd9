"""From a checked request to what the state machine runs and what the history holds before it runs. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from tool_contract import strict_json
from tool_contract.envelope import CallStatus
from tool_contract.errors import ErrorCode
from tool_contract.limits import MAX_PLAN_BYTES
from tool_contract.problems import Problem
from tool_contract.record import EXECUTION_CALL_ID, OPEN_SHARD, tool_day
from tool_contract.request import InvalidRequestError
from tool_contract.retry import RetryPolicy, draw_delays, whole_seconds
from tool_contract.timestamps import day_of, iso_from_ms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tool_contract.catalog import Catalog
    from tool_contract.request import CallRequest, ExecutionRequest, FallbackRequest

#: History events (Step Functions counts 25,000 to an execution): see worst_case_events.
_MAX_EVENTS = 25_000
_EVENTS_AROUND_CALLS = 24
_EVENTS_OF_A_CALL = 2 + 5
_EVENTS_OF_AN_ATTEMPT = 5 + 2 + 3
_EVENTS_OF_A_BACKOFF = 2
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class ExecutionIdentity:
    """The execution of the state machine that asks for a plan. ``started_ms`` is milliseconds since 1970."""

    execution_id: str
    arn: str
    started_ms: int


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the planner knows of the deployment: its catalog, the tool groups' function ARNs, how long rows live."""

    catalog: Catalog
    functions: Mapping[str, str]
    history_ttl_days: int


@dataclass(frozen=True, slots=True)
class Plan:
    """``state`` is the output of the state Plan; ``execution_row`` and ``call_rows`` are history rows to write."""

    state: Mapping[str, Any]
    execution_row: Mapping[str, Any]
    call_rows: tuple[Mapping[str, Any], ...]


def make_plan(request: ExecutionRequest, identity: ExecutionIdentity, deployment: Deployment) -> Plan:
    """Return the plan of a checked request. Raises InvalidRequestError where it cannot fit into one execution.

    The same request of the same execution always gives the same plan, its drawn delays included: a Plan that
    Step Functions repeats continues where the first one was.
    """
    deadline = iso_from_ms(identity.started_ms + round(request.timeout_seconds * 1000))
    call_ids = list(_call_ids(request))
    calls = [
        {
            "call_id": call_id,
            "candidates": [
                _candidate(candidate, deployment, identity, call_id, number)
                for number, candidate in enumerate(call.candidates)
            ],
        }
        for call_id, call in zip(call_ids, request.calls, strict=True)
    ]
    state = {
        "execution_id": identity.execution_id,
        "correlation_id": request.correlation_id or identity.execution_id,
        "mode": request.mode,
        "deadline": deadline,
        "max_concurrency": 1 if request.mode == "sequence" else request.max_concurrency,
        "calls": calls,
    }
    _must_fit(state)
    common = _common_attributes(request, identity, deployment)
    rows = tuple(
        {**common, **_call_row(call, position, call_id, identity)}
        for position, (call_id, call) in enumerate(zip(call_ids, request.calls, strict=True))
    )
    return Plan(state, {**common, **_execution_row(request, identity, deadline)}, rows)


def worst_case_events(state: Mapping[str, Any]) -> int:
    """Return the history events of an execution in which every attempt is throttled once and then fails."""
    events = _EVENTS_AROUND_CALLS
    for call in state["calls"]:
        retries = sum(len(candidate["delays"]) for candidate in call["candidates"])
        attempts = retries + len(call["candidates"])
        events += _EVENTS_OF_A_CALL + attempts * _EVENTS_OF_AN_ATTEMPT + retries * _EVENTS_OF_A_BACKOFF
    return events


def _call_ids(request: ExecutionRequest) -> Iterator[str]:
    """Yield an id per call: the given one, else ``c1``, ``c2`` … by position, as far as that is free."""
    taken = {call.call_id for call in request.calls}
    for position, call in enumerate(request.calls, start=1):
        if call.call_id is not None:
            yield call.call_id
            continue
        name = f"c{position}"
        while name in taken:
            name += "_"
        taken.add(name)
        yield name


def _candidate(
    candidate: FallbackRequest, deployment: Deployment, identity: ExecutionIdentity, call_id: str, number: int
) -> dict[str, Any]:
    spec = deployment.catalog.by_name[candidate.tool_name]
    retries = spec.max_retries if candidate.max_retries is None else candidate.max_retries
    random = Random(f"{identity.arn}/{identity.started_ms}/{call_id}/{number}")  # noqa: S311 - jitter, no secret
    return {
        "tool_name": spec.name,
        "function": deployment.functions[spec.group],
        "timeout_seconds": candidate.timeout_seconds or spec.timeout_seconds,
        "read_only": spec.annotations.read_only,
        "repeatable": spec.annotations.repeatable,
        "delays": [whole_seconds(delay) for delay in draw_delays(candidate.retry or RetryPolicy(), retries, random)],
    }


def _must_fit(state: Mapping[str, Any]) -> None:
    size, events = strict_json.byte_size(strict_json.dumps(state)), worst_case_events(state)
    count = len(state["calls"])
    if size > MAX_PLAN_BYTES:
        fits = max(1, count * MAX_PLAN_BYTES // size)
        raise _too_large(f"The plan of these calls takes {size:,} bytes; {MAX_PLAN_BYTES:,} fit.", fits)
    if events > _MAX_EVENTS:
        fits = max(1, count * _MAX_EVENTS // events)
        raise _too_large(f"At worst these calls take {events:,} history events; {_MAX_EVENTS:,} fit.", fits)


def _too_large(message: str, fits: int) -> InvalidRequestError:
    hint = f"About {fits} calls like these fit; split them, or give fewer fallbacks and retries."
    return InvalidRequestError(
        [Problem(pointer="/calls", message=message, error_code=ErrorCode.INVALID_REQUEST, hint=hint)]
    )


def _common_attributes(
    request: ExecutionRequest, identity: ExecutionIdentity, deployment: Deployment
) -> dict[str, Any]:
    return {
        "execution_id": identity.execution_id,
        "correlation_id": request.correlation_id or identity.execution_id,
        "caller": request.caller,
        "started_at": iso_from_ms(identity.started_ms),
        "expires_at": identity.started_ms // 1000 + deployment.history_ttl_days * _DAY_SECONDS,
    }


def _execution_row(request: ExecutionRequest, identity: ExecutionIdentity, deadline: str) -> dict[str, Any]:
    return {
        "call_id": EXECUTION_CALL_ID,
        "status": CallStatus.RUNNING,
        "mode": request.mode,
        "calls": len(request.calls),
        "deadline": deadline,
        "day": day_of(iso_from_ms(identity.started_ms)),
        "open": OPEN_SHARD,
        "execution_arn": identity.arn,
    }


def _idempotency(call: CallRequest) -> dict[str, Any]:
    if call.idempotency_key is None:
        return {}
    text = strict_json.canonical([call.tool_name, call.input])
    return {"idempotency_key": call.idempotency_key, "input_hash": hashlib.sha256(text.encode()).hexdigest()}


def _call_row(call: CallRequest, position: int, call_id: str, identity: ExecutionIdentity) -> dict[str, Any]:
    fallbacks = [{"tool_name": fallback.tool_name, "input": fallback.input} for fallback in call.fallbacks]
    return {
        "call_id": call_id,
        "position": position,
        "status": CallStatus.PENDING,
        "tool_name": call.tool_name,
        "tool_day": tool_day(call.tool_name, day_of(iso_from_ms(identity.started_ms))),
        "attempts": 0,
        "input": strict_json.dumps(call.input),
        "fallbacks": strict_json.dumps(fallbacks) if fallbacks else None,
        "metadata": strict_json.dumps(call.metadata) if call.metadata else None,
        "use_cache": None if call.use_cache else False,
        **_idempotency(call),
        "reasoning": call.reasoning,
    }
