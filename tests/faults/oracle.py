"""What must be true after every scenario, whatever went wrong in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.faults.oracle_effects import effects_are_within_the_marks
from tests.faults.oracle_rules import RULES, Evidence, Violation, everything_has_ended
from tool_contract.record import EXECUTION_CALL_ID

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.faults.faulty_cloud import FaultyCloud, Run
    from tool_executor.history import Record


@dataclass
class Oracle:
    """Judges executions that have ended, and remembers their records to compare them at the end of all tests."""

    cloud: FaultyCloud
    _ended: dict[str, list[Record]] = field(default_factory=dict)

    def judge(self, run: Run, output: dict[str, Any] | None = None) -> list[Record]:
        """Hold an execution's records against what ran and what the ledger says; return its calls' records."""
        evidence = self.evidence(run, output)
        found = list(self.violations([evidence], all_known=False))
        assert not found, "\n".join(str(violation) for violation in found)
        return evidence.calls

    def evidence(self, run: Run, output: dict[str, Any] | None = None) -> Evidence:
        """Gather what there is to see of an execution, and remember its records."""
        records = self._ended[run.execution_id] = self.cloud.history.execution(run.execution_id)
        own = next((record for record in records if record["call_id"] == EXECUTION_CALL_ID), None)
        calls = [record for record in records if record is not own]
        invocations = self.cloud.report_of(run.execution_id)["invocations"]
        seen = [one for one in invocations if one["function"].endswith("-ledger")]
        return Evidence(run, own, calls, seen, output)

    def violations(self, evidences: Sequence[Evidence], *, all_known: bool = True) -> Iterator[Violation]:
        """Yield the rules that executions break which share nothing with others, unless `all_known` is false."""
        ended = []
        for evidence in evidences:
            open_ones = list(everything_has_ended(evidence))
            yield from open_ones
            if not open_ones:  # the other rules are about what has ended
                ended.append(evidence)
                for rule in RULES:
                    yield from rule(evidence)
        yield from effects_are_within_the_marks(ended, all_known=all_known)

    def changed(self) -> Iterator[Violation]:
        """Yield the executions whose records are no longer what they were when they were judged."""
        for execution_id, before in self._ended.items():
            for was, now in zip(before, self.cloud.history.execution(execution_id), strict=True):
                if was != now:
                    yield Violation("no record changes after its end", f"it was {was}", execution_id, now)

    def assert_nothing_changed(self) -> None:
        """A record never changes after its end, whatever comes late."""
        assert not [str(violation) for violation in self.changed()]
