"""The results of an execution's earlier calls, for an input that refers to them: read from the records, put in place.

Deterministic: a success never changes, so that every attempt of a call gets the same input. A call reads records of its
own execution alone. What is put in is data: nothing in a result is taken for a reference, to a result or to a secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lambdas.runtime import left_outcome, telemetry
from tool_contract import strict_json
from tool_contract.envelope import OPEN_STATUSES, CallStatus, ResultRef
from tool_contract.errors import ErrorCode, ToolError
from tool_contract.limits import MAX_RESOLVED_INPUT_BYTES
from tool_contract.problems import shortened
from tool_contract.references import (
    NothingThereError,
    asks_for_a_secret,
    references_in,
    replaced,
    told,
    value_at,
    with_whole_numbers,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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

    def put_into(self, tool_input: Any, others: Sequence[Any] = ()) -> tuple[Any, list[Any]]:  # noqa: ANN401 - JSON
        """Return an input with results in place of its references, and the others so; each result is read once.

        One of the others whose references fail is returned as it is. Raises :class:`ReferenceFailed` with a pointer
        into the input; HistoryUnavailable; or what the artefact bucket raises.
        """
        own = _Filling(tool_input)
        filled = [own, *map(_Filling, others)]
        # One result at a time: together they may be larger than the function's memory.
        for call_id in dict.fromkeys(reference.call_id for each in filled for reference in each.references):
            result = self._result(call_id)
            for each in filled:
                each.take(call_id, result)
            if own.failed:
                break
        value = own.end()
        return value, [each.end_or_leave() for each in filled[1:]]

    def _result(self, call_id: str) -> Any:  # noqa: ANN401 - JSON is any value, or why there is none
        row = self.attempts.read(self.execution_id, call_id)
        try:
            stored = self._stored(row)
            if stored is not None:
                return strict_json.parse(self._text(stored))
        except (ValueError, LookupError, TypeError, AttributeError):
            telemetry.logger.exception("an earlier call's result cannot be read", extra={"call_id": call_id})
            return _NoResult(
                f"The call {shortened(call_id)!r} has no result that can be read: what it left is not whole."
            )
        status = f"it is {row['status']}" if row else "the history does not hold it"
        return _NoResult(f"The call {shortened(call_id)!r} has no result: {status}.")

    def _text(self, stored: Mapping[str, Any]) -> str:
        if "result_ref" in stored:
            return self.artifacts.get(ResultRef.model_validate(strict_json.parse(stored["result_ref"])))
        text: str = stored["result"]
        return text

    def _stored(self, row: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return what holds a call's result: its record, or what was left because the record could not be written."""
        status = row.get("status")
        if status == CallStatus.SUCCESS:
            return row
        return left_outcome.read(self.artifacts, row) if status in OPEN_STATUSES else None


@dataclass(frozen=True, slots=True)
class _NoResult:
    """Why a call has none."""

    said: str


class _Filling:
    """An input, and what the results that have been read so far give it."""

    def __init__(self, tool_input: Any) -> None:  # noqa: ANN401 - JSON is any value
        self.given = tool_input
        self.references = references_in(tool_input)
        self.failed: ReferenceFailed | None = None
        self._values: dict[Path, Any] = {}
        self._room = MAX_RESOLVED_INPUT_BYTES

    def take(self, call_id: str, result: Any) -> None:  # noqa: ANN401 - as above
        """Take the parts of a call's result that are referred to, unless something failed before."""
        try:
            for reference in self.references if self.failed is None else ():
                if reference.call_id == call_id:
                    self._values[reference.path] = self._fitting(reference, _part(result, reference))
        except ReferenceFailed as failed:
            self.failed, self._values = failed, {}

    def end(self) -> Any:  # noqa: ANN401 - as above
        """Return the input with everything in place. Raises :class:`ReferenceFailed`."""
        if self.failed is not None:
            raise self.failed
        if not self.references:
            return self.given
        resolved = replaced(self.given, self._values)
        _require_usable(resolved)
        return resolved

    def end_or_leave(self) -> Any:  # noqa: ANN401 - as above
        """Return the same, or the input as it is where a reference failed."""
        try:
            return self.end()
        except ReferenceFailed:
            return self.given

    def _fitting(self, reference: Reference, value: Any) -> Any:  # noqa: ANN401 - as above
        self._room -= strict_json.byte_size(strict_json.dumps(value))
        if self._room < 0:
            raise _too_large(reference)
        return value


def _part(result: Any, reference: Reference) -> Any:  # noqa: ANN401 - JSON is any value
    if isinstance(result, _NoResult):
        raise ReferenceFailed(result.said, pointer=reference.place)
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
    return with_whole_numbers(value)


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
