"""``tool-executor run --wait sync``: the Express state machine answers when the execution has ended."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from tool_contract.limits import EXPRESS_SECONDS
from tool_contract.record import EXECUTION_CALL_ID
from tool_executor.cli import progress
from tool_executor.cli.interruption import interrupted
from tool_executor.engine import not_started
from tool_executor.errors import ExecutionFailedError
from tool_executor.execution import correlation_id_of
from tool_executor.execution_output import output_of
from tool_executor.express_route import ExpressRoute, fitting
from tool_executor.history import History
from tool_executor.own_records import are_of
from tool_executor.state_machine_route import NotStarted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tool_contract.envelope import Envelope
    from tool_executor.cli.where import Where
    from tool_executor.history import Record

_POLL_SECONDS: Final = 0.25
_SLOWEST_POLL_SECONDS: Final = 2.0
_LOOKS_FOR_A_PLAN: Final = 40
#: Some seconds after Step Functions has ended it at the latest.
_ANSWERED_WITHIN_SECONDS: Final = EXPRESS_SECONDS + 30.0


def run_sync(where: Where, request: Any, name: str | None) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Run a request and return its output. Ctrl-C asks whether to cancel: the execution would go on by itself."""
    execution_id = name or f"{uuid.uuid4()}"
    history = History(where.aws, where.deployment.history_table)
    fitted = fitting(request)
    calls = fitted.get("calls") if isinstance(fitted, dict) else None
    answer = _asked(where, fitted, execution_id)
    try:
        correlation_id = correlation_id_of(fitted) or execution_id
        stages = _stages(history, answer, execution_id, correlation_id)
        progress.show(stages, len(calls) if isinstance(calls, list) else None)
        envelopes = answer.result()
    except KeyboardInterrupt:
        if not where.ends_with_command:
            _until_planned(history, answer, execution_id)
            records = history.execution(execution_id)
            if not records or are_of(records, fitted):
                interrupted(where, execution_id)
        raise
    except NotStarted as error:
        raise not_started(error) from error
    own = history.call(execution_id, EXECUTION_CALL_ID)
    if own is None:
        message = f"The history lost the execution {execution_id!r} while it ran."
        raise ExecutionFailedError(message, execution_id=execution_id)
    return output_of(own, envelopes)


def _asked(where: Where, request: dict[str, Any], execution_id: str) -> Future[list[Envelope]]:
    """Ask in a thread that the end of the program does not wait for; progress is shown in this one."""
    answer: Future[list[Envelope]] = Future()

    def ask() -> None:
        route = ExpressRoute(where.aws, where.deployment, ThreadPoolExecutor(2))
        try:
            answer.set_result(asyncio.run(route.envelopes(request, execution_id, _ANSWERED_WITHIN_SECONDS)))
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            answer.set_exception(error)

    threading.Thread(target=ask, name="express", daemon=True).start()
    return answer


def _until_planned(history: History, answer: Future[list[Envelope]], execution_id: str) -> None:
    """Wait for the first record: before there is one, there is nothing to cancel. Ctrl-C once more ends the wait."""
    with suppress(KeyboardInterrupt):
        for _ in range(_LOOKS_FOR_A_PLAN):
            if answer.done() or history.call(execution_id, EXECUTION_CALL_ID) is not None:
                return
            time.sleep(_POLL_SECONDS)


def _stages(
    history: History, answer: Future[list[Envelope]], execution_id: str, correlation_id: str
) -> Iterator[list[Record]]:
    """Yield how the calls stand again and again until there is an answer, then once more where it is a good one."""
    pause, seen = _POLL_SECONDS, time.monotonic()
    while not answer.done():
        if time.monotonic() - seen >= pause:
            yield history.progress(execution_id, correlation_id)
            pause, seen = min(pause * 1.2, _SLOWEST_POLL_SECONDS), time.monotonic()
        time.sleep(min(0.05, pause))
    if answer.exception() is None:
        yield history.progress(execution_id, correlation_id)
