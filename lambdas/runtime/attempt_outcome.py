"""How one attempt ended, and the envelope that follows."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, cast

from tool_contract import strict_json
from tool_contract.attempt import AttemptEntry, metadata_from_log
from tool_contract.envelope import CallStatus, Detail, Envelope, ResultRef
from tool_contract.errors import Effect, ErrorCode
from tool_contract.limits import MAX_DETAILS, MAX_ERROR_CHARACTERS, MAX_RAISED_CHARACTERS
from tool_contract.problems import shortened
from tool_contract.timestamps import ms_from_iso

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tool_contract.attempt import AttemptContext, Decision
    from tool_contract.failures import Failure
    from tool_contract.problems import Problem
    from tool_contract.tool_spec import ToolSpec

_TIMEOUTS = {ErrorCode.TOOL_TIMEOUT, ErrorCode.DEADLINE_EXCEEDED}


class Origin(StrEnum):
    """Where a result comes from: a run of the tool, the cache, or an earlier call with the same idempotency key."""

    RUN = "done"
    CACHE = "cached"
    REPLAY = "replayed"


@dataclass(frozen=True, slots=True)
class Succeeded:
    """There is a result. ``result_ref`` is set where the text was too large to stay inline.

    ``attempts`` and ``hedges`` are the record's, as far as it has been written.
    """

    result_json: str
    result_ref: ResultRef | None = None
    origin: Origin = Origin.RUN
    attempts: int = 0
    hedges: int = 0


@dataclass(frozen=True, slots=True)
class Failed:
    """The attempt failed. ``problems`` are those of the input, where it was the input."""

    failure: Failure
    problems: Sequence[Problem] = ()

    def for_tool(self, spec: ToolSpec) -> Failed:
        """Return the same failure in the light of the tool's marks: what only reads has changed nothing."""
        if self.failure.effect is Effect.UNKNOWN and spec.annotations.read_only:
            return replace(self, failure=replace(self.failure, effect=Effect.NONE))
        return self

    def after_running(self) -> Failed:
        """Return the same failure, found when the tool had run already: what it does is done."""
        return replace(self, failure=replace(self.failure, effect=Effect.UNKNOWN, begun=True))


@dataclass(frozen=True, slots=True)
class Replayed:
    """The call had ended before this attempt began; its stored answer is the answer."""

    envelope: Envelope


Outcome = Succeeded | Failed | Replayed


@dataclass(frozen=True, slots=True)
class AttemptTimes:
    """When an attempt began (milliseconds since 1970) and how long it took (milliseconds)."""

    started_at: str
    duration_ms: float


def success_envelope(outcome: Succeeded, name: str, context: AttemptContext, times: AttemptTimes) -> Envelope:
    """Return the envelope of a success."""
    log = attempt_log(outcome, name, context, times)
    stored = (
        {"result_ref": outcome.result_ref} if outcome.result_ref else {"result": strict_json.parse(outcome.result_json)}
    )
    return Envelope(
        success=True,
        call_id=context.call_id,
        tool_name=name,
        status=CallStatus.SUCCESS,
        execution_time_ms=times.duration_ms,
        attempts=max(context.attempt, outcome.attempts),
        metadata={**_metadata(context, log), **({"hedges": outcome.hedges} if outcome.hedges else {})},
        **stored,
    )


def failure_envelope(outcome: Failed, name: str, context: AttemptContext, times: AttemptTimes) -> Envelope:
    """Return the envelope of a failure."""
    failure = outcome.failure
    return Envelope(
        success=False,
        call_id=context.call_id,
        tool_name=name,
        status=CallStatus.TIMEOUT if failure.code in _TIMEOUTS else CallStatus.FAILED,
        error=shortened(failure.message, MAX_ERROR_CHARACTERS),
        error_code=failure.code,
        retryable=failure.retryable,
        effect=failure.effect,
        retry_after_seconds=failure.retry_after_seconds,
        details=_details(outcome),
        execution_time_ms=times.duration_ms,
        attempts=context.attempt if failure.begun else context.attempt - 1,
        metadata={
            **failure.metadata,
            **_metadata(context, (*context.attempt_log, _entry(name, context, times, "end", failure))),
        },
    )


def raised_text(envelope: Envelope, failure: Failure) -> str:
    """Return a failure's envelope as the message of an exception, in the shape that the workflow's catchers write.

    Step Functions waits whole seconds, so ``retry_after_seconds`` is rounded up. A cause holds the text whole:
    details are dropped from the end until JSON inside JSON fits; the error's sentence always does.
    """
    value = {
        "details": [],
        "error_type": failure.error_type or failure.code.value,
        **envelope.to_json(),
        "retry_after_seconds": math.ceil(failure.retry_after_seconds or 0),
        "begun": failure.begun,
    }
    del value["metadata"]
    while True:
        text = strict_json.dumps(value)
        if len(strict_json.dumps(text)) <= MAX_RAISED_CHARACTERS or not value["details"]:
            return text
        value["details"] = value["details"][: len(value["details"]) // 2]


def _details(outcome: Failed) -> tuple[Detail, ...]:
    if outcome.problems:
        return tuple(Detail.model_validate(problem.as_detail()) for problem in outcome.problems[:MAX_DETAILS])
    failure = outcome.failure
    if failure.pointer is None and failure.hint is None:
        return ()
    return (
        Detail(
            pointer=failure.pointer or "",
            message=shortened(failure.message, MAX_ERROR_CHARACTERS),
            error_code=failure.code,
            hint=failure.hint,
        ),
    )


def _entry(
    name: str, context: AttemptContext, times: AttemptTimes, decision: str, failure: Failure | None = None
) -> AttemptEntry:
    return AttemptEntry(
        attempt=context.attempt,
        candidate=context.candidate,
        tool_name=name,
        started_at=times.started_at,
        duration_ms=times.duration_ms,
        decision=cast("Decision", decision),
        error_code=failure.code if failure else None,
        error=shortened(failure.message, 200) if failure else None,
        error_type=failure.error_type if failure else None,
        effect=failure.effect if failure else None,
    )


def attempt_log(
    outcome: Succeeded, name: str, context: AttemptContext, times: AttemptTimes
) -> tuple[AttemptEntry, ...]:
    """Return the log of a call that this attempt ends with success."""
    return (*context.attempt_log, *_overtaken(name, context, times), _entry(name, context, times, outcome.origin.value))


def _overtaken(name: str, context: AttemptContext, times: AttemptTimes) -> tuple[AttemptEntry, ...]:
    """Return the line of the attempt that this one, a hedge, has overtaken."""
    if context.hedge is None:
        return ()
    ended_ms = ms_from_iso(times.started_at) + times.duration_ms
    entry = AttemptEntry(
        attempt=context.attempt - 1,
        candidate=context.candidate,
        tool_name=name,
        started_at=context.hedge.started_at,
        duration_ms=round(max(0.0, ended_ms - ms_from_iso(context.hedge.started_at)), 3),
        decision="overtaken",
    )
    return (entry,)


def _metadata(context: AttemptContext, log: Sequence[AttemptEntry]) -> dict[str, Any]:
    correlation = {"correlation_id": context.correlation_id} if context.correlation_id else {}
    return {**correlation, **metadata_from_log(log)}
