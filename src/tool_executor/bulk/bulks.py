"""The way in: prepares, starts, follows, resumes and cancels bulks of one deployment, and reads what came of them."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tool_contract.timestamps import iso_from_ms
from tool_executor.bulk.beginning import Beginnings
from tool_executor.bulk.checking import Checker
from tool_executor.bulk.closing import Closer
from tool_executor.bulk.ending import Endings
from tool_executor.bulk.errors import BulkChangedError, BulkNotFoundError
from tool_executor.bulk.expiry import require_records
from tool_executor.bulk.machine import BulkMachine, RunState
from tool_executor.bulk.manifest import BulkManifest, RunManifest
from tool_executor.bulk.preparation import Preparation, PreparedRun, RunIdentity
from tool_executor.bulk.records import BatchRecords
from tool_executor.bulk.report import BulkReport
from tool_executor.bulk.results import BulkResult, ResultsInOrder
from tool_executor.bulk.source import Line
from tool_executor.bulk.standing import Standing, Verdict
from tool_executor.bulk.store import BulkStore
from tool_executor.clock import Clock, SystemClock
from tool_executor.errors import ToolExecutorError
from tool_executor.result_reader import ResultReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tool_contract.catalog import Catalog
    from tool_executor.aws import Aws
    from tool_executor.bulk.settings import BulkSettings
    from tool_executor.calls import Call
    from tool_executor.deployment import Deployment

Defaults = Callable[["Call"], dict[str, Any]]


def as_sent(call: Call) -> dict[str, Any]:
    """Return a call as it is sent, where nobody has defaults of their own."""
    return call.to_json()


@dataclass(frozen=True, slots=True)
class Bulks:
    """The bulks of one deployment. Methods wait for AWS, and raise what translated_errors raises."""

    aws: Aws
    deployment: Deployment
    clock: Clock = field(default_factory=SystemClock)
    sleep: Callable[[float], None] = time.sleep

    def new(self, catalog: Catalog, settings: BulkSettings, defaults: Defaults = as_sent) -> Preparation:
        """Return what takes the lines of a new bulk. Raises InvalidRequestError for settings that cannot be used."""
        # Sorted by their ids, bulks are sorted by their times: a list of the latest reads no others.
        day, moment = re.sub("[-:.Z]", "", iso_from_ms(self.clock.now_ms())).split("T")
        bulk_id = f"bulk-{day}-{moment}-{uuid.uuid4().hex[:6]}"
        return self._preparation(bulk_id, 1, catalog, settings, defaults)

    def start(self, prepared: PreparedRun, *, kind: str = "first", source: str = "") -> RunManifest:
        """Upload a prepared run and start it; its files here are gone then.

        Raises BulkRunningError, BulkGivenUpError, ServiceError.
        """
        now = iso_from_ms(self.clock.now_ms())
        run = RunManifest(
            bulk_id=prepared.identity.bulk_id,
            run=prepared.identity.run,
            kind=kind,
            created_at=now,
            batches=prepared.estimate.batches,
            calls=prepared.calls,
            settings=prepared.settings,
            history_days=self.deployment.history_days,
        )
        try:
            # First: whoever comes second must not touch the files of who came first.
            self._store.claim(run)
            self._upload(run, prepared, source)
        finally:
            prepared.discard()
        self._beginnings.start(run)
        return run

    def state(self, run: RunManifest) -> RunState:
        """Return how a run stands: one look, made to be repeated."""
        return self._machine.state(run)

    def last_run(self, bulk_id: str) -> RunManifest:
        """Return a bulk's latest run. Raises BulkNotFoundError."""
        self._store.manifest(bulk_id)
        return self._store.runs(bulk_id)[-1]

    def report(self, bulk_id: str, repeatable: frozenset[str]) -> BulkReport:
        """Return how a bulk stands, counted from its records. Raises BulkNotFoundError.

        ``repeatable`` are the tools that may be run again after an outcome that nobody knows.
        """
        manifest, runs = self._store.manifest(bulk_id), self._store.runs(bulk_id)
        states = [self._machine.state(run) for run in runs]
        return BulkReport(manifest, runs, states, self._standing(manifest, runs, repeatable).counts)

    def listed(self, limit: int) -> list[tuple[BulkManifest, RunState]]:
        """Return the latest bulks and how their latest runs stand, newest first."""
        found: list[tuple[BulkManifest, RunState]] = []
        machine = self._machine
        for bulk_id in sorted(self._store.bulk_ids(), reverse=True):
            runs = self._store.runs(bulk_id)
            try:
                manifest = self._store.manifest(bulk_id)
            except BulkNotFoundError:
                continue  # its upload never ended
            found.append((manifest, machine.state(runs[-1])))
            if len(found) == limit:
                break
        return sorted(found, key=lambda each: each[0].created_at, reverse=True)

    def made_of(self, sha256: str, source: str) -> str:
        """Return the latest bulk that was made of a content. Raises BulkNotFoundError, BulkChangedError."""
        made = [self._store.manifest(bulk_id) for bulk_id in self._store.made_of(sha256)]
        if made:
            return max(made, key=lambda manifest: manifest.created_at).bulk_id
        of_that_name = [each for each, _ in self.listed(100) if source and each.source == source]
        if of_that_name:
            message = f"The file {source!r} is not what the bulk {of_that_name[0].bulk_id} was made of."
            hint = "Resume that one by its id, which needs no file; or run the file as it is now, without --resume."
            raise BulkChangedError(message, hint=hint)
        message = "No bulk was made of this file."
        raise BulkNotFoundError(message, hint="Run it without --resume.")

    def check_content(self, bulk_id: str, sha256: str) -> None:
        """Raise BulkChangedError where a bulk was made of another content."""
        if self._store.manifest(bulk_id).sha256 != sha256:
            message = f"The file is not what the bulk {bulk_id} was made of."
            raise BulkChangedError(message, hint="Resume without the file: the bulk's own calls lie in S3.")

    def resumption(
        self, bulk_id: str, catalog: Catalog, *, retry_failed: bool = False, settings: BulkSettings | None = None
    ) -> PreparedRun | None:
        """Prepare a run of what is missing of a bulk, or also of what failed; None where that is nothing.

        What dead batches have left open is ended first. Raises InvalidBulkError, BulkNotFoundError, BulkRunningError,
        BulkExpiredError where records of its runs may be gone.
        """
        manifest, runs = self._store.manifest(bulk_id), self._store.runs(bulk_id)
        for run in runs:
            self._endings.require(run)
        require_records(runs, self.deployment.history_days, self.clock.now_ms())
        repeatable = repeatable_tools(catalog)
        for run in runs:
            self._closer.close(list(self._store.index(run)))
        standing = self._standing(manifest, runs, repeatable)
        wanted = set(standing.of(Verdict.MISSING, *([Verdict.FAILED] if retry_failed else [])))
        if not wanted:
            return None
        own = settings or runs[-1].settings
        with self._preparation(bulk_id, len(runs) + 1, catalog, own, as_sent) as preparation:
            for line in self._lines(runs[0]):
                if line.number in wanted:
                    preparation.add(line)
            return preparation.prepared()

    def cancel(self, bulk_id: str, repeatable: frozenset[str]) -> BulkReport:
        """Stop what runs of a bulk, and end its open records at once.

        Raises BulkNotFoundError, ServiceError, and BulkRunningError where it has not ended within half a minute.
        """
        manifest, runs = self._store.manifest(bulk_id), self._store.runs(bulk_id)
        for run in runs:
            self._endings.bring_about(run)
            self._closer.close(list(self._store.index(run)))
        states = [self._machine.state(run) for run in runs]
        return BulkReport(manifest, runs, states, self._standing(manifest, runs, repeatable).counts)

    def results(self, bulk_id: str, repeatable: frozenset[str]) -> Iterator[BulkResult]:
        """Yield a bulk's results in the order of its lines. Raises BulkNotFoundError."""
        manifest, runs = self._store.manifest(bulk_id), self._store.runs(bulk_id)
        standing = self._standing(manifest, runs, repeatable)
        return ResultsInOrder(self._store, self._records, ResultReader(self.aws)).read(standing, runs)

    def _upload(self, run: RunManifest, prepared: PreparedRun, source: str) -> None:
        try:
            self._store.upload(run, prepared)
            if run.run == 1:
                self._store.put_bulk(_manifest(prepared, run.created_at, source))
        except BaseException:
            # So that a resume need not wait and see. The error that is told is the upload's.
            with suppress(ToolExecutorError):
                self._beginnings.give_up(run)
            raise

    def _standing(self, manifest: BulkManifest, runs: list[RunManifest], repeatable: frozenset[str]) -> Standing:
        standing = Standing(manifest.last_line)
        for run in runs:
            unclear = []
            for batch, own in self._records.with_own(self._store.index(run)):
                if own is None:
                    standing.take_batch(run.run, batch, (), repeatable)
                elif (own.get("counts") or {}).get("success") == batch.calls:
                    for line in batch.lines:
                        standing.take(run.run, line, Verdict.SUCCESS)
                else:
                    unclear.append(batch)
            for batch, calls in self._records.with_calls(unclear):
                standing.take_batch(run.run, batch, calls, repeatable)
        return standing

    def _lines(self, run: RunManifest) -> Iterator[Line]:
        """Yield the calls of a run with their lines."""
        for entry, batch in zip(self._store.index(run), self._store.batches(run), strict=True):
            for line, call in zip(entry.lines, batch["request"]["calls"], strict=True):
                yield Line(line, call)

    def _preparation(
        self, bulk_id: str, run: int, catalog: Catalog, settings: BulkSettings, defaults: Defaults
    ) -> Preparation:
        machine = self._machine
        return Preparation(
            RunIdentity(bulk_id, run),
            settings.check(machine.child_type),
            Checker(catalog, defaults),
            bucket=self.deployment.artifact_bucket,
            express=machine.is_express,
        )

    @property
    def _machine(self) -> BulkMachine:
        return BulkMachine.of(self.aws, self.deployment)

    @property
    def _store(self) -> BulkStore:
        return BulkStore(self.aws, self.deployment.artifact_bucket)

    @property
    def _beginnings(self) -> Beginnings:
        return Beginnings(self._store, self._machine, self.clock)

    @property
    def _endings(self) -> Endings:
        return Endings(self._machine, self._beginnings, self.sleep)

    @property
    def _records(self) -> BatchRecords:
        return BatchRecords(self.aws, self.deployment.history_table)

    @property
    def _closer(self) -> Closer:
        return Closer(self._machine, self._records, self.deployment.finisher_function, self.sleep)


def repeatable_tools(catalog: Catalog) -> frozenset[str]:
    """Return the tools that may be run again after an outcome that nobody knows."""
    marked = (spec for spec in catalog.tools if spec.annotations.read_only or spec.annotations.idempotent)
    return frozenset(spec.name for spec in marked)


def _manifest(prepared: PreparedRun, now: str, source: str) -> BulkManifest:
    return BulkManifest(
        bulk_id=prepared.identity.bulk_id,
        created_at=now,
        source=source,
        sha256=prepared.sha256,
        calls=prepared.calls,
        last_line=prepared.last_line,
        settings=prepared.settings,
    )
