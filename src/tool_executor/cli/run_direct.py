"""``tool-executor run --direct``: this process plays the state machine."""

from __future__ import annotations

import asyncio
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

from tool_contract.record import EXECUTION_CALL_ID
from tool_executor.cancellation import Cancellation, Canceller
from tool_executor.cli.cancel import print_cancellation
from tool_executor.cli.console import err, visible
from tool_executor.direct import DirectRoute
from tool_executor.direct.lambda_http import LambdaHttp
from tool_executor.errors import ExecutionFailedError
from tool_executor.execution_output import output_of
from tool_executor.history import History

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from tool_contract.envelope import Envelope
    from tool_executor.cli.where import Where
    from tool_executor.direct.hedging import Hedging
    from tool_executor.direct.route import Finished


def run_direct(
    where: Where,
    request: Any,  # noqa: ANN401 - any JSON
    name: str | None,
    hedging: Hedging | None = None,
) -> dict[str, Any]:
    """Run a request from this process and return its output. Ctrl-C cancels: nobody else could go on with it."""
    execution_id = name or f"{uuid.uuid4()}"
    calls = request.get("calls") if isinstance(request, dict) else None
    history = History(where.aws, where.deployment.history_table)
    try:
        total = len(calls) if isinstance(calls, list) else None
        envelopes = _counted(partial(_run, where, request, execution_id, hedging), total)
    except KeyboardInterrupt:
        if not where.ends_with_command:
            _interrupted(where, history, execution_id)
        raise
    own = history.call(execution_id, EXECUTION_CALL_ID)
    if own is None:
        message = f"The history lost the execution {execution_id!r} while it ran."
        raise ExecutionFailedError(message, execution_id=execution_id)
    return output_of(own, envelopes)


def _counted(run: Callable[[Finished], Coroutine[Any, Any, list[Envelope]]], total: int | None) -> list[Envelope]:
    """Run, and count the calls as they end: live in a terminal, a line for each elsewhere."""
    if not err.is_terminal:
        return asyncio.run(run(_tell))
    ended = 0
    of = f" of {total}" if total else ""
    with err.status(f"0{of} calls have ended") as status:

        def count(_envelope: Envelope) -> None:
            nonlocal ended
            ended += 1
            status.update(f"{ended}{of} calls have ended")

        return asyncio.run(run(count))


async def _run(
    where: Where, request: object, execution_id: str, hedging: Hedging | None, on_finished: Finished
) -> list[Envelope]:
    http = LambdaHttp(where.aws)
    try:
        route = DirectRoute(where.aws, where.deployment, http, hedging=hedging)
        return await route.run(await route.plan(request, execution_id), on_finished)
    finally:
        await http.close()


def _tell(envelope: Envelope) -> None:
    said = f"{visible(envelope.call_id)} {visible(envelope.tool_name)}: {envelope.status.value}"
    err.print(said, markup=False, highlight=False)


def _interrupted(where: Where, history: History, execution_id: str) -> None:
    """Say what the cancel ended; the route has cancelled what it had planned, an interrupted plan is cancelled here."""
    records = history.execution(execution_id)
    own = next((record for record in records if record["call_id"] == EXECUTION_CALL_ID), None)
    if own is not None and "open" in own:
        print_cancellation(Canceller(where.aws, where.deployment).cancel(execution_id), err)
        return
    calls = tuple(record for record in records if record is not own)
    status = "cancelled" if own is None else str(own["status"])
    print_cancellation(Cancellation(execution_id, stopped=True, status=status, calls=calls), err)
