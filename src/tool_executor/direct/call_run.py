"""One call, from its first attempt to its end: the workflow's loop of Invoke, Decide and Backoff."""

from __future__ import annotations

import logging
import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from tool_contract import strict_json
from tool_contract.attempt import began_at
from tool_contract.limits import HARD_TIMEOUT_ALLOWANCE_SECONDS
from tool_contract.record import failure_metadata
from tool_contract.timestamps import iso_from_ms, ms_from_iso
from tool_executor.direct.decision import FallBack, StopAtDeadline, TryAgain, decide
from tool_executor.direct.function_answer import FunctionAnswer, NoAnswer, read_answer, unanswered
from tool_executor.direct.hedged_attempt import HedgedAttempt, Tried
from tool_executor.direct.iteration import AttemptFailure, Iteration

if TYPE_CHECKING:
    from tool_contract.attempt import AttemptEntry, Hedge
    from tool_contract.envelope import Envelope
    from tool_executor.clock import Clock
    from tool_executor.direct.hedging import Hedging

_log = logging.getLogger(__name__)
#: A throttled invocation is repeated once by itself, as the workflow's Invoke does; it uses up no attempt.
_THROTTLE_WAIT_SECONDS: Final = 1.0


class DeadlinePassed(Exception):
    """The execution's deadline passed before the call began."""


class Invoke(Protocol):
    """Invokes a function: see LambdaHttp.invoke."""

    async def __call__(self, function: str, event: object, timeout_seconds: float) -> FunctionAnswer:
        """Return Lambda's answer. Raises NoAnswer."""


@dataclass(frozen=True, slots=True)
class ExecutionFrame:
    """What all calls of an execution share. ``deadline`` is ISO 8601; ``session`` is what a sequence's calls share."""

    execution_id: str
    correlation_id: str
    deadline: str
    deadline_ms: int
    session: str | None = None

    @property
    def context(self) -> dict[str, Any]:
        """What an attempt's context says of its execution."""
        said = {
            "execution_id": self.execution_id,
            "correlation_id": self.correlation_id,
            "route": "direct",
            "deadline": self.deadline,
        }
        return said if self.session is None else {**said, "session": self.session}


@dataclass(frozen=True, slots=True)
class CallFailed:
    """A call that has failed for good: its failure, the log of its attempts, and where it then stood."""

    iteration: Iteration
    failure: AttemptFailure
    log: tuple[AttemptEntry, ...]
    finished_ms: int

    def unrecorded(self) -> dict[str, Any]:
        """Return the failure as the finisher takes it, to write it into the record."""
        failure, iteration = self.failure, self.iteration
        told = failure.metadata and {"failure_metadata": failure_metadata(iteration.attempt, failure.metadata)}
        effects = [entry.effect for entry in self.log]
        return {
            "call_id": iteration.call_id,
            "status": failure.status,
            "error_code": failure.error_code,
            "error": failure.error,
            "row": {
                "tool_name": iteration.current.tool_name,
                "retryable": failure.retryable,
                "effect": next((worst for worst in ("unknown", "applied") if worst in effects), "none"),
                "details": strict_json.dumps(list(failure.details)),
                "attempt_log": strict_json.dumps([entry.to_json() for entry in self.log]),
                "attempts": iteration.begun(failure),
                "fallback_used": iteration.candidate > 0,
                "finished_at": iso_from_ms(self.finished_ms),
                "execution_time_ms": max(0, self.finished_ms - ms_from_iso(began_at(self.log))),
                **told,
            },
        }


@dataclass(frozen=True, slots=True)
class CallRun:
    """Runs the calls of one execution, each by itself. Without ``hedging`` each attempt is alone."""

    frame: ExecutionFrame
    invoke: Invoke
    clock: Clock
    hedging: Hedging | None = None

    async def run(self, iteration: Iteration) -> Envelope | CallFailed:
        """Run a call to its end. Raises DeadlinePassed if that came before it began."""
        while True:
            tried = await self._try(iteration)
            iteration, outcome, began_ms = tried.iteration, tried.outcome, tried.began_ms
            if not isinstance(outcome, AttemptFailure):
                return outcome
            decided = decide(iteration, outcome, self.clock.now_ms(), self.frame.deadline_ms)
            _tell(iteration, outcome, decided)
            if isinstance(decided, StopAtDeadline):
                raise DeadlinePassed
            if isinstance(decided, TryAgain):
                iteration = iteration.again(outcome, began_ms, decided.wait_seconds)
                await self.clock.sleep(decided.wait_seconds)
            elif isinstance(decided, FallBack):
                iteration = iteration.fall_back(outcome, began_ms)
            else:
                return CallFailed(iteration, outcome, iteration.ended(outcome, began_ms), self.clock.now_ms())

    async def _try(self, iteration: Iteration) -> Tried:
        if self.hedging is not None and iteration.current.read_only:
            return await HedgedAttempt(self._attempt, self.hedging, self.clock, self.frame.deadline_ms).run(iteration)
        began_ms = self.clock.now_ms()
        return Tried(iteration, await self._attempt(iteration), began_ms)

    async def _attempt(self, iteration: Iteration, hedge: Hedge | None = None) -> Envelope | AttemptFailure:
        event, limit = self._event(iteration, hedge), self._hard_limit(iteration)
        began = self.clock.elapsed_ms()
        try:
            answer = await self.invoke(iteration.current.function, event, limit)
            if answer.was_throttled and self.hedging is not None:
                self.hedging.pause(iteration.current.tool_name)
            if answer.was_throttled and hedge is None:
                await self.clock.sleep(random.uniform(0, _THROTTLE_WAIT_SECONDS))  # noqa: S311 - jitter, no secret
                answer = await self.invoke(iteration.current.function, event, limit)
        except NoAnswer as error:
            return unanswered(error, iteration, self.clock.elapsed_ms() - began)
        return read_answer(answer, iteration, self.clock.elapsed_ms() - began)

    def _event(self, iteration: Iteration, hedge: Hedge | None) -> dict[str, Any]:
        """Return a tool function's event; its context is what AttemptContext writes of values that were checked."""
        return {
            "tool_name": iteration.current.tool_name,
            "context": {
                **self.frame.context,
                "call_id": iteration.call_id,
                "attempt": iteration.attempt,
                "candidate": iteration.candidate,
                "timeout_seconds": iteration.current.timeout_seconds,
                "attempt_log": [entry.to_json() for entry in iteration.log],
                **({} if hedge is None else {"hedge": hedge.model_dump()}),
            },
        }

    def _hard_limit(self, iteration: Iteration) -> float:
        """Return when to give up waiting for the function: it should have answered long before."""
        left = (self.frame.deadline_ms - self.clock.now_ms()) / 1000
        return max(1, math.ceil(min(iteration.current.timeout_seconds, left))) + HARD_TIMEOUT_ALLOWANCE_SECONDS


def _tell(iteration: Iteration, failure: AttemptFailure, decided: object) -> None:
    _log.debug(
        "call %s, attempt %d of %s failed with %s: %s",
        iteration.call_id,
        iteration.attempt,
        iteration.current.tool_name,
        failure.error_code,
        decided,
    )
