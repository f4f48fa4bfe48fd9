"""One event of a tool function, from the event to the answer: check, run, time, write down."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from lambdas.runtime import telemetry
from lambdas.runtime.artifacts import ArtifactStore, artifact_key
from lambdas.runtime.attempt_outcome import (
    AttemptTimes,
    Failed,
    Replayed,
    Succeeded,
    attempt_log,
    failure_envelope,
    raised_text,
    success_envelope,
)
from lambdas.runtime.attempt_store import AttemptStore, Stands
from lambdas.runtime.clock import Clock, SystemClock
from lambdas.runtime.current_attempt import running
from lambdas.runtime.time_limit import TimeLimitReached, time_limit
from tool_contract import strict_json
from tool_contract.attempt import AttemptContext
from tool_contract.envelope import ResultRef
from tool_contract.errors import ErrorCode, ToolError, failure_from, failure_of
from tool_contract.limits import MAX_INLINE_BYTES, MAX_RESULT_BYTES
from tool_contract.problems import Problem, close_names, problems_from, shortened
from tool_contract.record import envelope_from_record
from tool_contract.timestamps import iso_from_ms, ms_from_iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdas.runtime.tool import Tool

Outcome = Succeeded | Failed | Replayed


class AttemptFailed(Exception):  # noqa: N818 - the state machine catches the class by its name
    """Carries a failure's envelope out of the function, as the state machine needs it: as an error's message."""


class ResultTooLarge(ToolError):
    """The result is larger than a Lambda function may answer."""

    code = ErrorCode.RESULT_TOO_LARGE


class NoRecordedInput(ToolError):
    """The record of the call does not hold what the attempt is to run on."""

    code = ErrorCode.MISCONFIGURED


@dataclass(frozen=True, slots=True)
class Stores:
    """Where attempts and large texts are kept."""

    attempts: AttemptStore
    artifacts: ArtifactStore

    @classmethod
    def from_environment(cls) -> Stores:
        """Return the deployment's stores, as the stack names them."""
        return cls(AttemptStore(os.environ["HISTORY_TABLE"]), ArtifactStore(os.environ["ARTIFACT_BUCKET"]))


