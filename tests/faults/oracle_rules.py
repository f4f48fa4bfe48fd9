"""The rules that the oracle holds an execution against: each yields what it finds wrong."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from tool_contract.envelope import CallStatus, Envelope
from tool_contract.errors import Effect, ErrorCode
from tool_contract.record import attempt_log_of
from tool_contract.timestamps import ms_from_iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.faults.faulty_cloud import Run
    from tool_executor.history import Record

_DEFAULT_RETRIES: Final = 3
_DEFAULT_CAP_SECONDS: Final = 10
_NOT_BEGUN: Final = r"\"begun\":false"
_NEVER_ANSWERED: Final = ("Runtime.ExitError", "Sandbox.Timedout", "Runtime exited")
_RETRY_IS_POINTLESS: Final = {
    ErrorCode.INVALID_INPUT,
    ErrorCode.NON_FINITE_RESULT,
    ErrorCode.IDEMPOTENCY_KEY_REUSED,
    ErrorCode.OUTCOME_UNKNOWN,
    ErrorCode.SUPERSEDED,
    ErrorCode.DEADLINE_EXCEEDED,
    ErrorCode.DEADLINE_TOO_CLOSE,
}


@dataclass(frozen=True)
class Violation:
    """A broken rule: which, what is wrong, and what there is to see of the call."""

    rule: str
    said: str
    execution_id: str = ""
    record: Record | None = None
    invocations: tuple[dict[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        seen = [f"  invocation: {_shown(one)}" for one in self.invocations]
        return "\n".join([f"{self.execution_id} breaks '{self.rule}': {self.said}", f"  record: {self.record}", *seen])


def _shown(invocation: dict[str, Any]) -> dict[str, Any]:
    """Return an invocation without the stack trace that its answer ends with."""
    return {**invocation, "answer": (invocation["answer"] or "").partition(', "requestId"')[0]}


@dataclass(frozen=True)
class Evidence:
    """What there is to see of one ended execution. `invocations` are those of the ledger's function."""

    run: Run
    own: Record | None
    calls: list[Record]
    invocations: list[dict[str, Any]]
    output: dict[str, Any] | None = None

    def invocations_of(self, call: Record) -> list[dict[str, Any]]:
        return [seen for seen in self.invocations if f'"call_id":"{call["call_id"]}"' in seen["payload"]]

    def against(self, rule: str, said: str, call: Record | None = None) -> Violation:
        seen = tuple(self.invocations_of(call)) if call else ()
        return Violation(rule, said, self.run.execution_id, call or self.own, seen)

    def asked(self) -> Iterator[tuple[Record, dict[str, Any]]]:
        return zip(self.calls, self.run.request["calls"], strict=True)


def everything_has_ended(evidence: Evidence) -> Iterator[Violation]:
    """One terminal record per call, in the order of the request."""
    rule = "one terminal record per call, in order"
    if evidence.own is None or evidence.own.get("open") is not None:
        yield evidence.against(rule, "the execution's own record is missing or open")
    found = [call["call_id"] for call in evidence.calls]
    expected = [call["call_id"] for call in evidence.run.request["calls"]]
    if found != expected:
        yield evidence.against(rule, f"there are records of {found}, and calls {expected}")
    for call in evidence.calls:
        if not CallStatus(call["status"]).is_terminal or "finished_at" not in call:
            yield evidence.against(rule, f"{call['call_id']} is {call['status']}", call)


def attempts_are_invocations(evidence: Evidence) -> Iterator[Violation]:
    """As many attempts are recorded as invocations began one, and no more than were allowed."""
    rule = "recorded attempts = invocations seen"
    for call, asked in evidence.asked():
        begun, sent = _numbers(call, evidence.invocations_of(call))
        # The function may have said that it began nothing when the workflow had given it up already.
        if not len(begun) <= call["attempts"] <= len(sent):
            said = f"{call['call_id']} has {call['attempts']}; begun were {sorted(begun)}, sent {sorted(sent)}"
            yield evidence.against(rule, said, call)
        allowed = sum(1 + one.get("max_retries", _DEFAULT_RETRIES) for one in candidates(asked))
        if call["attempts"] > allowed:
            yield evidence.against("attempts <= 1 + max_retries", f"{call['attempts']} > {allowed}", call)


def _numbers(call: Record, invocations: Sequence[dict[str, Any]]) -> tuple[set[int], set[int]]:
    """Return the attempts that were begun and those that were sent, before the call's end."""
    ended_ms = ms_from_iso(call["finished_at"])
    log = attempt_log_of(call)
    # Who ends a call from outside counts the attempts that reached its record, not those that died on their way.
    ended_from_outside = not log or log[-1].decision in {"retry", "fallback"}
    begun, sent = set(), set()
    for seen in invocations:
        # What came after the end found an answer there and changed nothing; a 429 began nothing.
        if seen["sent_ms"] > ended_ms or seen["refused"] == "TooManyRequestsException":
            continue
        context = json.loads(seen["payload"])["context"]
        number = context["attempt"]
        sent.add(number)
        answer = seen["answer"] or ""
        lost = not answer or any(word in answer for word in _NEVER_ANSWERED)
        # The call may have ended while its hedge was on its way, and nobody waits for what the hedge found.
        untold = lost and (ended_from_outside or "hedge" in context)
        if not _says_that_nothing_began(answer, number) and not untold:
            begun.add(number)
    return begun, sent


