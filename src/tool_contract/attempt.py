"""One attempt: what the tool's function is told about it, and what is written down of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from tool_contract.errors import Effect, ErrorCode
from tool_contract.limits import MAX_SESSION_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Who runs an attempt: a state machine, or a client that invokes the functions itself.
Route = Literal["workflow", "direct"]
#: Who runs an execution, as its record says: the Standard state machine, the Express one, or a client.
ExecutionRoute = Literal["workflow", "express", "direct"]

#: What followed an attempt. ``done``: the tool answered; ``cached`` and ``replayed``: a stored result did.
#: ``end``: the call failed for good. Of two attempts beside each other, ``hedged``: it failed, and the other's outcome
#: was waited for; ``overtaken``: it was left where it stood, because the other had answered.
Decision = Literal["retry", "fallback", "end", "done", "cached", "replayed", "hedged", "overtaken"]


class AttemptEntry(BaseModel):
    """A line of the attempt log. ``delay_seconds`` is the wait that followed the attempt."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    attempt: int
    candidate: int = 0
    tool_name: str
    started_at: str
    duration_ms: float
    decision: Decision
    error_code: ErrorCode | None = None
    error: str | None = None
    error_type: str | None = None
    effect: Effect | None = None
    delay_seconds: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the entry as plain JSON values."""
        return self.model_dump(mode="json", exclude_none=True)


class Hedge(BaseModel):
    """What makes an attempt a hedge: it runs beside the attempt whose number is one lower, and the first answer wins.

    ``started_at`` is when that other one was sent, ``count`` how many hedges the call has had with this one.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    started_at: str
    count: Annotated[int, Field(ge=1)] = 1


class AttemptContext(BaseModel):
    """The ``context`` of a tool function's event. Alone, ``{"tool_name", "input"}`` needs none.

    With ``execution_id`` and ``call_id`` the attempt belongs to a record of the history. ``route`` says who asks:
    the state machine wants failures raised and successes by reference, everybody else wants the envelope.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    execution_id: str | None = None
    call_id: str | None = None
    correlation_id: str | None = None
    route: Route = "direct"
    attempt: Annotated[int, Field(ge=1)] = 1
    candidate: Annotated[int, Field(ge=0)] = 0
    timeout_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    deadline: str | None = None
    attempt_log: list[AttemptEntry] = []
    session: Annotated[str, Field(max_length=MAX_SESSION_CHARACTERS)] | None = None
    hedge: Hedge | None = None

    @property
    def recorded(self) -> bool:
        """Whether the attempt belongs to a record of the history."""
        return self.execution_id is not None and self.call_id is not None


#: What metadata says of the attempts; whatever else a failure's metadata holds is the tool's own.
LOG_METADATA: Final = frozenset(
    {
        "correlation_id",
        "attempt_durations",
        "retry_reasons",
        "retry_delays",
        "cached",
        "replayed",
        "fallback_used",
        "fallback_index",
        "primary_error",
        "error_type",
        "degraded",
        "hedges",
    }
)


def began_at(log: Sequence[AttemptEntry]) -> str:
    """Return when a log's first attempt began: of two beside each other, the one that failed last stands last."""
    return min(entry.started_at for entry in log)


def metadata_from_log(log: Sequence[AttemptEntry]) -> dict[str, Any]:
    """Return what an envelope's metadata says about the attempts: durations and delays in ms, reasons, fallback.

    ``retry_reasons`` and ``retry_delays`` have one element per retry, ``attempt_durations`` one per attempt.
    ``fallback_index`` counts the fallbacks from 0; ``primary_error`` is why the call itself failed for good.
    """
    if not log:
        return {}
    metadata: dict[str, Any] = {"attempt_durations": [round(entry.duration_ms, 1) for entry in log]}
    retried = [entry for entry in log if entry.decision == "retry"]
    if retried:
        metadata["retry_reasons"] = [f"{entry.error_code}: {entry.error}" for entry in retried]
        metadata["retry_delays"] = [round((entry.delay_seconds or 0) * 1000) for entry in retried]
    last = log[-1]
    if last.decision in {"cached", "replayed"}:
        metadata[last.decision] = True
    if last.candidate > 0:
        metadata |= {"fallback_used": True, "fallback_index": last.candidate - 1}
        primary = [entry for entry in log if entry.candidate == 0]
        if primary:
            metadata["primary_error"] = f"{primary[-1].error_code}: {primary[-1].error}"
    if last.error_type is not None:
        metadata["error_type"] = last.error_type
    return metadata
