"""Runs an execution from this process: the planner plans, tools are invoked from here, the finisher finishes.

What is written down, refused, retried and answered is the same as in the state machine, because the same functions do
it and the same rules decide. What differs: waits are exact to the millisecond, and the execution needs this process.
If it dies, the minute's sweep ends what is open once the deadline is past.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tool_contract.envelope import CallStatus, Envelope
from tool_contract.errors import Effect, ErrorCode
from tool_contract.record import envelope_from_record
from tool_contract.timestamps import iso_from_ms, ms_from_iso
from tool_executor.clock import Clock, SystemClock
from tool_executor.direct.call_run import CallFailed, CallRun, DeadlinePassed, ExecutionFrame
from tool_executor.direct.iteration import Candidate, Iteration
from tool_executor.direct.service_calls import Identity, ServiceCalls
from tool_executor.errors import ServiceError
from tool_executor.sent_request import checked_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tool_executor.aws import Aws
    from tool_executor.deployment import Deployment
    from tool_executor.direct.hedging import Hedging
    from tool_executor.direct.lambda_http import LambdaHttp

_log = logging.getLogger(__name__)
_CANCELS_WITHIN_SECONDS: Final = 15

Finished = Callable[[Envelope], None]
#: What the planner answers: see tool_contract.plan_state.
Plan = dict[str, Any]
Outcome = Envelope | CallFailed | None


@dataclass(frozen=True, slots=True)
class DirectRoute:
    """Runs requests of one deployment without its state machine."""

    aws: Aws
    deployment: Deployment
    http: LambdaHttp
    clock: Clock = field(default_factory=SystemClock)
    hedging: Hedging | None = None

    async def plan(self, request: object, execution_id: str, *, degraded: bool = False) -> Plan:
        """Have a request checked and written down as what is to run.

        ``degraded`` marks the results as not having come the way that was wanted. Where this task is cancelled, so is
        the execution.

        Raises:
            InvalidRequestError, ExecutionIdTakenError, ServiceError: nothing was run.
        """
        checked_text(request)
        identity = Identity(execution_id, f"direct:{uuid.uuid4().hex}", iso_from_ms(self.clock.now_ms()))
        planning = asyncio.create_task(self._services.plan(request, identity, degraded=degraded))
        try:
            return await asyncio.shield(planning)
        except asyncio.CancelledError:
            await asyncio.shield(self._take_back(planning, execution_id))
            raise

    async def run(self, plan: Plan, on_finished: Finished | None = None) -> list[Envelope]:
        """Run a plan to its end and return its envelopes, in the order of its calls.

        ``on_finished`` is told of each call as soon as it has ended. Where this task is cancelled, so is the execution.
        """
        try:
            return await self._finished(plan, await self._run_calls(plan, on_finished or _ignored))
        except asyncio.CancelledError:
            await asyncio.shield(self._cancel(plan["execution_id"]))
            raise

    @property
    def _services(self) -> ServiceCalls:
        functions = self.deployment.planner_function, self.deployment.finisher_function
        return ServiceCalls(*functions, self.http.invoke, self.clock)

    async def _take_back(self, planning: asyncio.Task[Plan], execution_id: str) -> None:
        """End the records of an execution that nobody waits for any longer, once they are all there."""
        await asyncio.wait([planning])
        if not planning.cancelled() and planning.exception() is None:
            await self._cancel(execution_id)

    async def _cancel(self, execution_id: str) -> None:
        _log.info("cancelling execution %s", execution_id)
        try:
            async with asyncio.timeout(_CANCELS_WITHIN_SECONDS):
                await self._services.cancel(execution_id)
        except (TimeoutError, ServiceError):
            _log.warning("execution %s is cancelled; its records are ended after its deadline", execution_id)

    async def _run_calls(self, plan: Plan, on_finished: Finished) -> list[Outcome]:
        frame = ExecutionFrame(
            plan["execution_id"],
            plan["correlation_id"],
            plan["deadline"],
            ms_from_iso(plan["deadline"]),
            plan["execution_id"] if plan["mode"] == "sequence" else None,
        )
        run = CallRun(frame, self.http.invoke, self.clock, self.hedging)
        iterations = [_iteration(call) for call in plan["calls"]]

        async def ended(iteration: Iteration) -> Outcome:
            if self.clock.now_ms() >= frame.deadline_ms:
                return None
            try:
                outcome = await run.run(iteration)
            except DeadlinePassed:
                return None
            on_finished(_envelope(outcome, plan))
            return outcome

        if plan["mode"] == "sequence":
            return await _one_after_another(iterations, ended)
        return await _beside_each_other(iterations, ended, plan["max_concurrency"])

    async def _finished(self, plan: Plan, outcomes: Sequence[Outcome]) -> list[Envelope]:
        failures = [outcome.unrecorded() for outcome in outcomes if isinstance(outcome, CallFailed)]
        try:
            output = await self._services.finish(plan["execution_id"], failures)
        except ServiceError as error:
            # The calls have ended and their outcomes are known here; the sweep closes the records at the deadline.
            _log.warning("execution %s could not be finished: %s", plan["execution_id"], error.sentence)
            return [
                _envelope(outcome, plan) if outcome is not None else _not_run(call, plan)
                for outcome, call in zip(outcomes, plan["calls"], strict=True)
            ]
        return [Envelope.model_validate(envelope) for envelope in output["results"]]


async def _beside_each_other(
    iterations: Sequence[Iteration], ended: Callable[[Iteration], Any], concurrency: int
) -> list[Outcome]:
    gate = asyncio.Semaphore(concurrency)

    async def one(iteration: Iteration) -> Outcome:
        async with gate:
            outcome: Outcome = await ended(iteration)
            return outcome

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(iteration)) for iteration in iterations]
    return [task.result() for task in tasks]


async def _one_after_another(iterations: Sequence[Iteration], ended: Callable[[Iteration], Any]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for iteration in iterations:
        outcomes.append(await ended(iteration))
        if not isinstance(outcomes[-1], Envelope):
            break
    return outcomes + [None] * (len(iterations) - len(outcomes))


def _iteration(call: Mapping[str, Any]) -> Iteration:
    return Iteration(call["call_id"], tuple(Candidate.from_state(state) for state in call["candidates"]))


def _envelope(outcome: Envelope | CallFailed, plan: Plan) -> Envelope:
    if isinstance(outcome, Envelope):
        return outcome
    told = outcome.unrecorded()
    return envelope_from_record({**told, **told["row"], "correlation_id": plan["correlation_id"]})


def _not_run(call: Mapping[str, Any], plan: Plan) -> Envelope:
    """Return the envelope of a call that was not begun, as the finisher would have it."""
    skipped = plan["mode"] == "sequence"
    return envelope_from_record(
        {
            "call_id": call["call_id"],
            "correlation_id": plan["correlation_id"],
            "tool_name": call["candidates"][0]["tool_name"],
            "status": CallStatus.SKIPPED if skipped else CallStatus.TIMEOUT,
            "error_code": ErrorCode.SKIPPED if skipped else ErrorCode.DEADLINE_EXCEEDED,
            "error": "The call was not run: a call before it in the sequence failed."
            if skipped
            else "The execution's deadline passed before the call ended.",
            "effect": Effect.NONE,
        }
    )


def _ignored(_envelope: Envelope) -> None:
    """Tell nobody."""
