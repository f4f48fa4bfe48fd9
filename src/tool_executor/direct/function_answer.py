"""What came back from Lambda, as the workflow's catchers put it: an envelope, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from tool_contract import strict_json
from tool_contract.envelope import CallStatus, Envelope
from tool_contract.errors import Effect, ErrorCode
from tool_executor.direct.iteration import AttemptFailure

if TYPE_CHECKING:
    from tool_executor.direct.iteration import Iteration

_SUCCESSFUL: Final = range(200, 300)
_TIMED_OUT: Final = frozenset({"Sandbox.Timedout"})
#: Lambda's refusals before anything ran; 429 is one, too, but passes.
_REFUSED: Final = range(400, 500)


@dataclass(frozen=True, slots=True)
class FunctionAnswer:
    """Lambda's answer to Invoke. ``function_error`` is its header: the function itself failed."""

    status: int
    body: bytes
    function_error: str | None = None
    error_type: str | None = None

    @property
    def was_throttled(self) -> bool:
        """Whether Lambda had no room: nothing ran."""
        return self.status == HTTPStatus.TOO_MANY_REQUESTS

    @property
    def value(self) -> Any:  # noqa: ANN401 - JSON is any value
        """What the function returned. Raises strict_json.JsonError, or UnicodeDecodeError, if that is no JSON."""
        return strict_json.parse(self.body.decode("utf-8"))

    @property
    def raised(self) -> tuple[str, str]:
        """The name and message of what the function raised."""
        try:
            told = self.value
        except (strict_json.JsonError, UnicodeDecodeError):
            return "Unknown", ""
        if not isinstance(told, dict):
            return "Unknown", ""
        return str(told.get("errorType", "Unknown")), str(told.get("errorMessage", ""))


class NoAnswer(Exception):
    """The invocation has no answer. ``sent`` is false where the request cannot have reached Lambda."""

    def __init__(self, reason: str, *, sent: bool, timed_out: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent
        self.timed_out = timed_out


def read_answer(answer: FunctionAnswer, iteration: Iteration, duration_ms: float) -> Envelope | AttemptFailure:
    """Return a tool's envelope, or the failure that Lambda's answer amounts to."""
    candidate = iteration.current
    if answer.was_throttled:
        return _not_begun(ErrorCode.THROTTLED, "Lambda had no room to run the tool.", answer, duration_ms, again=True)
    if answer.status in _REFUSED:
        message = f"The function of the tool could not be invoked ({answer.error_type or answer.status})."
        return _not_begun(ErrorCode.MISCONFIGURED, message, answer, duration_ms, again=False)
    if answer.status not in _SUCCESSFUL:
        return _crashed(answer.error_type or f"HTTP {answer.status}", candidate.read_only, duration_ms)
    if answer.function_error is not None:
        name, _ = answer.raised
        if name in _TIMED_OUT:
            return timed_out(name, duration_ms, read_only=candidate.read_only)
        return _crashed(name, candidate.read_only, duration_ms)
    return _envelope(answer, iteration, duration_ms)


def unanswered(error: NoAnswer, iteration: Iteration, duration_ms: float) -> AttemptFailure:
    """Return the failure of an invocation that has no answer."""
    read_only = iteration.current.read_only
    if error.timed_out:
        return timed_out("States.Timeout", duration_ms, read_only=read_only)
    if error.sent:
        return _crashed(error.reason, read_only, duration_ms)
    return AttemptFailure(
        error_code=ErrorCode.UNAVAILABLE,
        error="Lambda could not be reached.",
        retryable=True,
        effect=Effect.NONE,
        begun=False,
        error_type=error.reason,
        execution_time_ms=duration_ms,
    )


def timed_out(name: str, duration_ms: float, *, read_only: bool) -> AttemptFailure:
    """Return the failure of an attempt that ran beyond its hard limit."""
    return AttemptFailure(
        error_code=ErrorCode.TOOL_TIMEOUT,
        error="The tool did not answer in time.",
        retryable=True,
        effect=Effect.NONE if read_only else Effect.UNKNOWN,
        status=CallStatus.TIMEOUT,
        error_type=name,
        execution_time_ms=duration_ms,
    )


def _envelope(answer: FunctionAnswer, iteration: Iteration, duration_ms: float) -> Envelope | AttemptFailure:
    try:
        envelope = Envelope.model_validate(answer.value)
    except (strict_json.JsonError, UnicodeDecodeError, ValidationError):
        return AttemptFailure(
            error_code=ErrorCode.BAD_TOOL_RESPONSE,
            error="The function of the tool answered with something that is no envelope.",
            retryable=False,
            effect=Effect.NONE if iteration.current.read_only else Effect.UNKNOWN,
            error_type=ErrorCode.BAD_TOOL_RESPONSE,
            execution_time_ms=duration_ms,
        )
    return envelope if envelope.success else AttemptFailure.from_envelope(envelope, iteration.attempt)


def _not_begun(
    code: ErrorCode, message: str, answer: FunctionAnswer, duration_ms: float, *, again: bool
) -> AttemptFailure:
    return AttemptFailure(
        error_code=code,
        error=message,
        retryable=again,
        effect=Effect.NONE,
        begun=False,
        error_type=answer.error_type or f"HTTP {answer.status}",
        execution_time_ms=duration_ms,
    )


def _crashed(name: str, read_only: bool, duration_ms: float) -> AttemptFailure:  # noqa: FBT001 - the tool's mark
    return AttemptFailure(
        error_code=ErrorCode.TOOL_CRASHED,
        error=f"The function of the tool ended without an answer ({name}).",
        retryable=True,
        effect=Effect.NONE if read_only else Effect.UNKNOWN,
        error_type=name,
        execution_time_ms=duration_ms,
    )
