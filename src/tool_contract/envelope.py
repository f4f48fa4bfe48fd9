"""The envelope: the structured answer of one call, success or failure."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tool_contract.errors import Effect, ErrorCode


class CallStatus(StrEnum):
    """Where a call stands. ``retrying``: a later attempt is under way. ``skipped``: a sequence stopped before it."""

    PENDING = "pending"
    RUNNING = "running"
    RETRYING = "retrying"
    SUCCESS = "success"
    FAILED = "failed"
    TIMEOUT = "timeout"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"

    @property
    def is_terminal(self) -> bool:
        """Whether the call's record never changes again."""
        return self not in OPEN_STATUSES


OPEN_STATUSES: Final = frozenset({CallStatus.PENDING, CallStatus.RUNNING, CallStatus.RETRYING})


class ResultRef(BaseModel):
    """Where a result lies that is too large to be inline. ``bytes`` and ``sha256`` are of the object's UTF-8 JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bucket: str
    key: str
    bytes: int
    sha256: str


class Detail(BaseModel):
    """One thing that is wrong with an input; ``pointer`` is a JSON pointer into it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pointer: str
    message: str
    error_code: ErrorCode | None = None
    hint: str | None = None


class Envelope(BaseModel):
    """The answer of one call.

    A success holds ``result`` (or ``result_ref``); a failure holds ``error``, ``error_code``, ``retryable`` and
    ``effect``. ``execution_time_ms`` runs from the start of the first attempt to the end of the last one.
    ``tool_name`` is the tool that answered: a fallback's where a fallback did.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    success: bool
    call_id: str | None = None
    tool_name: str
    status: CallStatus
    result: Any = None
    result_ref: ResultRef | None = None
    error: str | None = None
    error_code: ErrorCode | None = None
    retryable: bool | None = None
    effect: Effect | None = None
    retry_after_seconds: float | None = None
    details: tuple[Detail, ...] = ()
    execution_time_ms: float = Field(ge=0, allow_inf_nan=False)
    attempts: int = Field(ge=0)
    metadata: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_outcome(self) -> Self:
        if self.success != (self.status is CallStatus.SUCCESS):
            message = "success and status disagree"
            raise ValueError(message)
        if not self.success and (self.error is None or self.error_code is None):
            message = "a failure needs error and error_code"
            raise ValueError(message)
        return self

    def to_json(self) -> dict[str, Any]:
        """Return the envelope as plain JSON values: fields that do not apply are left out."""
        value = self._dumped()
        if self.success and self.result_ref is None:
            value["result"] = self.result
        return value

    def frame(self) -> dict[str, Any]:
        """Return the envelope as plain JSON values, with null for what a success's result is."""
        value = self._dumped({"result", "result_ref"})
        return {**value, "result": None} if self.success else value

    def _dumped(self, without: set[str] | None = None) -> dict[str, Any]:
        value = self.model_dump(mode="json", exclude_none=True, exclude=without)
        if not self.details:
            value.pop("details", None)
        return value