@dataclass(frozen=True, slots=True)
class Invoker:
    """Runs the tools of one group."""

    tools: Mapping[str, Tool]
    clock: Clock = field(default_factory=SystemClock)
    stores: Stores | None = None

    def invoke(self, event: object, request_id: str) -> dict[str, Any]:
        """Answer one event. Raises :class:`AttemptFailed` only where the state machine asked."""
        started, began = self.clock.now_ms(), self.clock.elapsed_ms()
        name, context, outcome = self._attempt(event, request_id)
        times = AttemptTimes(iso_from_ms(started), round(self.clock.elapsed_ms() - began, 3))
        if isinstance(outcome, Succeeded) and context.recorded:
            outcome = self._end(name, context, outcome, request_id, times)
        telemetry.count(name if name in self.tools else "unknown", {"Attempts": 1}, {"ExecutionTime": times.duration_ms})
        return self._answer(name, context, outcome, times)

    def _attempt(self, event: object, request_id: str) -> tuple[str, AttemptContext, Outcome]:
        """Go as far as the attempt gets. Whatever happens, name and context are known well enough to answer."""
        name, context, problems = _read(event)
        tool = self.tools.get(name)
        if problems:
            return name, context, _refused(ErrorCode.INVALID_REQUEST, problems)
        if tool is None:
            return name, context, _refused(ErrorCode.TOOL_NOT_FOUND, [self._unknown(name)])
        try:
            outcome = self._run(tool, event, context, request_id)
        except ToolError as error:
            outcome = Failed(failure_from(error))
        return name, context, outcome.for_tool(tool.spec) if isinstance(outcome, Failed) else outcome

    def _run(self, tool: Tool, event: Any, context: AttemptContext, request_id: str) -> Outcome:  # noqa: ANN401
        limit = self._time_left(tool, context)
        if limit <= 0:
            return Failed(failure_of(ErrorCode.DEADLINE_EXCEEDED, "The execution's deadline passed before the tool ran."))
        value = event.get("input")
        if context.recorded:
            began = self._stores.attempts.begin(
                context, tool.spec, owner=request_id, now_ms=self.clock.now_ms()
            )
            if isinstance(began, Stands):
                return _standing(began, context)
            value = self._recorded_input(began.record, context.candidate) if value is None else value
        arguments = tool.arguments({} if value is None else value)
        if isinstance(arguments, list):
            return _refused(ErrorCode.INVALID_INPUT, arguments)
        with running(context):
            return _call(tool, arguments, limit)

    def _time_left(self, tool: Tool, context: AttemptContext) -> float:
        limit = context.timeout_seconds or tool.spec.timeout_seconds
        if context.deadline is None:
            return limit
        return min(limit, (ms_from_iso(context.deadline) - self.clock.now_ms()) / 1000)

    def _recorded_input(self, record: Mapping[str, Any], candidate: int) -> Any:  # noqa: ANN401 - JSON is any value
        try:
            if candidate == 0:
                return strict_json.parse(self._text(record, "input"))
            return strict_json.parse(self._text(record, "fallbacks"))[candidate - 1]["input"]
        except LookupError:
            message = f"The call's record holds no input for its candidate {candidate}."
            raise NoRecordedInput(message) from None

    def _text(self, record: Mapping[str, Any], name: str) -> str:
        reference = record.get(f"{name}_ref")
        if reference is None:
            return str(record[name])
        return self._stores.artifacts.get(ResultRef.model_validate(strict_json.parse(reference)))

    def _end(
        self, name: str, context: AttemptContext, outcome: Succeeded, request_id: str, times: AttemptTimes
    ) -> Outcome:
        """Write the success down; what cannot be written down has not succeeded."""
        try:
            outcome = self._stored(context, outcome)
            ended = self._stores.attempts.succeed(
                context, owner=request_id, outcome=self._row(name, context, outcome, times)
            )
        except ToolError as error:
            standing: Outcome = Failed(failure_from(error))
        else:
            standing = _standing(ended, context) if isinstance(ended, Stands) else outcome
        if isinstance(standing, Failed):
            return standing.after_running().for_tool(self.tools[name].spec)
        return standing

    def _stored(self, context: AttemptContext, outcome: Succeeded) -> Succeeded:
        if strict_json.byte_size(outcome.result_json) <= MAX_INLINE_BYTES:
            return outcome
        # The attempt is in the key: a late attempt of an older number must not overwrite what stands.
        key = artifact_key(context.execution_id or "", context.call_id or "", f"result-{context.attempt}")
        return Succeeded(outcome.result_json, self._stores.artifacts.put(key, outcome.result_json))

    def _row(self, name: str, context: AttemptContext, outcome: Succeeded, times: AttemptTimes) -> dict[str, Any]:
        log = attempt_log(name, context, times)
        result = (
            {"result_ref": strict_json.dumps(outcome.result_ref.model_dump())}
            if outcome.result_ref
            else {"result": outcome.result_json}
        )
        now = self.clock.now_ms()
        return {
            "tool_name": name,
            "finished_at": iso_from_ms(now),
            "execution_time_ms": max(float(now - ms_from_iso(log[0].started_at)), times.duration_ms),
            "attempt_log": strict_json.dumps([entry.to_json() for entry in log]),
            "fallback_used": context.candidate > 0,
            **result,
        }

    def _answer(self, name: str, context: AttemptContext, outcome: Outcome, times: AttemptTimes) -> dict[str, Any]:
        if isinstance(outcome, Failed):
            envelope = failure_envelope(outcome, name, context, times)
            telemetry.logger.warning(
                "attempt failed",
                extra={"tool": name, "call_id": context.call_id, "error_code": outcome.failure.code},
            )
            if context.route == "workflow":
                raise AttemptFailed(raised_text(envelope, outcome.failure))
            return envelope.to_json()
        if context.route == "workflow":
            return {"call_id": context.call_id}
        if isinstance(outcome, Replayed):
            return outcome.envelope.to_json()
        return success_envelope(outcome, name, context, times).to_json()

    def _unknown(self, name: str) -> Problem:
        return Problem(
            pointer="/tool_name",
            message=f"There is no tool named {shortened(name)!r} in this function.",
            error_code=ErrorCode.TOOL_NOT_FOUND,
            hint=close_names(name, self.tools),
        )

    @property
    def _stores(self) -> Stores:
        return self.stores or Stores.from_environment()


