"""What the ledger may hold: the one record of effects that nothing of this project writes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.faults.oracle_rules import Evidence, Violation, candidates
from tool_contract.envelope import CallStatus
from tool_contract.errors import Effect
from tool_contract.record import attempt_log_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tool_executor.history import Record

_NO_EFFECT: Final = r"\"effect\":\"none\""


def effects_are_within_the_marks(evidences: Sequence[Evidence], *, all_known: bool) -> Iterator[Violation]:
    """The ledger holds what the tools' marks allow, and no record denies what it holds.

    `all_known`: what these executions share by idempotency keys, they share with no other.
    """
    for uses in _uses(evidences).values():
        first = uses[0]
        lines = first.evidence.run.lines(first.text)
        if not all_known and any(use.asked.get("idempotency_key") for use in uses):
            continue
        sent = sum(len(use.evidence.invocations_of(use.call)) for use in uses)
        allowed = sent if first.tool_name == "put_line" else 1 + any(_was_heard_in_part(use) for use in uses)
        if lines > allowed:
            said = f"{first.text!r} stands {lines} times in the ledger, {allowed} may be"
            yield first.evidence.against("effects are within the marks", said, first.call)
        if lines and not any(_owns_up(use) or _was_heard_in_part(use) for use in uses):
            said = f"{first.text!r} stands in the ledger, and no record says that it may"
            yield first.evidence.against("no record denies an effect", said, first.call)
        for use in uses:
            if not lines and _answered(use):
                said = f"{use.call['call_id']} is a success, and {use.text!r} is not in the ledger"
                yield use.evidence.against("a success had its effect", said, use.call)


@dataclass(frozen=True)
class _Use:
    """A candidate that may have written a text."""

    evidence: Evidence
    call: Record
    asked: dict[str, Any]
    candidate: int
    tool_name: str
    text: str


def _uses(evidences: Sequence[Evidence]) -> dict[tuple[str, str], list[_Use]]:
    """Return who may have written each text of each ledger."""
    found: defaultdict[tuple[str, str], list[_Use]] = defaultdict(list)
    for evidence in evidences:
        for call, asked in evidence.asked():
            for number, candidate in enumerate(candidates(asked)):
                name, text = candidate["tool_name"], candidate["input"]["line"]["text"]
                if not name.startswith("look"):
                    use = _Use(evidence, call, asked, number, name, text)
                    found[str(evidence.run.ledger), text].append(use)
    return found


def _answered(use: _Use) -> bool:
    """Whether the candidate's own run was the answer. A replayed one is another call's, by whichever candidate."""
    if use.call["status"] != CallStatus.SUCCESS:
        return False
    last = attempt_log_of(use.call)[-1]
    return last.candidate == use.candidate and last.decision != "replayed"


def _was_heard_in_part(use: _Use) -> bool:
    """Whether one event came several times at once, and a delivery said that it had done nothing.

    If that is the one whose answer is heard, nobody knows what the others did: see README.md, "allowances".
    """
    deliveries: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    for seen in use.evidence.invocations_of(use.call):
        deliveries[seen["payload"], seen["sent_ms"]].append(seen["answer"] or "")
    return any(len(said) > 1 and any(_NO_EFFECT in answer for answer in said) for said in deliveries.values())


def _owns_up(use: _Use) -> bool:
    """Whether a call's record allows for an effect of the candidate."""
    if use.call["status"] != CallStatus.SUCCESS:
        return bool(use.call["effect"] != Effect.NONE)
    # A success after a candidate whose effect nobody knows: its log tells.
    log = attempt_log_of(use.call)
    return _answered(use) or any(e.candidate == use.candidate and e.effect is Effect.UNKNOWN for e in log)
