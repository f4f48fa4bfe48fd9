"""What chaos asks beyond the oracle's own rules: it knows what a scenario allows for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from tests.faults.chaos.scenario import ActionKind, Scenario
from tests.faults.faulty_cloud import FINISHER, LEDGER_FUNCTION, PLANNER
from tool_contract.envelope import CallStatus
from tool_contract.timestamps import ms_from_iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.faults.chaos.runner import Seen
    from tests.faults.oracle import Oracle
    from tests.faults.oracle_rules import Evidence, Violation
    from tool_executor.history import Record

#: How long after its deadline an execution may end: docs/semantics.md.
MARGIN_SECONDS: Final = 30
#: Then the minute's sweep ends it.
_SWEEP_SECONDS: Final = 60
#: What a refusal or loss may cost besides its own seconds: the repeats of a workflow's state or of a store's client.
_STRIKE_SECONDS: Final = 8
_ATTEMPT_SECONDS: Final = 10
_CUT_SHORT: Final = (ActionKind.STOP, ActionKind.CANCEL)


def violations(oracle: Oracle, scenario: Scenario, found: Sequence[Seen]) -> Iterator[Violation]:
    """Yield every rule that a scenario's executions break."""
    planned = []
    for seen in found:
        yield from seen.said
        yield from _says_how_it_ended(seen)
        yield from _ends_in_time(seen)
        yield from _shows_no_input(seen, scenario.canary)
        if seen.evidence.own is None:
            yield from _nothing_ran(seen)
            continue
        yield from _what_nothing_befell_succeeds(seen)
        planned.append(_as_planned(seen))
    yield from oracle.violations(planned)


def _says_how_it_ended(seen: Seen) -> Iterator[Violation]:
    """Only what was done to an execution makes it end otherwise than by its own Finish."""
    rule, evidence, status = "an execution says how it ended", seen.evidence, seen.status
    error = seen.described.get("error")
    expected = {
        "SUCCEEDED": not seen.planned.refused,
        "ABORTED": seen.planned.acts(*_CUT_SHORT),
        "FAILED": (seen.planned.refused and error == "InvalidRequest")
        or (error == "PlanFailed" and bool(_struck(seen, PLANNER, "dynamodb.", "s3.")))
        or (error == "FinishFailed" and bool(_struck(seen, FINISHER, "dynamodb.", "s3."))),
    }
    if not expected.get(status, False):
        yield evidence.against(rule, f"it is {status} with {error}: {seen.described.get('cause')}")
    if seen.planned.refused and evidence.own is not None:
        yield evidence.against(rule, "the request is invalid, and there are records of it")


def _ends_in_time(seen: Seen) -> Iterator[Violation]:
    """P1: deadline, margin, and what the faults held it up."""
    rule = "an execution ends within its deadline plus a margin"
    held = sum(
        fault["struck"] * (_STRIKE_SECONDS + fault["seconds"])
        for fault in _struck(seen, PLANNER, FINISHER, "dyn", "s3.")
    )
    timeout = seen.evidence.run.request["timeout_seconds"]
    allowed = timeout + MARGIN_SECONDS + held
    took = (seen.described["stopDate"] - seen.described["startDate"]).total_seconds()
    if took > allowed:
        yield seen.evidence.against(
            rule, f"it took {took:.0f} s; its deadline was {timeout} s, faults held it {held} s"
        )
    own = seen.evidence.own
    if own is not None and "finished_at" in own:
        closed = (ms_from_iso(own["finished_at"]) - ms_from_iso(own["started_at"])) / 1000
        if closed > allowed + _SWEEP_SECONDS:
            yield seen.evidence.against(
                rule, f"its records were closed after {closed:.0f} s; {timeout} s, {held} s held"
            )


def _shows_no_input(seen: Seen, canary: str) -> Iterator[Violation]:
    """The state machine's history shows no inputs past the request itself."""
    planned = False
    for event in seen.history:
        if planned and canary in str(event):
            said = f"event {event['id']}, {event['type']}, holds an input"
            yield seen.evidence.against("no input in the history past the request", said)
            return
        planned = planned or event.get("stateExitedEventDetails", {}).get("name") == "Plan"


def _nothing_ran(seen: Seen) -> Iterator[Violation]:
    """What was refused, or stopped before it was planned, has no records, and ran nothing."""
    rule, evidence = "without records nothing runs", seen.evidence
    if seen.status == "SUCCEEDED":
        yield evidence.against(rule, "it has succeeded, and there are no records")
    if evidence.calls or evidence.invocations:
        yield evidence.against(rule, f"there are {len(evidence.calls)} calls, {len(evidence.invocations)} invocations")


def _what_nothing_befell_succeeds(seen: Seen) -> Iterator[Violation]:
    """In parallel, a call that no fault concerns succeeds at once, whatever befalls the others."""
    evidence, request = seen.evidence, seen.evidence.run.request
    took = (seen.described["stopDate"] - seen.described["startDate"]).total_seconds()
    # With less time than an attempt may take, a call may be cut off, or not be begun.
    hurried = took + _ATTEMPT_SECONDS > request["timeout_seconds"]
    spoilt = seen.status != "SUCCEEDED" or hurried or _struck(seen, "dynamodb.", "s3.")
    if spoilt or request.get("mode") != "parallel" or len(evidence.calls) != len(request["calls"]):
        return
    for call, asked in evidence.asked():
        if _is_untroubled(seen, call, asked) and (call["status"], call["attempts"]) != (CallStatus.SUCCESS, 1):
            yield evidence.against("what nothing befell succeeds", f"{call['call_id']} is {call['status']}", call)


def _is_untroubled(seen: Seen, call: Record, asked: dict[str, Any]) -> bool:
    line = asked["input"]["line"]
    troubled = "trouble" in line or line.get("answers_nan") or line.get("seconds", 0) > 1
    named = f'"{call["call_id"]}"'
    befallen = any(named in text for fault in _struck(seen, LEDGER_FUNCTION) for text in fault["containing"])
    return not troubled and not befallen and "idempotency_key" not in asked


def _as_planned(seen: Seen) -> Evidence:
    """Return the evidence without the calls that a planner which failed for good did not come to write down."""
    evidence = seen.evidence
    if seen.status == "SUCCEEDED" or not _struck(seen, PLANNER, "dynamodb.", "s3."):
        return evidence
    written = {call["call_id"] for call in evidence.calls}
    calls = [call for call in evidence.run.request["calls"] if call["call_id"] in written]
    if evidence.invocations or len(calls) == len(evidence.run.request["calls"]):
        return evidence
    return replace(evidence, run=replace(evidence.run, request={**evidence.run.request, "calls": calls}))


def _struck(seen: Seen, *requests: str) -> list[dict[str, Any]]:
    """The faults of some kinds of requests that befell one."""
    return [fault for fault in seen.faults if fault["struck"] and fault["request"].startswith(requests)]
