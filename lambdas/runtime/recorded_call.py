"""An attempt and the record of its call: takes the record, reads the input from it, writes the success into it."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from lambdas.runtime import left_outcome, telemetry
from lambdas.runtime.artifacts import ArtifactStore, ResultStoreFailed, artifact_key
from lambdas.runtime.attempt_metrics import note
from lambdas.runtime.attempt_outcome import AttemptTimes, Failed, Origin, Outcome, Replayed, Succeeded, attempt_log
from lambdas.runtime.attempt_store import AttemptStore, HistoryUnavailable, Stands, Started
from lambdas.runtime.breaker_store import Breakers
from lambdas.runtime.call_input import CallInput
from lambdas.runtime.guarded_run import Guards
from lambdas.runtime.idempotency import IdempotencyKeys, Key
from lambdas.runtime.result_cache import ResultCache
from lambdas.runtime.retry_budget import RetryBudget
from lambdas.runtime.time_limit import TimeLimitReached, time_limit
from lambdas.runtime.tool_run import no_time_to_run
from lambdas.runtime.tool_state_outage import Outage, pause_of
from tool_contract import strict_json
from tool_contract.attempt import began_at
from tool_contract.errors import ErrorCode, ToolError
from tool_contract.failures import failure_from, failure_of
from tool_contract.limits import MAX_INLINE_BYTES
from tool_contract.metrics import Metric
from tool_contract.record import envelope_from_record
from tool_contract.timestamps import iso_from_ms, ms_from_iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdas.runtime.call_input import RecordedInput, ResolvedInput
    from lambdas.runtime.clock import Clock
    from lambdas.runtime.tool_run import Limit
    from tool_contract.attempt import AttemptContext
    from tool_contract.tool_spec import ToolSpec


_OWNER_CHARACTERS: Final = 8


@dataclass(frozen=True, slots=True)
class Stores:
    """Where attempts, large texts, idempotency keys, kept results, breakers and retry budgets lie."""

    attempts: AttemptStore
    artifacts: ArtifactStore
    keys: IdempotencyKeys
    cache: ResultCache
    breakers: Breakers | None = None
    budget: RetryBudget | None = None

    @classmethod
    @functools.cache
    def from_environment(cls) -> Stores:
        """Return the deployment's stores, as the stack named them when the process began: a tool may change its own."""
        history, state = os.environ["HISTORY_TABLE"], os.environ["TOOL_STATE_TABLE"]
        artifacts = ArtifactStore(os.environ["ARTIFACT_BUCKET"])
        return cls(
            AttemptStore(history),
            artifacts,
            IdempotencyKeys(state, history),
            ResultCache(state, artifacts, outage=Outage("result cache", pause_of(state))),
            Breakers.from_environment(),
            RetryBudget.from_environment(),
        )


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One attempt of a call that the history holds. ``owner`` tells deliveries of the same attempt apart."""

    context: AttemptContext
    spec: ToolSpec
    owner: str
    stores: Stores
    clock: Clock

    def begin(self) -> Mapping[str, Any] | Outcome:
        """Take the call and return its record, or what answers the attempt instead. Raises HistoryUnavailable."""
        began = self.stores.attempts.begin(self.context, self.spec, owner=self.owner, now_ms=self.clock.now_ms())
        if isinstance(began, Stands):
            self._note_coming(began)
            return self._standing(began)
        if began.redelivered:
            note(Metric.REDELIVERIES)
        return began.record

    def claim_key(self, record: Mapping[str, Any], input_hash: str | None) -> Succeeded | Failed | None:
        """Take the call's idempotency key, if it has one; return what answers the call instead of a run.

        ``input_hash`` is what the call means, where its record does not say so. Raises HistoryUnavailable.
        """
        key = Key.from_record(record, input_hash)
        return self.stores.keys.claim(key, self.context, self.spec, self.clock.now_ms()) if key else None

    def guards_for(self, record: Mapping[str, Any]) -> Guards:
        """Return what stands before the run; the cache only if the call does not refuse it."""
        cache = self.stores.cache.of(record.get("caller")) if record.get("use_cache", True) else None
        is_hedge = self.context.hedge is not None
        return Guards(cache, self.stores.breakers, self.stores.budget, self.clock, is_hedge=is_hedge)

    def recorded_input(self, record: Mapping[str, Any]) -> RecordedInput:
        """Return the candidate's input. Raises NoRecordedInput, or what the artefact bucket raises."""
        return self._inputs.recorded(record)

    def resolve(self, record: Mapping[str, Any], recorded: RecordedInput, limit: Limit) -> ResolvedInput | Outcome:
        """Return an input with results in place of its references, once the record says what they come to.

        Or what answers the attempt, where that takes all of its time, or the call is no longer its own. Raises what
        :meth:`CallInput.resolved` and :meth:`CallInput.keep` raise.
        """
        try:
            with time_limit(limit.seconds):
                resolved = self._inputs.resolved(record, recorded)
                stands = self._inputs.keep(record, resolved.value) if recorded.references else None
        except TimeLimitReached:
            return no_time_to_run(limit)
        if stands is None:
            return resolved
        if not stands.is_open_at(self.context.attempt):
            self._note_ending(stands)
        return self._standing(stands)

    def end(self, outcome: Succeeded, times: AttemptTimes) -> Outcome:
        """Write the success down and return what then stands: what cannot be written down has not succeeded."""
        try:
            stored = self._stored(outcome)
            ended = self._written(self._row(stored, times))
        except ToolError as error:
            return Failed(failure_from(error)).after_running()
        if isinstance(ended, Stands):
            self._note_ending(ended)
        standing = self._standing(ended) if isinstance(ended, Stands) else _with_counts(stored, ended)
        return standing.after_running() if isinstance(standing, Failed) else standing

    def tell(self, failed: Failed) -> None:
        """Write down what the tool told of its failure; the failure stands without it, too."""
        try:
            self.stores.attempts.tell(self.context, owner=self.owner, metadata=failed.failure.metadata)
        except HistoryUnavailable:
            telemetry.logger.exception("a failure's metadata could not be written", extra={"tool": self.spec.name})

    @property
    def _inputs(self) -> CallInput:
        return CallInput(self.context, self.owner, self.stores.attempts, self.stores.artifacts)

    def _written(self, row: Mapping[str, Any]) -> Started | Stands | None:
        """End the record; None where it cannot be reached, and its end is left to Finish."""
        try:
            return self.stores.attempts.succeed(self.context, self.spec, owner=self.owner, outcome=row)
        except HistoryUnavailable as unavailable:
            try:
                left_outcome.leave(self.stores.artifacts, self.context, self.owner, row)
            except ResultStoreFailed:
                raise unavailable from None
            return None

    def _stored(self, outcome: Succeeded) -> Succeeded:
        if outcome.result_ref is not None or strict_json.byte_size(outcome.result_json) <= MAX_INLINE_BYTES:
            return outcome
        # Attempt and owner are in the key: what comes late, or twice, must not overwrite what stands.
        name = f"result-{self.context.attempt}-{self.owner[:_OWNER_CHARACTERS]}"
        key = artifact_key(self.context.execution_id or "", self.context.call_id or "", name)
        return replace(outcome, result_ref=self.stores.artifacts.put(key, outcome.result_json))

    def _row(self, outcome: Succeeded, times: AttemptTimes) -> dict[str, Any]:
        log = attempt_log(outcome, self.spec.name, self.context, times)
        result = (
            {"result_ref": strict_json.dumps(outcome.result_ref.model_dump())}
            if outcome.result_ref
            else {"result": outcome.result_json}
        )
        now = self.clock.now_ms()
        return {
            "tool_name": self.spec.name,
            "finished_at": iso_from_ms(now),
            "execution_time_ms": max(float(now - ms_from_iso(began_at(log))), times.duration_ms),
            "attempt_log": strict_json.dumps([entry.to_json() for entry in log]),
            "fallback_used": self.context.candidate > 0,
            **({"cached": True} if outcome.origin is Origin.CACHE else {}),
            **result,
        }

    def _note_coming(self, stands: Stands) -> None:
        """Count an attempt that found its call gone on without it, unless a success answers it in good time."""
        reached = stands.record.get("attempts", 0)
        if self._is_one_of_two(stands):
            return
        if reached == self.context.attempt:
            note(Metric.REDELIVERIES)
        elif stands.record and (reached > self.context.attempt or not stands.succeeded):
            note(Metric.LATE_ATTEMPTS)

    def _note_ending(self, stands: Stands) -> None:
        """Count an attempt whose success came to nothing; two deliveries of one event were counted as they came."""
        if self._is_one_of_two(stands):
            return
        if stands.record.get("attempts") != self.context.attempt or not stands.succeeded:
            note(Metric.LATE_ATTEMPTS)

    def _is_one_of_two(self, stands: Stands) -> bool:
        """Whether the call belongs to, or was ended by, this attempt's hedge, or the attempt that this one hedges."""
        hedge = stands.record.get("hedge_attempt")
        return hedge == self.context.attempt + 1 or (
            self.context.hedge is not None and (hedge in {None, self.context.attempt}) and stands.succeeded
        )

    def _standing(self, stands: Stands) -> Outcome:
        """Return what a call that another attempt has taken or ended is answered with."""
        if stands.succeeded:
            envelope = envelope_from_record(stands.record)
            return Replayed(envelope.model_copy(update={"metadata": {**envelope.metadata, "replayed": True}}))
        if not stands.record:
            return Failed(failure_of(ErrorCode.MISCONFIGURED, "The history holds no record of this call."))
        superseded = Failed(
            failure_of(ErrorCode.SUPERSEDED, "Another attempt of this call has taken over or ended it.")
        )
        # Whoever asks hears of this attempt only here; if its event came twice, the tool may be running for the other.
        return superseded.after_running() if stands.is_open_at(self.context.attempt) else superseded


def _with_counts(stored: Succeeded, ended: Started | None) -> Succeeded:
    """Return a success with what its record counts: a hedge may have begun beside the attempt that answered."""
    if ended is None:
        return stored
    return replace(stored, attempts=int(ended.record["attempts"]), hedges=int(ended.record.get("hedges", 0)))
