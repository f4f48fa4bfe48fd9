"""The results of an execution's earlier calls, for an input that refers to them: read from the records, put in place.

Deterministic: a success never changes, so that every attempt of a call gets the same input. A call reads records of its
own execution alone. What is put in is data: nothing in a result is taken for a reference, to a result or to a secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lambdas.runtime import left_outcome
from lambdas.runtime.time_limit import TimeLimitReached, time_limit
from tool_contract import strict_json
from tool_contract.envelope import OPEN_STATUSES, CallStatus, ResultRef
from tool_contract.errors import Effect, ErrorCode, ToolError, ToolTimeout
from tool_contract.limits import MAX_RESOLVED_INPUT_BYTES
from tool_contract.problems import shortened
from tool_contract.references import NothingThereError, asks_for_a_secret, references_in, replaced, told, value_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdas.runtime.artifacts import ArtifactStore
    from lambdas.runtime.attempt_store import AttemptStore
    from tool_contract.references import Reference
    from tool_contract.secret_fields import Path


class ReferenceFailed(ToolError):
    """What an input refers to is not there, or cannot stand in an input. The tool was not run."""

    code = ErrorCode.REFERENCE_FAILED


@dataclass(frozen=True, slots=True)
class EarlierResults:
    """The records and large results of one execution."""

    execution_id: str
    attempts: AttemptStore
    artifacts: ArtifactStore

    def put_into(self, tool_input: Any, seconds: float) -> Any:  # noqa: ANN401 - JSON is any value
        """Return an input with results in place of its references, within so many seconds.

        Raises :class:`ReferenceFailed` with a pointer into the input; ToolTimeout; HistoryUnavailable; or what the
        artefact bucket raises.
        """
        try:
            with time_limit(seconds):
                return self._resolved(tool_input)
        except TimeLimitReached:
            message = f"The results that the input refers to could not be read within {seconds:g} s."
            raise ToolTimeout(message, effect=Effect.NONE) from None

    def _resolved(self, tool_input: Any) -> Any:  # noqa: ANN401 - JSON is any value
        by_call: dict[str, list[Reference]] = {}
        for reference in references_in(tool_input):
            by_call.setdefault(reference.call_id, []).append(reference)
        values: dict[Path, Any] = {}
        room = MAX_RESOLVED_INPUT_BYTES
        # One result at a time: together they may be larger than the function's memory.
        for call_id, references in by_call.items():
            result = self._result(call_id, references[0])
            for reference in references:
                values[reference.path] = value = _part(result, reference)
                room -= strict_json.byte_size(strict_json.dumps(value))
                if room < 0:
                    raise _too_large(reference)
        resolved = replaced(tool_input, values)
        _require_usable(resolved)
        return resolved

    def _result(self, call_id: str, reference: Reference) -> Any:  # noqa: ANN401 - JSON is any value
        row = self.attempts.read(self.execution_id, call_id)
        stored = self._stored(row)
        if stored is None:
            status = f"it is {row['status']}" if row else "the history does not hold it"
            message = f"The call {shortened(call_id)!r} has no result: {status}."
            raise ReferenceFailed(message, pointer=reference.place)
        if "result_ref" in stored:
            ref = ResultRef.model_validate(strict_json.parse(stored["result_ref"]))
            return strict_json.parse(self.artifacts.get(ref))
        return strict_json.parse(stored["result"])

    def _stored(self, row: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return what holds a call's result: its record, or what was left because the record could not be written."""
        status = row.get("status")
        if status == CallStatus.SUCCESS:
            return row
        return left_outcome.read(self.artifacts, row) if status in OPEN_STATUSES else None


def _part(result: Any, reference: Reference) -> Any:  # noqa: ANN401 - JSON is any value
    try:
        value = value_at(result, reference.pointer)
    except NothingThereError as error:
        message = f"The result of {shortened(reference.call_id)!r} {error}."
        raise ReferenceFailed(message, pointer=reference.place) from None
    if asks_for_a_secret(value):
        message = (
            f"The result of {shortened(reference.call_id)!r} at {told(reference.pointer)} names a secret:"
            " only a request may do so."
        )
        raise ReferenceFailed(message, pointer=reference.place)
    return value


def _require_usable(resolved: object) -> None:
    problem = strict_json.problem_in(resolved)
    if problem is not None:
        message = f"With the results in it the input cannot be used: {problem.message}"
        raise ReferenceFailed(message, pointer=problem.pointer)
    size = strict_json.byte_size(strict_json.dumps(resolved))
    if size > MAX_RESOLVED_INPUT_BYTES:
        message = f"With the results in it the input has {size:,} bytes; {MAX_RESOLVED_INPUT_BYTES:,} fit."
        raise ReferenceFailed(message)


def _too_large(reference: Reference) -> ReferenceFailed:
    message = f"The results that the input refers to are larger than {MAX_RESOLVED_INPUT_BYTES:,} bytes."
    return ReferenceFailed(message, pointer=reference.place)
