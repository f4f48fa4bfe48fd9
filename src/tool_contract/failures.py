"""What an exception of a tool amounts to, in the words of the contract: masked, bounded, and taken on no trust."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tool_contract.errors import RULES, Effect, ErrorCode, ToolError
from tool_contract.limits import MAX_DELAY_SECONDS, MAX_FAILURE_METADATA_BYTES
from tool_contract.masking import masked, masked_json

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A second attempt on the same input cannot end otherwise: these are faults in the tool's code.
_FAULTS_IN_CODE: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    NotImplementedError,
    SyntaxError,
    TypeError,
    ValueError,
)
_MAX_SAID: Final = 300
_MAX_TEXT: Final = 2_000
_MAX_TYPE: Final = 100
_ABSURD_SECONDS: Final = 1e18
_ARN: Final = re.compile(r"arn:aws[\w-]*:\S+")
_ACCOUNT: Final = re.compile(r"\b\d{12}\b")
#: Connections and files: what they depend on may be back a moment later.
_PASSING: Final = (ConnectionError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed, in the words of the contract: what is left of an exception."""

    code: ErrorCode
    message: str
    retryable: bool
    effect: Effect
    begun: bool = True
    pointer: str | None = None
    hint: str | None = None
    retry_after_seconds: float | None = None
    error_type: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


def failure_of(code: ErrorCode, message: str, *, error_type: str | None = None) -> Failure:
    """Return the failure that follows from ``code`` alone."""
    rule = RULES[code]
    return Failure(code, message, rule.retryable, rule.effect, rule.begun, error_type=error_type)


def failure_from(error: BaseException) -> Failure:
    """Map whatever a tool raised to a failure. This is the one place that does."""
    if isinstance(error, ToolError):
        return _reported(error)
    if isinstance(error, _PASSING):
        return _unplanned(error, ErrorCode.UNAVAILABLE, retryable=True)
    if isinstance(error, MemoryError):
        return failure_of(ErrorCode.TOOL_CRASHED, "The tool ran out of memory.", error_type=_name_of(error))
    return _unplanned(error, ErrorCode.TOOL_FAILED, retryable=not isinstance(error, _FAULTS_IN_CODE))


def _reported(error: ToolError) -> Failure:
    """Take nothing of the error on trust: it may pass on what somebody else's service said."""
    code = error.code if isinstance(error.code, ErrorCode) else ErrorCode.TOOL_FAILED
    rule = RULES[code]
    return Failure(
        code=code,
        message=_bounded(error.message) or f"The tool failed with {code}.",
        retryable=rule.retryable if error.retryable is None else bool(error.retryable),
        effect=error.effect if isinstance(error.effect, Effect) else rule.effect,
        pointer=None if error.pointer is None else _bounded(error.pointer),
        hint=None if error.hint is None else _bounded(error.hint),
        retry_after_seconds=_usable_seconds(error.retry_after_seconds),
        error_type=_name_of(error),
        metadata=_usable_metadata(error.metadata),
    )


def _usable_metadata(metadata: object) -> Mapping[str, Any]:
    """Return a failure's metadata masked, or nothing where it is no JSON object, or a large one."""
    if not isinstance(metadata, dict):
        return {}
    try:
        text = masked_json(json.dumps(metadata, allow_nan=False, ensure_ascii=False))
        usable: dict[str, Any] = json.loads(text) if len(text.encode()) <= MAX_FAILURE_METADATA_BYTES else {}
    except (TypeError, ValueError, RecursionError):
        return {}
    return usable


def _bounded(text: object) -> str:
    return _said(text).encode(errors="replace").decode()[:_MAX_TEXT]


def _said(value: object) -> str:
    try:
        return masked(str(value))  # before it is cut: half of a secret is too much of it
    except Exception:  # noqa: BLE001 - whatever an object's own __str__ raises
        return ""


def _name_of(error: BaseException) -> str:
    return _bounded(type(error).__name__)[:_MAX_TYPE]


def _usable_seconds(seconds: object) -> float | None:
    """Drop what cannot be waited: whoever a tool passes on may ask for NaN, infinity or minus one."""
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        return None
    return min(float(seconds), MAX_DELAY_SECONDS) if 0 <= seconds < _ABSURD_SECONDS else None


def _unplanned(error: BaseException, code: ErrorCode, *, retryable: bool) -> Failure:
    name = _name_of(error)
    said = _without_account(" ".join(_bounded(error).split()))[:_MAX_SAID]
    message = f"The tool raised {name}: {said}" if said else f"The tool raised {name}."
    return Failure(code, message, retryable, Effect.UNKNOWN, error_type=name)


def _without_account(text: str) -> str:
    """Mask ARNs and account ids: they help nobody who reads an envelope, and tell strangers too much."""
    return _ACCOUNT.sub("***", _ARN.sub("arn:***", text))
