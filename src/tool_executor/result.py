"""What came of a call: an immutable result, in the words of both interfaces."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Self

from tool_contract.envelope import CallStatus, Detail, Envelope
from tool_contract.errors import Effect, ErrorCode
from tool_executor.errors import ToolFailedError
from tool_executor.frozen_dict import FrozenDict

#: Where a call stands; the contract's statuses.
ToolExecutionStatus = CallStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolExecutionResult:
    """The result of one call. A tool's failure is a result, too, and never an exception.

    ``result`` is the tool's answer (plain JSON values), None of a failure. ``error`` is one sentence, ``error_code`` a
    word that programs may compare with, ``details`` what is wrong with an input, by JSON pointer. ``effect`` says of a
    failure whether the tool may have changed the world. ``execution_time_ms`` runs from the start of the first attempt
    to the end of the last. ``metadata`` cannot be changed: :meth:`with_metadata` returns a copy.

    Immutable is the object: its fields are never others. The JSON inside ``result`` is handed out as it is, a list or
    a dict that whoever has it may change, here and in :attr:`ToolExecutor.execution_history`.
    """

    tool_name: str
    status: ToolExecutionStatus
    result: Any = None
    error: str | None = None
    error_code: ErrorCode | None = None
    retryable: bool = False
    effect: Effect | None = None
    details: tuple[Detail, ...] = ()
    execution_time_ms: float = 0.0
    attempts: int = 1
    metadata: Mapping[str, Any] = field(default_factory=dict)
    call_id: str | None = None
    execution_id: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "metadata", FrozenDict(self.metadata))

    @classmethod
    def from_envelope(cls, envelope: Envelope, execution_id: str | None = None) -> Self:
        """Return the result that an envelope amounts to; a large result's reference must have been resolved."""
        return cls(
            tool_name=envelope.tool_name,
            status=envelope.status,
            result=envelope.result,
            error=envelope.error,
            error_code=envelope.error_code,
            retryable=bool(envelope.retryable),
            effect=envelope.effect,
            details=envelope.details,
            execution_time_ms=envelope.execution_time_ms,
            attempts=envelope.attempts,
            metadata=envelope.metadata,
            call_id=envelope.call_id,
            execution_id=execution_id,
        )

    @classmethod
    def succeeded(
        cls, tool_name: str, result: object, execution_duration: timedelta | float = 0.0, attempt_count: int = 1
    ) -> Self:
        """Return a success, as tests and stand-ins need one. A duration that is no timedelta is in seconds."""
        return cls(
            tool_name=tool_name,
            status=ToolExecutionStatus.SUCCESS,
            result=result,
            execution_time_ms=_milliseconds(execution_duration),
            attempts=attempt_count,
        )

    @classmethod
    def failed(
        cls,
        tool_name: str,
        error: str | BaseException,
        execution_duration: timedelta | float = 0.0,
        attempt_count: int = 1,
    ) -> Self:
        """Return a failure, as tests and stand-ins need one; a TimeoutError's status is ``timeout``."""
        timed_out = isinstance(error, TimeoutError)
        kind = {"error_type": type(error).__name__} if isinstance(error, BaseException) else {}
        return cls(
            tool_name=tool_name,
            status=ToolExecutionStatus.TIMEOUT if timed_out else ToolExecutionStatus.FAILED,
            error=str(error) or type(error).__name__,
            error_code=ErrorCode.TOOL_TIMEOUT if timed_out else ErrorCode.TOOL_FAILED,
            effect=Effect.UNKNOWN,
            execution_time_ms=_milliseconds(execution_duration),
            attempts=attempt_count,
            metadata=kind,
        )

    @property
    def success(self) -> bool:
        """Whether there is a result."""
        return self.status is ToolExecutionStatus.SUCCESS

    def is_success(self) -> bool:
        """Whether there is a result."""
        return self.success

    @property
    def is_failure(self) -> bool:
        """Whether there is none."""
        return not self.success

    @property
    def was_retried(self) -> bool:
        """Whether it took more than one attempt."""
        return self.attempts > 1

    @property
    def attempt_count(self) -> int:
        """How many attempts were made, over all candidates."""
        return self.attempts

    @property
    def execution_duration(self) -> timedelta:
        """From the start of the first attempt to the end of the last."""
        return timedelta(milliseconds=self.execution_time_ms)

    @property
    def correlation_id(self) -> str | None:
        """What ties the call to others in the history."""
        return self.metadata.get("correlation_id")

    @property
    def summary(self) -> str:
        """One line for people: tool, outcome, attempts, time."""
        attempts = f"{self.attempts} attempt{'' if self.attempts == 1 else 's'}"
        took = f"{attempts}, {self.execution_time_ms:.0f} ms"
        if self.success:
            notes = [word for word in ("cached", "replayed", "degraded") if self.metadata.get(word)]
            if self.metadata.get("fallback_used"):
                notes.append(f"fallback {self.metadata.get('fallback_index', 0) + 1}")
            return f"{self.tool_name}: success ({', '.join([took, *notes])})"
        return f"{self.tool_name}: {self.status.value} ({took}): {self.error_code}: {self.error}"

    def with_metadata(self, key: str, value: object) -> Self:
        """Return a copy with one more entry of metadata."""
        return replace(self, metadata={**self.metadata, key: value})

    def raise_for_failure(self) -> Self:
        """Return the result itself if it is a success, for those who want exceptions. Raises ToolFailedError."""
        if self.is_failure:
            raise ToolFailedError(
                f"{self.tool_name} ended as {self.status.value}: {self.error}",
                tool_code=str(self.error_code),
                execution_id=self.execution_id,
            )
        return self

    def to_json(self) -> dict[str, Any]:
        """Return the result as the contract's envelope, plain JSON values, copied.

        A tool's result is JSON. What is none (of :meth:`succeeded` and :meth:`with_metadata`) is told as text.
        """
        return Envelope(
            success=self.success,
            call_id=self.call_id,
            tool_name=self.tool_name,
            status=self.status,
            result=_json_of(self.result),
            error=self.error,
            error_code=self.error_code,
            retryable=None if self.success else self.retryable,
            effect=self.effect,
            details=self.details,
            execution_time_ms=self.execution_time_ms,
            attempts=self.attempts,
            metadata=_json_of(self.metadata),
        ).to_json()


def told_without_its_error(result: ToolExecutionResult) -> str:
    """Return what a log may say of a failure: a tool's own sentence may repeat what it was given."""
    attempts = f"{result.attempts} attempt{'' if result.attempts == 1 else 's'}"
    where = f"call {result.call_id} of execution {result.execution_id}"
    return f"{result.tool_name}: {result.status.value} ({attempts}): {result.error_code}; {where}"


def _json_of(value: Any) -> Any:  # noqa: ANN401 - any value, and JSON of it
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {str(key): _json_of(child) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json_of(child) for child in value]
    return str(value)


def _milliseconds(duration: timedelta | float) -> float:
    seconds = duration.total_seconds() if isinstance(duration, timedelta) else duration
    return float(seconds) * 1000
