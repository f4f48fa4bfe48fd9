"""Ends an execution: settles what is open, closes its row, and builds the output from the records."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from lambdas.finisher.call_metrics import metrics_of
from lambdas.finisher.caller_lease import give_back
from lambdas.finisher.counted_end import TotalsBusy
from lambdas.finisher.one_time_secrets import delete_one_time_secrets
from lambdas.finisher.output import build_output, lay_out
from lambdas.finisher.settlement import Ending, settle
from lambdas.runtime import left_outcome, telemetry
from lambdas.runtime.artifacts import ArtifactStore, ResultCorrupt, ResultMissing, artifact_key
from lambdas.runtime.clock import Clock, SystemClock
from lambdas.runtime.metrics import emit
from tool_contract import strict_json
from tool_contract.call_totals import CallTotals
from tool_contract.envelope import OPEN_STATUSES
from tool_contract.execution_status import count_statuses, overall_status
from tool_contract.record import asked_tool, envelope_from_record
from tool_contract.timestamps import iso_from_ms, ms_from_iso

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lambdas.finisher.history import ExecutionRows, History
    from lambdas.finisher.output import Layout
    from lambdas.finisher.sessions_end import SessionsEnd
    from tool_contract.envelope import Envelope

_WORKERS = 16
_Answer = TypeVar("_Answer")


class PlanUnderWay(Exception):
    """The execution was stopped while its plan was being written: it cannot be closed yet, so come again."""


@dataclass(frozen=True, slots=True)
class Finisher:
    """Brings executions to their end, at the end of the workflow or after it was cut short."""

    history: History
    artifacts: ArtifactStore
    read_only_tools: frozenset[str]
    sessions: SessionsEnd | None = None
    clock: Clock = field(default_factory=SystemClock)

    def finish(
        self,
        execution_id: str,
        ending: Ending,
        unrecorded: Sequence[Mapping[str, Any]] = (),
        *,
        arn: str | None = None,
    ) -> dict[str, Any] | None:
        """End an execution and return its output; None where the history does not know it. Repeating it is harmless.

        ``arn`` is the execution's that has ended, if it is known: one that was refused the id does not end its holder.
        Raises PlanUnderWay.
        """
        rows = self._settled(execution_id, ending, {failure["call_id"]: failure for failure in unrecorded}, arn)
        if rows is None:
            return None
        with telemetry.about(execution_id=execution_id, correlation_id=rows.execution["correlation_id"]):
            return self._finished(rows, ending)

    def _finished(self, rows: ExecutionRows, ending: Ending) -> dict[str, Any]:
        finished_at = rows.execution.get("finished_at") or iso_from_ms(self.clock.now_ms())
        envelopes = [envelope_from_record(row) for row in rows.calls]
        if ending is Ending.CANCELLED and len(envelopes) < rows.execution["calls"]:
            # Closed now, the rows that the planner has yet to write would be open for ever.
            raise PlanUnderWay(rows.execution["execution_id"])
        self._close(rows, envelopes, finished_at)
        return build_output(rows.execution, self._arranged(rows, envelopes), finished_at)

    def _settled(
        self, execution_id: str, ending: Ending, unrecorded: Mapping[str, Mapping[str, Any]], arn: str | None
    ) -> ExecutionRows | None:
        """Return the rows when all have ended. A call that an attempt takes or ends meanwhile is looked at again."""
        while (rows := self.history.rows(execution_id)) is not None:
            if arn not in {None, rows.execution["execution_arn"]}:
                telemetry.logger.warning("an execution has ended whose id another one holds")
                return None
            left = _in_parallel(partial(self._left_by, row) for row in rows.calls if row["status"] in OPEN_STATUSES)
            settlements = settle(
                rows.execution,
                rows.calls,
                ending=ending,
                now_ms=self.clock.now_ms(),
                read_only_tools=self.read_only_tools,
                unrecorded=unrecorded,
                left=dict(filter(None, left)),
            )
            seen = {row["call_id"]: row for row in rows.calls}
            ended = _in_parallel(
                partial(self.history.end_call, seen[settlement.call_id], settlement.attributes)
                for settlement in settlements
            )
            if not ended:
                return rows
        return None

    def _left_by(self, row: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
        outcome = left_outcome.find(self.artifacts, row)
        return None if outcome is None else (row["call_id"], outcome)

    def _close(self, rows: ExecutionRows, envelopes: Sequence[Envelope], finished_at: str) -> None:
        counts = count_statuses(envelope.status for envelope in envelopes)
        if "open" in rows.execution:
            # Before the row is closed: whoever ends it after this process has died comes by here again.
            delete_one_time_secrets(rows.execution)
            give_back(rows.execution)
            if self.sessions is not None:
                self.sessions.end(rows)
        ended = {
            "status": overall_status(counts),
            "counts": counts,
            "finished_at": finished_at,
            "execution_time_ms": ms_from_iso(finished_at) - ms_from_iso(rows.execution["started_at"]),
        }
        try:
            closed = self.history.end_execution(rows.execution, ended, _totals_of(rows.calls))
        except TotalsBusy:
            # Its caller gets the answer nevertheless. The row stays open, and the next sweep ends and counts it.
            telemetry.logger.warning("an execution that has ended could not be counted yet")
            self.history.leave_to_the_sweep(rows.execution, finished_at)
            return
        if not closed:
            return
        telemetry.logger.info("finished", extra={"counts": counts})
        for tool, values in metrics_of(rows.calls).items():
            emit(values, tool=tool, execution_id=rows.execution["execution_id"])

    def _arranged(self, rows: ExecutionRows, envelopes: Sequence[Envelope]) -> list[Envelope]:
        layout = lay_out(envelopes)
        arrange = partial(self._arrange, rows.execution["execution_id"], layout)
        return _in_parallel(partial(arrange, envelope) for envelope in envelopes)

    def _arrange(self, execution_id: str, layout: Layout, envelope: Envelope) -> Envelope:
        call_id = str(envelope.call_id)
        if call_id in layout.inline and envelope.result_ref is not None:
            try:
                result = strict_json.parse(self.artifacts.get(envelope.result_ref))
            except (ResultMissing, ResultCorrupt):
                return envelope  # the reference stays: whoever follows it learns what is wrong with it
            return envelope.model_copy(update={"result": result, "result_ref": None})
        if call_id in layout.by_reference and envelope.result_ref is None:
            ref = self.artifacts.put(artifact_key(execution_id, call_id, "result"), strict_json.dumps(envelope.result))
            return envelope.model_copy(update={"result": None, "result_ref": ref})
        return envelope


def _totals_of(calls: Sequence[Mapping[str, Any]]) -> dict[str, CallTotals]:
    """Return the figures of calls by the tool that was asked for."""
    return {
        tool: CallTotals.of(call for call in calls if asked_tool(call) == tool) for tool in {*map(asked_tool, calls)}
    }


def _in_parallel(jobs: Iterable[Callable[[], _Answer]]) -> list[_Answer]:
    with ThreadPoolExecutor(_WORKERS) as workers:
        return [future.result() for future in [workers.submit(job) for job in jobs]]
