"""What must be true after every scenario, whatever went wrong in it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tool_contract.envelope import CallStatus, Envelope
from tool_contract.errors import Effect
from tool_contract.record import EXECUTION_CALL_ID
from tool_contract.timestamps import ms_from_iso

if TYPE_CHECKING:
    from tests.faults.faulty_cloud import FaultyCloud, Run
    from tool_executor.history import Record

_DEFAULT_RETRIES = 3
_NOT_BEGUN = r"\"begun\":false"


@dataclass
class Oracle:
    """Judges executions that have ended, and remembers their records to compare them at the end of all tests."""

    cloud: FaultyCloud
    _ended: dict[str, list[Record]] = field(default_factory=dict)

    def judge(self, run: Run, output: dict[str, Any] | None = None) -> list[Record]:
        """Hold an execution's records against what ran and what the ledger says; return its calls' records."""
        own, *calls = records = self.cloud.history.execution(run.execution_id)
        self._ended[run.execution_id] = records
        assert (own["call_id"], own.get("open")) == (EXECUTION_CALL_ID, None)
        assert [call["call_id"] for call in calls] == [call["call_id"] for call in run.request["calls"]]
        everything = self.cloud.invocations("-ledger", run.execution_id)
        for call, asked in zip(calls, run.request["calls"], strict=True):
            assert CallStatus(call["status"]).is_terminal, call
            seen = [one for one in everything if f'"call_id":"{call["call_id"]}"' in one["payload"]]
            _judge_attempts(call, asked, seen)
            _judge_effects(call, run.lines(call["call_id"]), len(seen))
        if output is not None:
            _judge_output(output, calls)
        return calls

    def assert_nothing_changed(self) -> None:
        """A record never changes after its end, whatever comes late."""
        for execution_id, records in self._ended.items():
            assert self.cloud.history.execution(execution_id) == records


def _judge_attempts(call: Record, asked: dict[str, Any], invocations: list[dict[str, Any]]) -> None:
    """As many attempts are recorded as invocations began one, and no more than were allowed."""
    ended_ms = ms_from_iso(call["finished_at"])
    begun, sent = set(), set()
    for seen in invocations:
        # What came after the end found an answer there and changed nothing; a 429 began nothing.
        if seen["sent_ms"] <= ended_ms and seen["refused"] != "TooManyRequestsException":
            number = json.loads(seen["payload"])["context"]["attempt"]
            sent.add(number)
            if _NOT_BEGUN not in (seen["answer"] or ""):
                begun.add(number)
    # The function may have said that it began nothing when the workflow had given it up already.
    assert len(begun) <= call["attempts"] <= len(sent), (call, begun, sent)
    candidates = [asked, *asked.get("fallbacks", [])]
    assert call["attempts"] <= sum(1 + one.get("max_retries", _DEFAULT_RETRIES) for one in candidates)


def _judge_effects(call: Record, lines: int, invocations: int) -> None:
    """The ledger holds what the tool's marks allow, and the record does not deny what it holds."""
    if call["tool_name"] == "look":
        return
    assert lines <= (invocations if call["tool_name"] == "put_line" else 1), (lines, call)
    if call["status"] == CallStatus.SUCCESS:
        assert lines >= 1, call
    elif call["effect"] == Effect.NONE:
        assert lines == 0, call


def _judge_output(output: dict[str, Any], calls: list[Record]) -> None:
    assert [envelope["call_id"] for envelope in output["results"]] == [call["call_id"] for call in calls]
    for envelope, call in zip(output["results"], calls, strict=True):
        Envelope.model_validate(envelope)
        for name in ("status", "attempts", "error_code", "effect"):
            assert envelope.get(name) == call.get(name), (name, envelope, call)
    assert output["counts"]["total"] == len(calls)