def _read(event: object) -> tuple[str, AttemptContext, list[Problem]]:
    """Return an event's tool name and context, and what is wrong with its frame; ``input`` is checked later."""
    if not isinstance(event, dict):
        problem = _frame_problem("", 'The event must be a JSON object: {"tool_name": ..., "input": {...}}.')
        return "", AttemptContext(), [problem]
    name, given = event.get("tool_name"), event.get("context")
    # Whatever else is wrong, the state machine must see a failure as one.
    asked_by_workflow = isinstance(given, dict) and given.get("route") == "workflow"
    nothing = AttemptContext(route="workflow" if asked_by_workflow else "direct")
    if not isinstance(name, str) or not name:
        return "", nothing, [_frame_problem("/tool_name", "tool_name must be the name of a tool.")]
    unreadable = strict_json.problem_in(event)
    if unreadable is not None:
        return name, nothing, [unreadable]
    try:
        context = AttemptContext.model_validate({} if given is None else given)
    except ValidationError as error:
        found = problems_from(error.errors(include_url=False), given, ErrorCode.INVALID_REQUEST)
        return name, nothing, [problem.under("/context") for problem in found]
    return name, context, _deadline_problems(context)


def _deadline_problems(context: AttemptContext) -> list[Problem]:
    try:
        ms_from_iso(context.deadline or "1970-01-01T00:00:00.000Z")
    except ValueError:
        return [_frame_problem("/context/deadline", "The deadline must be an ISO 8601 time with its zone.")]
    return []


def _frame_problem(pointer: str, message: str) -> Problem:
    return Problem(pointer=pointer, message=message, error_code=ErrorCode.INVALID_REQUEST)


def _refused(code: ErrorCode, problems: list[Problem]) -> Failed:
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    where = f"{problems[0].pointer}: " if problems[0].pointer else ""
    return Failed(failure_of(code, f"{where}{problems[0].message}{more}"), tuple(problems))


def _standing(stands: Stands, context: AttemptContext) -> Outcome:
    """Return what a call that another attempt has taken or ended is answered with."""
    if stands.succeeded:
        envelope = envelope_from_record(stands.record)
        return Replayed(envelope.model_copy(update={"metadata": {**envelope.metadata, "replayed": True}}))
    if not stands.record:
        return Failed(failure_of(ErrorCode.MISCONFIGURED, "The history holds no record of this call."))
    superseded = Failed(failure_of(ErrorCode.SUPERSEDED, "Another attempt of this call has taken over or ended it."))
    # Whoever asks hears of this attempt only here; if its event came twice, the tool may be running for the other one.
    return superseded.after_running() if stands.is_open_at(context.attempt) else superseded


def _call(tool: Tool, arguments: dict[str, Any], limit: float) -> Outcome:
    try:
        with time_limit(limit):
            answer = tool.function(**arguments)
            result = asyncio.run(answer) if tool.is_async else answer
            text = tool.result_json(result)
    except TimeLimitReached:
        return Failed(failure_of(ErrorCode.TOOL_TIMEOUT, f"The tool did not end within {limit:g} seconds."))
    except ToolError as error:
        return Failed(failure_from(error))
    except (SystemExit, asyncio.CancelledError) as error:  # no Exceptions, and no reason to end the process either
        return Failed(failure_from(error))
    except Exception as error:  # whatever a tool raises must end in an envelope
        telemetry.logger.exception("the tool raised", extra={"tool": tool.spec.name})
        return Failed(failure_from(error))
    if strict_json.byte_size(text) > MAX_RESULT_BYTES:
        message = f"The result is larger than {MAX_RESULT_BYTES:,} bytes."
        return Failed(failure_from(ResultTooLarge(message)))
    return Succeeded(text)
