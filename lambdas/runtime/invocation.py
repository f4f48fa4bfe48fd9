"""One event of a tool function, from the event to the answer: check, run, time, write down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from lambdas.runtime import telemetry
from lambdas.runtime.attempt_metrics import emit_attempt, note, noting
from lambdas.runtime.attempt_outcome import (
    AttemptTimes,
    Failed,
    Outcome,
    Replayed,
    Succeeded,
    failure_envelope,
    raised_text,
    success_envelope,
)
from lambdas.runtime.call_input import RecordedInput, ResolvedInput, key_needs_results
from lambdas.runtime.clock import Clock, SystemClock
from lambdas.runtime.current_attempt import running
from lambdas.runtime.event import read_event
from lambdas.runtime.guarded_run import Run
from lambdas.runtime.recorded_call import RecordedCall, Stores
from lambdas.runtime.tool_run import Limit, no_time_to_run, run_tool
from tool_contract.errors import ErrorCode, ToolError
from tool_contract.failures import failure_from, failure_of
from tool_contract.limits import DEFAULT_CALL_TIMEOUT_SECONDS, MIN_SECONDS_FOR_EFFECTS
from tool_contract.metrics import Metric
from tool_contract.problems import Problem, close_names, json_pointer, shortened
from tool_contract.references import places_of, with_origins
from tool_contract.timestamps import iso_from_ms, ms_from_iso

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lambdas.runtime.event import ToolEvent
    from lambdas.runtime.tool import Tool
    from tool_contract.attempt import AttemptContext
    from tool_contract.references import Reference


_HEDGED_EFFECT: Final = Problem(
    pointer="/context/hedge",
    message="Only a tool that is marked read_only may run beside another attempt of the same call.",
    error_code=ErrorCode.INVALID_REQUEST,
)
_NOTHING_EARLIER: Final = Problem(
    pointer="",
    message="There is no earlier result here: references are followed in the calls of an execution.",
    error_code=ErrorCode.INVALID_REQUEST,
)


class AttemptFailed(Exception):
    """Carries a failure's envelope out of the function, as the state machine needs it: as an error's message."""


@dataclass(frozen=True, slots=True)
class _Given:
    """What a tool is to run on, in which time; ``references`` say which parts of it are earlier results.

    ``input_hash`` is what the call means, where its idempotency key needs it and its record does not say so.
    """

    value: Any
    limit: Limit
    references: Sequence[Reference] = ()
    input_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Invoker:
    """Runs the tools of one group."""

    tools: Mapping[str, Tool]
    clock: Clock = field(default_factory=SystemClock)
    stores: Stores | None = None

    def invoke(self, event: object, request_id: str, problems: Sequence[Problem] = ()) -> dict[str, Any]:
        """Answer one event, with ``problems`` that are known of it already.

        Raises :class:`AttemptFailed` only where the state machine asked.
        """
        read = read_event(event)
        read.problems.extend(problems)
        context, tool = read.context, self.tools.get(read.tool_name)
        counted = read.tool_name if tool is not None else "unknown"
        with noting() as counts, telemetry.about(tool=counted, **_ids(context)):
            started, began = self.clock.now_ms(), self.clock.elapsed_ms()
            outcome = self._attempt(read, request_id)
            times = AttemptTimes(iso_from_ms(started), round(self.clock.elapsed_ms() - began, 3))
            if tool is not None:
                outcome = self._told(tool, context, request_id, outcome, times)
            emit_attempt(counted, times.duration_ms, counts, **_record_key(context))
            return _answer(read.tool_name, context, outcome, times)

    def _told(
        self, tool: Tool, context: AttemptContext, request_id: str, outcome: Outcome, times: AttemptTimes
    ) -> Outcome:
        """Write the outcome of a tool of this group down, where there is a record, and return what then stands."""
        if not context.recorded:
            note(Metric.UNRECORDED_ATTEMPTS)
        elif isinstance(outcome, Succeeded):
            outcome = self._recorded(tool, context, request_id).end(outcome, times)
        if not isinstance(outcome, Failed):
            return outcome
        failed = outcome.for_tool(tool.spec)
        if failed.failure.metadata and context.recorded:
            self._recorded(tool, context, request_id).tell(failed)
        return failed

    def _attempt(self, event: ToolEvent, request_id: str) -> Outcome:
        if event.problems:
            return _refused(event.problems[0].error_code, event.problems)
        tool = self.tools.get(event.tool_name)
        if tool is None:
            return _refused(ErrorCode.TOOL_NOT_FOUND, [self._unknown(event.tool_name)])
        try:
            return self._run(tool, event, request_id)
        except ToolError as error:
            return Failed(failure_from(error))

    def _run(self, tool: Tool, event: ToolEvent, request_id: str) -> Outcome:
        context, limit = event.context, self._limit(tool, event.context)
        refusal = _refusal(tool, event, limit)
        if refusal is not None:
            return refusal
        if not context.recorded:
            with running(context):
                return _checked(tool, event.tool_input, lambda arguments: run_tool(tool, arguments, limit))
        call = self._recorded(tool, context, request_id)
        record = call.begin()
        if isinstance(record, Succeeded | Failed | Replayed):
            return record
        recorded = RecordedInput(event.tool_input) if event.has_input else call.recorded_input(record)
        given = self._given(call, record, recorded, limit)
        if not isinstance(given, _Given):
            return given
        return _too_late(tool, given.limit) or self._run_recorded(tool, call, record, given)

    def _given(
        self, call: RecordedCall, record: Mapping[str, Any], recorded: RecordedInput, limit: Limit
    ) -> _Given | Outcome:
        """Return an input with results in place of its references, which takes some of the time."""
        if not recorded.references and not key_needs_results(record):
            return _Given(recorded.value, limit)
        began = self.clock.elapsed_ms()
        resolved = call.resolve(record, recorded, limit)
        if not isinstance(resolved, ResolvedInput):
            return resolved
        left = limit.after(self._seconds_since(began))
        return _Given(resolved.value, left, recorded.references, resolved.input_hash)

    def _run_recorded(self, tool: Tool, call: RecordedCall, record: Mapping[str, Any], given: _Given) -> Outcome:
        def run(arguments: dict[str, Any]) -> Outcome:
            began = self.clock.elapsed_ms()
            with running(call.context):
                claimed = call.claim_key(record, given.input_hash)
                limit = given.limit.after(self._seconds_since(began))
                return (
                    claimed
                    or _too_late(tool, limit)
                    or call.guards_for(record).run(Run(tool, given.value, arguments, limit, call.owner))
                )

        return _checked(tool, given.value, run, given.references)

    def _seconds_since(self, began_ms: float) -> float:
        return (self.clock.elapsed_ms() - began_ms) / 1000

    def _limit(self, tool: Tool, context: AttemptContext) -> Limit:
        own = context.timeout_seconds or tool.spec.timeout_seconds or DEFAULT_CALL_TIMEOUT_SECONDS
        if context.deadline is None:
            return Limit(own)
        left = (ms_from_iso(context.deadline) - self.clock.now_ms()) / 1000
        return Limit(left, by_deadline=True) if left < own else Limit(own)

    def _recorded(self, tool: Tool, context: AttemptContext, request_id: str) -> RecordedCall:
        return RecordedCall(context, tool.spec, request_id, self.stores or Stores.from_environment(), self.clock)

    def _unknown(self, name: str) -> Problem:
        return Problem(
            pointer="/tool_name",
            message=f"There is no tool named {shortened(name)!r} in this function.",
            error_code=ErrorCode.TOOL_NOT_FOUND,
            hint=close_names(name, self.tools),
        )


def _record_key(context: AttemptContext) -> dict[str, str]:
    return {"execution_id": context.execution_id or "", "call_id": context.call_id or ""} if context.recorded else {}


def _ids(context: AttemptContext) -> dict[str, str | int | None]:
    """Return what logs and traces of an attempt are found by."""
    return {
        "correlation_id": context.correlation_id,
        "execution_id": context.execution_id,
        "call_id": context.call_id,
        "attempt": context.attempt,
    }


def _refusal(tool: Tool, event: ToolEvent, limit: Limit) -> Failed | None:
    """Return why an event is answered before its call is taken, or None."""
    if event.context.hedge is not None and not tool.spec.annotations.read_only:
        return _refused(ErrorCode.INVALID_REQUEST, [_HEDGED_EFFECT])
    nowhere = [_NOTHING_EARLIER.under(json_pointer(path)) for path, _ in places_of(event.tool_input)]
    return _refused(ErrorCode.INVALID_REQUEST, nowhere) if nowhere else _too_late(tool, limit)


def _too_late(tool: Tool, limit: Limit) -> Failed | None:
    if limit.seconds <= 0:
        return no_time_to_run(limit)
    if limit.by_deadline and limit.seconds < MIN_SECONDS_FOR_EFFECTS and not tool.spec.annotations.read_only:
        message = f"Under {MIN_SECONDS_FOR_EFFECTS} s are left: too little to begin what may have an effect."
        return Failed(failure_of(ErrorCode.DEADLINE_TOO_CLOSE, message))
    return None


def _checked(
    tool: Tool, value: object, run: Callable[[dict[str, Any]], Outcome], references: Sequence[Reference] = ()
) -> Outcome:
    arguments = tool.arguments(value)
    if isinstance(arguments, list):
        return _refused(arguments[0].error_code, with_origins(arguments, references))
    return run(arguments)


def _answer(name: str, context: AttemptContext, outcome: Outcome, times: AttemptTimes) -> dict[str, Any]:
    if isinstance(outcome, Failed):
        envelope = failure_envelope(outcome, name, context, times)
        with telemetry.about(error_code=outcome.failure.code.value):
            telemetry.logger.warning("attempt failed")
        if context.route == "workflow":
            raise AttemptFailed(raised_text(envelope, outcome.failure))
        return envelope.to_json()
    if context.route == "workflow":
        return {"call_id": context.call_id}
    if isinstance(outcome, Replayed):
        return outcome.envelope.to_json()
    return success_envelope(outcome, name, context, times).to_json()


def _refused(code: ErrorCode, problems: list[Problem]) -> Failed:
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    where = f"{problems[0].pointer}: " if problems[0].pointer else ""
    return Failed(failure_of(code, f"{where}{problems[0].message}{more}"), tuple(problems))
