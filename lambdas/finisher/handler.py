"""The state Finish; and the reconciler, for executions that never reached it.

Four events: the workflow's own ``{"execution_id", "unrecorded"}``, an EventBridge "Execution Status Change" (which
``tool-executor cancel`` sends, too), and the schedule's ``{"sweep": true}``. ``tool-executor reconcile`` may add
``margin_seconds`` to the last: how long past its deadline an execution must be. ``{"browser_sessions": {"close":
[key, ...]}}`` lists the browser sessions and closes those that it names, or ``"all"``.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from lambdas.finisher.finish import Finisher
from lambdas.finisher.gauges import Gauges
from lambdas.finisher.history import History
from lambdas.finisher.sessions_end import SessionsEnd
from lambdas.finisher.settlement import Ending
from lambdas.runtime import aws_clients
from lambdas.runtime.artifacts import ArtifactStore
from lambdas.runtime.telemetry import logger, observed
from tool_contract.catalog import load_catalog
from tool_contract.timestamps import iso_from_ms

#: An execution may take this long past its deadline to end by itself: see docs/architecture.md, "Deadlines".
_MARGIN_SECONDS = 30
_ENDINGS = {"ABORTED": Ending.CANCELLED, "TIMED_OUT": Ending.TIMED_OUT, "FAILED": Ending.FAILED}


@cache
def _finisher() -> Finisher:
    tools = load_catalog().tools
    return Finisher(
        History(os.environ["HISTORY_TABLE"], aws_clients.dynamodb(), int(os.environ.get("HISTORY_SHARDS", "1"))),
        ArtifactStore(os.environ["ARTIFACT_BUCKET"]),
        frozenset(spec.name for spec in tools if spec.annotations.read_only),
        SessionsEnd.from_environment(),
    )


@cache
def _gauges() -> Gauges:
    return Gauges.from_environment(_finisher().history)


def finish(event: dict[str, Any], _context: Any) -> dict[str, Any] | None:  # noqa: ANN401 - Lambda's own signature
    """Answer one of the four events."""
    if "browser_sessions" in event:
        return _browser_sessions(event["browser_sessions"])
    if event.get("sweep"):
        return _sweep(event.get("margin_seconds", _MARGIN_SECONDS))
    detail = event.get("detail")
    if detail is not None:
        logger.info("execution ended outside of the workflow", extra={"status": detail["status"]})
        _finisher().finish(detail["name"], _ENDINGS[detail["status"]], arn=detail.get("executionArn"))
        return None
    return _finisher().finish(event["execution_id"], Ending.FINISHED, event.get("unrecorded", ()))


def _browser_sessions(wanted: dict[str, Any]) -> dict[str, Any]:
    sessions = SessionsEnd.from_environment()
    return {"sessions": [], "closed": []} if sessions is None else sessions.answer(wanted)


def _sweep(margin_seconds: float) -> dict[str, Any]:
    finisher = _finisher()
    ended, failed = [], []
    before = iso_from_ms(finisher.clock.now_ms() - round(margin_seconds * 1000))
    for execution_id in finisher.history.overdue(before):
        try:
            finisher.finish(execution_id, Ending.TIMED_OUT)
            ended.append(execution_id)
        except Exception:  # noqa: BLE001 - one execution that cannot be ended must not keep the others open
            logger.exception("an execution past its deadline could not be ended", extra={"execution_id": execution_id})
            failed.append(execution_id)
    if finisher.sessions is not None:
        finisher.sessions.end_left_over(finisher.history)
    _gauges().write(finisher.clock.now_ms())
    if ended or failed:
        logger.warning("executions past their deadline", extra={"ended": ended, "failed": failed})
    return {"ended": ended, "failed": failed}


lambda_handler = observed(finish)