def _says_that_nothing_began(answer: str, attempt: int) -> bool:
    """Whether a function told the workflow, or a direct caller by its count of attempts, that the tool did not run.

    A hedge that comes after the answer gets that answer, with the attempts that there were before it came.
    """
    if _NOT_BEGUN in answer:
        return True
    try:
        told = json.loads(answer)
    except ValueError:
        return False
    return isinstance(told, dict) and told.get("attempts", attempt) < attempt


def a_success_stands(evidence: Evidence) -> Iterator[Violation]:
    """A function that answers a success has written it down: nothing may write over it."""
    for call in evidence.calls:
        told = [seen["answer"] for seen in evidence.invocations_of(call) if seen["answer"]]
        if call["status"] != CallStatus.SUCCESS and any(_is_success(answer) for answer in told):
            yield evidence.against(
                "a success stands", f"{call['call_id']} was a success, and is {call['status']}", call
            )


def _is_success(answer: str) -> bool:
    try:
        said = json.loads(answer)
    except ValueError:
        return False
    return isinstance(said, dict) and said.keys() == {"call_id"}


def only_what_may_be_repeated_is(evidence: Evidence) -> Iterator[Violation]:
    """After an unknown outcome of a tool that may change things, and after what cannot succeed, nothing follows."""
    for call, asked in evidence.asked():
        for entry in attempt_log_of(call):
            if entry.decision not in {"retry", "fallback"}:
                continue
            if entry.effect is Effect.UNKNOWN and entry.tool_name == "add_line":
                said = f"{entry.decision} after attempt {entry.attempt} of add_line, whose effect is unknown"
                yield evidence.against("an unknown outcome is repeated by the marks alone", said, call)
            if entry.decision == "fallback":
                continue
            if entry.error_code in _RETRY_IS_POINTLESS:
                said = f"{entry.error_code} was tried again"
                yield evidence.against("what cannot succeed is tried once", said, call)
            cap = candidates(asked)[entry.candidate].get("retry", {}).get("max_delay_seconds", _DEFAULT_CAP_SECONDS)
            if not 0 <= (entry.delay_seconds or 0) <= math.ceil(cap):
                yield evidence.against("delays are capped", f"{entry.delay_seconds} s > {cap} s", call)


def a_sequence_stops_at_its_first_failure(evidence: Evidence) -> Iterator[Violation]:
    """In a sequence each call is sent after the one before has ended, and none after one that failed has begun."""
    if evidence.run.request.get("mode") != "sequence":
        return
    rule = "a sequence goes in order and stops at the first failure"
    for before, call in pairwise(evidence.calls):
        if before.get("error_code") == ErrorCode.BAD_TOOL_RESPONSE:
            continue  # the workflow took it for an answer and went on; Finish found that there is no record of it
        sent = [seen["sent_ms"] for seen in evidence.invocations_of(call)]
        if sent and min(sent) < ms_from_iso(before["finished_at"]):
            yield evidence.against(rule, f"{call['call_id']} was sent before {before['call_id']} had ended", call)
        ran = call["status"] == CallStatus.SUCCESS or call["attempts"] or call["effect"] != Effect.NONE
        if before["status"] != CallStatus.SUCCESS and ran:
            yield evidence.against(rule, f"{call['call_id']} ran after {before['call_id']} had failed", call)


def output_agrees_with_records(evidence: Evidence) -> Iterator[Violation]:
    """The output tells what the records say, and a result is the one of the candidate that answered."""
    rule, output = "the output agrees with the records", evidence.output
    if output is None:
        return
    results, own = output["results"], evidence.own or {}
    if [envelope["call_id"] for envelope in results] != [call["call_id"] for call in evidence.calls]:
        yield evidence.against(rule, "the envelopes are not in the order of the calls")
        return
    if (output["status"], output["counts"]) != (own["status"], own["counts"]):
        yield evidence.against(rule, f"{output['status']} {output['counts']} is not {own['status']} {own['counts']}")
    for envelope, (call, asked) in zip(results, evidence.asked(), strict=True):
        try:
            Envelope.model_validate(envelope)
        except ValidationError as error:
            yield evidence.against(rule, f"an envelope is none: {error}", call)
        for name in ("status", "attempts", "error_code", "effect", "tool_name"):
            if envelope.get(name) != call.get(name):
                yield evidence.against(rule, f"{name} is {envelope.get(name)!r} in the output", call)
        if envelope["success"] and attempt_log_of(call)[-1].decision != "replayed":
            line = candidates(asked)[attempt_log_of(call)[-1].candidate]["input"]["line"]
            result = envelope.get("result") or {"text": line["text"], "padding": "x" * line.get("answer_size", 0)}
            if (result["text"], len(result["padding"])) != (line["text"], line.get("answer_size", 0)):
                yield evidence.against(rule, f"the result is {result['text']!r}, {len(result['padding'])}", call)


def candidates(asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the call and its fallbacks."""
    return [asked, *asked.get("fallbacks", [])]


RULES: Final = (
    attempts_are_invocations,
    a_success_stands,
    only_what_may_be_repeated_is,
    a_sequence_stops_at_its_first_failure,
    output_agrees_with_records,
)
