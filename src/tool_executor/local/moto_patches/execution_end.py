"""The end of an execution: stopping one and running out of time take effect at once, and nothing is recorded after."""

from __future__ import annotations

import datetime as dt
import threading
import time
from typing import Any, Final

from moto.stepfunctions.parser.api import ExecutionStatus, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import iteration_worker
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager
from moto.stepfunctions.parser.asl.eval.program_state import (
    ProgramEnded,
    ProgramError,
    ProgramStopped,
    ProgramTimedOut,
)
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication

from tool_contract.limits import EXPRESS_SECONDS
from tool_executor.local.moto_patches.correction import Correction

_TERMINAL: Final = frozenset(
    {
        HistoryEventType.ExecutionAborted,
        HistoryEventType.ExecutionFailed,
        HistoryEventType.ExecutionSucceeded,
        HistoryEventType.ExecutionTimedOut,
    }
)
_LOOK_SECONDS: Final = 0.5
EXPRESS: Final = "EXPRESS"


def _eval(self: Any, env: Any) -> None:  # noqa: ANN401 - a method of moto's
    """Moto's own waits for the running Task's function even when the execution has been stopped."""
    env.next_state_name = self.start_at.start_at_name
    runner = threading.Thread(target=EvalComponent.eval, args=(self, env), daemon=True)
    runner.start()
    if not env.is_frame():
        limit = limit_seconds(self, env)
        _wait_for_end(env, runner, None if limit is None else time.monotonic() + limit)
        if _record_end_from_outside(env):
            return
    runner.join()


def limit_seconds(program: Any, env: Any) -> int | None:  # noqa: ANN401 - moto's
    """Return how long an execution may take: what its definition says, of an Express machine five minutes at most."""
    said: int | None = program.timeout_seconds.timeout_seconds if program.timeout_seconds else None
    return min(said or EXPRESS_SECONDS, EXPRESS_SECONDS) if env.execution_type == EXPRESS else said


def _wait_for_end(env: Any, runner: threading.Thread, deadline: float | None) -> None:  # noqa: ANN401 - moto's
    while env.is_running() and runner.is_alive():
        left = _LOOK_SECONDS if deadline is None else deadline - time.monotonic()
        if left <= 0:
            env.set_timed_out()
            return
        env.program_state_event.wait(min(left, _LOOK_SECONDS))


def _record_end_from_outside(env: Any) -> bool:  # noqa: ANN401 - moto's Environment
    """Write the last event of an execution that did not end by itself."""
    state = env.program_state()
    if isinstance(state, ProgramStopped):
        kind = HistoryEventType.ExecutionAborted
        details = {"executionAbortedEventDetails": _given(error=state.error, cause=state.cause)}
    elif isinstance(state, ProgramTimedOut):
        kind, details = HistoryEventType.ExecutionTimedOut, {"executionTimedOutEventDetails": {}}
    else:
        return False
    env.event_manager.add_event(context=env.event_history_context, event_type=kind, event_details=details)
    return True


def _given(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}


_original_set_error = Environment.set_error


def _set_error(self: Any, error: Any) -> None:  # noqa: ANN401 - a method of moto's
    """Whatever the interpreter stumbles over on its way out, what was stopped or timed out stays so."""
    with self._state_mutex:
        if not isinstance(self._program_state, ProgramStopped | ProgramTimedOut):
            _original_set_error(self, error)


def _iteration_failure(env: Any, event_type: HistoryEventType, event_details: Any, **named: Any) -> FailureEvent:  # noqa: ANN401 - moto's
    """Moto's FailureEvent, of an iteration whose execution was stopped with details as of any other failure."""
    if event_type == HistoryEventType.MapIterationAborted:
        state = env.program_state()
        event_details = {"executionFailedEventDetails": _given(error=state.error, cause=state.cause)}
    return FailureEvent(env=env, event_type=event_type, event_details=event_details, **named)


_original_add_event = EventManager.add_event


def _add_event(self: Any, context: Any, event_type: HistoryEventType, *args: Any, **kwargs: Any) -> int:  # noqa: ANN401 - moto's
    if vars(self).get("_closed"):
        return int(context.last_published_event_id)
    if event_type in _TERMINAL:
        self._closed = True
    return int(_original_add_event(self, context, event_type, *args, **kwargs))


def _reflect_execution_status(self: Any) -> None:  # noqa: ANN401 - a method of moto's
    execution, env = self.execution, self.execution.exec_worker.env
    state = env.program_state()
    execution.stop_date = dt.datetime.now(tz=dt.UTC)
    # The status last: whoever sees it must find the rest.
    if isinstance(state, ProgramEnded):
        execution.output = env.states.get_input()
        execution.exec_status = ExecutionStatus.SUCCEEDED
    elif isinstance(state, ProgramError):
        error = state.error or {}
        execution.error, execution.cause = error.get("error"), error.get("cause")
        execution.exec_status = ExecutionStatus.FAILED
    elif isinstance(state, ProgramTimedOut):
        execution.exec_status = ExecutionStatus.TIMED_OUT
    else:
        execution.exec_status = ExecutionStatus.ABORTED


def corrections() -> list[Correction]:
    """The corrections of this module."""
    return [
        Correction(Program, "eval", _eval, "an execution that is stopped or out of time ends at once"),
        Correction(
            BaseExecutionWorkerCommunication,
            "_reflect_execution_status",
            _reflect_execution_status,
            "moto says SUCCEEDED a moment before the output is there",
        ),
        Correction(Environment, "set_error", _set_error, "an execution that is stopped within a Map ends as failed"),
        Correction(
            iteration_worker,
            "FailureEvent",
            _iteration_failure,
            "an execution that is stopped within a Map stumbles over the error's name, and says so on the terminal",
        ),
        Correction(EventManager, "add_event", _add_event, "an execution's history ends with its end"),
    ]
