"""No state of an accepted execution outgrows what Step Functions takes, however much goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.fake_clock import START
from tests.unit.workflow.iteration import STATES, attempt_failed, candidate, cause_of, item
from tool_contract import strict_json
from tool_contract.limits import (
    MAX_CALLS,
    MAX_ERROR_CHARACTERS,
    MAX_FALLBACKS,
    MAX_RAISED_CHARACTERS,
    MAX_RETRIES,
    MAX_STATE_BYTES,
)

if TYPE_CHECKING:
    from tests.unit.workflow.engines import Engines
    from tests.unit.workflow.iteration import Iteration

LONGEST = ["😀" * MAX_ERROR_CHARACTERS, '"' * MAX_ERROR_CHARACTERS, "\\" * MAX_ERROR_CHARACTERS]


def _bytes(value: object) -> int:
    return strict_json.byte_size(strict_json.dumps(value))


def _everything_failed(error: str) -> dict[str, Any]:
    """The state before the last attempt of a call with the most candidates and retries."""
    entry = {
        "candidate": 5, "tool_name": "t" * 64, "started_at": START, "duration_ms": 840_000.123, "decision": "retry",
        "delay_seconds": 3_600, "error_code": "HistoryUnavailable", "error": error, "error_type": "E" * 64,
        "effect": "unknown",
    }  # fmt: skip
    attempts = (1 + MAX_FALLBACKS) * (1 + MAX_RETRIES)
    candidates = [
        candidate("t" * 64, function="f" * 140, delays=[3_600] * MAX_RETRIES) for _ in range(1 + MAX_FALLBACKS)
    ]
    return item(
        *candidates, log=[{"attempt": number, **entry} for number in range(1, attempts)], attempt=attempts,
        candidate=MAX_FALLBACKS, correlation_id="k" * 128, execution_id="e" * 80,
        deadline="2026-11-21T10:00:00.000Z",
    )  # fmt: skip


@pytest.mark.parametrize("error", LONGEST)
def test_the_longest_iteration_fits(iteration: Iteration, error: str) -> None:
    details = [{"pointer": "/a", "message": "x" * (MAX_RAISED_CHARACTERS - 6 * MAX_ERROR_CHARACTERS)}]
    failing = attempt_failed(error=error, details=details)

    _, caught = iteration.caught(_everything_failed(error), "AttemptFailed", cause_of(failing))
    following, decided = iteration.decided(caught)

    assert following == "Backoff"
    for value in (
        decided,
        iteration.field("Invoke", "Arguments", decided),
        iteration.field("RecordFailure", "Arguments", caught),
    ):
        assert _bytes(value) < MAX_STATE_BYTES


@pytest.mark.parametrize("error", LONGEST)
def test_so_many_failures_that_nobody_could_write_down_fit(iteration: Iteration, engines: Engines, error: str) -> None:
    state = item(call={"call_id": "c" * 64, "candidates": [candidate()]})
    failing = attempt_failed(error=error, error_code="HistoryUnavailable", status="timeout")
    _, caught = iteration.caught(state, "AttemptFailed", cause_of(failing))
    _, left = iteration.caught(caught, "DynamoDB.InternalServerErrorException", state="RecordFailure")

    results = [left] * MAX_CALLS
    output = engines.evaluate(STATES["RunCalls"]["Output"], {"input": {"execution_id": "e" * 80}, "result": results}, 0)

    assert len(output["unrecorded"]) == MAX_CALLS
    assert max(_bytes(results), _bytes(output)) < MAX_STATE_BYTES
