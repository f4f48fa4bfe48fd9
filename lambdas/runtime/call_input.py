"""What an attempt runs on: the input that its call's record holds, with earlier results in place of its references."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lambdas.runtime.artifacts import artifact_key
from lambdas.runtime.attempt_store import Stands
from lambdas.runtime.earlier_results import EarlierResults
from tool_contract import strict_json
from tool_contract.envelope import ResultRef
from tool_contract.errors import ErrorCode, ToolError
from tool_contract.input_hash import input_hash
from tool_contract.limits import MAX_INLINE_BYTES
from tool_contract.record import asked_tool
from tool_contract.references import FROM, references_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lambdas.runtime.artifacts import ArtifactStore
    from lambdas.runtime.attempt_store import AttemptStore
    from tool_contract.attempt import AttemptContext
    from tool_contract.references import Reference

_FROM_IN_TEXT: Final = f'"{FROM}"'


class NoRecordedInput(ToolError):
    """The record of the call does not hold what the attempt is to run on."""

    code = ErrorCode.MISCONFIGURED


@dataclass(frozen=True, slots=True)
class RecordedInput:
    """An input as the request has it, and the references in it to earlier results."""

    value: Any
    references: Sequence[Reference] = ()


@dataclass(frozen=True, slots=True)
class ResolvedInput:
    """An input with results in it; ``input_hash`` is what the call means, where its idempotency key needs it."""

    value: Any
    input_hash: str | None = None


@dataclass(frozen=True, slots=True)
class CallInput:
    """The inputs of one call's candidates, for one attempt."""

    context: AttemptContext
    owner: str
    attempts: AttemptStore
    artifacts: ArtifactStore

    def recorded(self, record: Mapping[str, Any]) -> RecordedInput:
        """Return the candidate's input. Raises NoRecordedInput, or what the artefact bucket raises."""
        candidate = self.context.candidate
        try:
            text = self._text(record, "fallbacks" if candidate else "input")
            value = strict_json.parse(text)
            given = value[candidate - 1]["input"] if candidate else value
        except LookupError:
            message = f"The call's record holds no input for its candidate {candidate}."
            raise NoRecordedInput(message) from None
        # The planner wrote the text: a reference's key stands in it as it is. Few inputs need be walked through.
        return RecordedInput(given, references_in(given) if _FROM_IN_TEXT in text else ())

    def resolved(self, record: Mapping[str, Any], recorded: RecordedInput) -> ResolvedInput:
        """Return an input with results in place of its references. Raises what :meth:`EarlierResults.put_into` raises.

        What else the call's idempotency key covers is resolved with it, so that each result is read once.
        """
        covered = self._covered_by_key(record, recorded) if key_needs_results(record) else []
        own = self.context.candidate if recorded.references else -1
        others = [each for number, each in enumerate(covered) if number != own]
        earlier = EarlierResults(self.context.execution_id or "", self.attempts, self.artifacts)
        value, meant = earlier.put_into(recorded.value, others)
        if not covered:
            return ResolvedInput(value)
        if own >= 0:
            meant.insert(own, value)
        # The same for each of its candidates and attempts.
        return ResolvedInput(value, input_hash(asked_tool(record), meant[0], meant[1:]))

    def keep(self, record: Mapping[str, Any], resolved: object) -> Stands | None:
        """Write down what the attempt runs on; return what stands where the call is no longer this attempt's.

        Nothing is written where the record says so already, as it does for a candidate's second attempt. Raises
        HistoryUnavailable or ResultStoreFailed.
        """
        candidate, text, ref = self.context.candidate, strict_json.dumps(resolved), None
        key = artifact_key(self.context.execution_id or "", self.context.call_id or "", f"resolved-{candidate}")
        if strict_json.byte_size(text) > MAX_INLINE_BYTES:
            ref = strict_json.dumps(self.artifacts.reference_to(key, text).model_dump())
        kept = {
            "resolved_input": None if ref else text,
            "resolved_input_ref": ref,
            "resolved_candidate": candidate,
        }
        if all(record.get(name) == value for name, value in kept.items()):
            return None
        if ref:
            self.artifacts.put(key, text)
        written = self.attempts.keep_input(self.context, owner=self.owner, outcome=kept)
        return written if isinstance(written, Stands) else None

    def _covered_by_key(self, record: Mapping[str, Any], recorded: RecordedInput) -> list[Any]:
        """Return the inputs that the call's key is for: its own, and the fallbacks' if these refer to results."""
        is_own = self.context.candidate == 0 and recorded.references
        own = recorded.value if is_own else strict_json.parse(self._text(record, "input"))
        has_fallbacks = "fallbacks" in record or "fallbacks_ref" in record
        listed = strict_json.parse(self._text(record, "fallbacks")) if has_fallbacks else []
        fallbacks = [each["input"] for each in listed]
        refer = any(references_in(each) for each in fallbacks)
        return [own, *(fallbacks if refer else [])]

    def _text(self, record: Mapping[str, Any], name: str) -> str:
        reference = record.get(f"{name}_ref")
        if reference is None:
            return str(record[name])
        return self.artifacts.get(ResultRef.model_validate(strict_json.parse(reference)))


def key_needs_results(record: Mapping[str, Any]) -> bool:
    """Whether a call has an idempotency key, and what it means was not known to the planner."""
    return record.get("idempotency_key") is not None and not record.get("input_hash")
