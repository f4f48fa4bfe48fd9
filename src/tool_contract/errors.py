"""Every error code of the contract, what follows from each, and the exceptions that a tool raises.

The exceptions::

    ToolError
    ├── InvalidInput          the caller's: the input cannot be used
    ├── NotFound              the caller's: what the input names does not exist
    ├── Refused               the caller's: it exists, and must not be done
    ├── Unavailable           something the tool needs does not answer; worth another attempt
    │   └── RateLimited       it answered "not now"; carries how long to wait
    ├── ToolTimeout           the tool ran out of time
    └── ToolFailed            anything else; not worth another attempt unless it says so
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class Effect(StrEnum):
    """Whether a tool may have changed the world."""

    NONE = "none"
    APPLIED = "applied"
    UNKNOWN = "unknown"


class ErrorCode(StrEnum):
    """What went wrong, as a word that programs may compare with."""

    INVALID_REQUEST = "InvalidRequest"
    INVALID_INPUT = "InvalidInput"
    SECRET_IN_REQUEST = "SecretInRequest"  # noqa: S105 - the name of a code
    TOOL_NOT_FOUND = "ToolNotFound"
    REFERENCE_FAILED = "ReferenceFailed"
    NOT_FOUND = "NotFound"
    REFUSED = "Refused"
    EXECUTION_ID_TAKEN = "ExecutionIdTaken"
    CALLER_UNKNOWN = "CallerUnknown"
    CALLER_NOT_ALLOWED = "CallerNotAllowed"
    CALLER_LIMIT_EXCEEDED = "CallerLimitExceeded"

    ELEMENT_NOT_FOUND = "ElementNotFound"
    ELEMENT_NOT_UNIQUE = "ElementNotUnique"
    ELEMENT_NOT_READY = "ElementNotReady"
    NAVIGATION_BLOCKED = "NavigationBlocked"
    NAVIGATION_FAILED = "NavigationFailed"
    URL_NOT_REACHED = "UrlNotReached"
    PAGE_UNRESPONSIVE = "PageUnresponsive"
    PAGE_CRASHED = "PageCrashed"
    SESSION_LOST = "SessionLost"
    SECRET_REQUIRES_REF = "SecretRequiresRef"  # noqa: S105 - the name of a code
    SECRET_NOT_FOR_ORIGIN = "SecretNotForOrigin"  # noqa: S105 - as above

    UNAVAILABLE = "Unavailable"
    RATE_LIMITED = "RateLimited"
    THROTTLED = "Throttled"
    HISTORY_UNAVAILABLE = "HistoryUnavailable"
    RESULT_STORE_FAILED = "ResultStoreFailed"
    RESULT_MISSING = "ResultMissing"
    RESULT_CORRUPT = "ResultCorrupt"

    TOOL_TIMEOUT = "ToolTimeout"
    TOOL_CRASHED = "ToolCrashed"
    TOOL_FAILED = "ToolFailed"

    DEADLINE_EXCEEDED = "DeadlineExceeded"
    BAD_TOOL_RESPONSE = "BadToolResponse"
    NON_FINITE_RESULT = "NonFiniteResult"
    RESULT_TOO_LARGE = "ResultTooLarge"
    MISCONFIGURED = "Misconfigured"
    SUPERSEDED = "Superseded"
    IN_PROGRESS = "InProgress"
    IDEMPOTENCY_KEY_REUSED = "IdempotencyKeyReused"
    OUTCOME_UNKNOWN = "OutcomeUnknown"
    DEADLINE_TOO_CLOSE = "DeadlineTooClose"
    CIRCUIT_OPEN = "CircuitOpen"
    SKIPPED = "Skipped"
    CANCELLED = "Cancelled"


@dataclass(frozen=True, slots=True)
class ErrorRule:
    """What follows from a code where the error itself does not say otherwise.

    ``begun`` is false where the tool cannot have been started: such an attempt is not counted.
    """

    retryable: bool
    effect: Effect
    begun: bool = True


_FINAL: Final = ErrorRule(retryable=False, effect=Effect.NONE)
_FINAL_NOT_BEGUN: Final = ErrorRule(retryable=False, effect=Effect.NONE, begun=False)
_AGAIN: Final = ErrorRule(retryable=True, effect=Effect.NONE)
_AGAIN_NOT_BEGUN: Final = ErrorRule(retryable=True, effect=Effect.NONE, begun=False)
_UNKNOWN: Final = ErrorRule(retryable=True, effect=Effect.UNKNOWN)
_RAN: Final = ErrorRule(retryable=False, effect=Effect.UNKNOWN)

RULES: Final[Mapping[ErrorCode, ErrorRule]] = {
    ErrorCode.INVALID_REQUEST: _FINAL_NOT_BEGUN,
    ErrorCode.INVALID_INPUT: _FINAL,
    ErrorCode.SECRET_IN_REQUEST: _FINAL,
    ErrorCode.TOOL_NOT_FOUND: _FINAL_NOT_BEGUN,
    ErrorCode.REFERENCE_FAILED: _FINAL,
    ErrorCode.NOT_FOUND: _FINAL,
    ErrorCode.REFUSED: _FINAL,
    ErrorCode.EXECUTION_ID_TAKEN: _FINAL_NOT_BEGUN,
    ErrorCode.CALLER_UNKNOWN: _FINAL_NOT_BEGUN,
    ErrorCode.CALLER_NOT_ALLOWED: _FINAL_NOT_BEGUN,
    ErrorCode.CALLER_LIMIT_EXCEEDED: _AGAIN_NOT_BEGUN,
    ErrorCode.ELEMENT_NOT_FOUND: _FINAL,
    ErrorCode.ELEMENT_NOT_UNIQUE: _FINAL,
    ErrorCode.ELEMENT_NOT_READY: _FINAL,
    ErrorCode.NAVIGATION_BLOCKED: _FINAL,
    ErrorCode.NAVIGATION_FAILED: _AGAIN,
    ErrorCode.URL_NOT_REACHED: _FINAL,
    ErrorCode.PAGE_UNRESPONSIVE: _AGAIN,
    ErrorCode.PAGE_CRASHED: _RAN,
    ErrorCode.SESSION_LOST: _FINAL,
    ErrorCode.SECRET_REQUIRES_REF: _FINAL,
    ErrorCode.SECRET_NOT_FOR_ORIGIN: _FINAL,
    ErrorCode.UNAVAILABLE: _AGAIN,
    ErrorCode.RATE_LIMITED: _AGAIN,
    ErrorCode.THROTTLED: _AGAIN_NOT_BEGUN,
    ErrorCode.HISTORY_UNAVAILABLE: _AGAIN,
    ErrorCode.RESULT_STORE_FAILED: _UNKNOWN,
    ErrorCode.RESULT_MISSING: _FINAL,
    ErrorCode.RESULT_CORRUPT: _FINAL,
    ErrorCode.TOOL_TIMEOUT: _UNKNOWN,
    ErrorCode.TOOL_CRASHED: _UNKNOWN,
    ErrorCode.TOOL_FAILED: _RAN,
    ErrorCode.DEADLINE_EXCEEDED: _FINAL_NOT_BEGUN,
    ErrorCode.BAD_TOOL_RESPONSE: _RAN,
    ErrorCode.NON_FINITE_RESULT: _RAN,
    ErrorCode.RESULT_TOO_LARGE: _RAN,
    ErrorCode.MISCONFIGURED: _FINAL_NOT_BEGUN,
    ErrorCode.SUPERSEDED: _FINAL_NOT_BEGUN,
    ErrorCode.IN_PROGRESS: _AGAIN,
    ErrorCode.IDEMPOTENCY_KEY_REUSED: _FINAL,
    ErrorCode.OUTCOME_UNKNOWN: _RAN,
    ErrorCode.DEADLINE_TOO_CLOSE: _FINAL_NOT_BEGUN,
    ErrorCode.CIRCUIT_OPEN: _AGAIN,
    ErrorCode.SKIPPED: _FINAL_NOT_BEGUN,
    ErrorCode.CANCELLED: _RAN,
}


class ToolError(Exception):
    """A failure that a tool reports on purpose. Raise one of its subclasses.

    ``message`` is one sentence that a person understands; ``pointer`` is a JSON pointer into the tool's input;
    ``hint`` says what to do; ``effect`` and ``retryable`` overrule what follows from the class. ``metadata`` is JSON
    that goes into the failure's envelope, such as where a browser stood: up to 4 KB, else it is left out.
    """

    code: ClassVar[ErrorCode] = ErrorCode.TOOL_FAILED

    def __init__(
        self,
        message: str,
        *,
        pointer: str | None = None,
        hint: str | None = None,
        effect: Effect | None = None,
        retryable: bool | None = None,
        retry_after_seconds: float | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.pointer = pointer
        self.hint = hint
        self.effect = effect
        self.retryable = retryable
        self.retry_after_seconds = retry_after_seconds
        self.metadata = metadata


class InvalidInput(ToolError):
    """The input cannot be used, for a reason that its schema does not show."""

    code = ErrorCode.INVALID_INPUT


class NotFound(ToolError):
    """What the input names does not exist."""

    code = ErrorCode.NOT_FOUND


class Refused(ToolError):
    """What the input asks for must not be done."""

    code = ErrorCode.REFUSED


class Unavailable(ToolError):
    """Something that the tool needs does not answer; nothing was changed."""

    code = ErrorCode.UNAVAILABLE


class RateLimited(Unavailable):
    """Something that the tool needs asks to come back later: say when by ``retry_after_seconds``."""

    code = ErrorCode.RATE_LIMITED


class ToolTimeout(ToolError):
    """The tool ran out of time."""

    code = ErrorCode.TOOL_TIMEOUT


class ToolFailed(ToolError):
    """The tool could not do its work."""

    code = ErrorCode.TOOL_FAILED
