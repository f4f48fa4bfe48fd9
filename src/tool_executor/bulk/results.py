"""The results of a bulk, in the order of its lines."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tool_contract.envelope import Envelope
from tool_executor.bulk.spool import OutputSpool
from tool_executor.bulk.standing import Verdict
from tool_executor.result_reader import ResultReader, envelopes_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tool_executor.bulk.manifest import BatchEntry, RunManifest
    from tool_executor.bulk.records import BatchRecords
    from tool_executor.bulk.standing import Standing
    from tool_executor.bulk.store import BulkStore
    from tool_executor.result import ToolExecutionResult


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What came of a line's call; ``result`` is None of one that has not been run."""

    line: int
    result: ToolExecutionResult | None

    @property
    def success(self) -> bool:
        """Whether there is an answer."""
        return self.result is not None and self.result.success

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values: the line, the execution, and the envelope."""
        if self.result is None:
            return {"line": self.line, "success": False, "status": "missing", "error": "The call has not been run."}
        return {"line": self.line, "execution_id": self.result.execution_id, **self.result.to_json()}


@dataclass(frozen=True, slots=True)
class ResultsInOrder:
    """Reads results: from what Step Functions wrote, where it has, else from the records."""

    store: BulkStore
    records: BatchRecords
    reader: ResultReader

    def read(self, standing: Standing, runs: Sequence[RunManifest]) -> Iterator[BulkResult]:
        """Yield a result for each line that has a call."""
        with ExitStack() as at_end:
            cursors = {run.run: self._cursor(run, at_end) for run in runs}
            current: dict[int, tuple[int, ToolExecutionResult | None]] = {}
            for line in standing.lines:
                if standing.verdict(line) is Verdict.MISSING:
                    yield BulkResult(line, None)
                    continue
                run = standing.run(line)
                while current.get(run, (0, None))[0] < line:
                    current[run] = next(cursors[run])
                yield BulkResult(line, current[run][1])

    def _cursor(self, run: RunManifest, at_end: ExitStack) -> Iterator[tuple[int, ToolExecutionResult | None]]:
        """Yield each line of a run with its result, ascending: a batch is read when its first line is asked for."""
        spool = at_end.enter_context(OutputSpool())
        for key in self.store.result_files(run):
            spool.fill(self.store.lines(key))
        for batch in self.store.index(run):
            results = self._results(batch, spool)
            yield from ((line, results.get(position)) for position, line in enumerate(batch.lines))

    def _results(self, batch: BatchEntry, spool: OutputSpool) -> dict[int, ToolExecutionResult]:
        output = spool.get(batch.execution_id)
        if output is not None and len(output["results"]) == batch.calls:
            envelopes = [Envelope.model_validate(each) for each in output["results"]]
            return dict(enumerate(self.reader.results(envelopes, batch.execution_id)))
        ((_, calls),) = self.records.with_calls([batch])
        results = self.reader.results(envelopes_of(calls), batch.execution_id)
        return {int(call["position"]): result for call, result in zip(calls, results, strict=True)}
