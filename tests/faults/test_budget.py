"""A tool that fails for all its callers at once: what its retry budget makes of the storm.

The same with a thousand calls is in tests/unit/runtime/test_retry_budget.py, where an attempt costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.runtime.retry_budget import DEFAULT_POLICY
from tests.faults.faulty_cloud import ledger_call

if TYPE_CHECKING:
    from tests.faults.faulty_cloud import FaultyCloud
    from tests.faults.oracle import Oracle

EXECUTIONS, CALLS, RETRIES = 4, 40, 3
_SECONDS_FOR_ALL_RETRIES = (EXECUTIONS * CALLS * RETRIES - DEFAULT_POLICY.capacity) / DEFAULT_POLICY.tokens_per_second


def test_of_all_the_retries_of_four_executions_so_many_are_begun_as_the_budget_has(
    cloud: FaultyCloud, oracle: Oracle
) -> None:
    at_once = {"initial_delay_seconds": 0, "max_delay_seconds": 0}
    failing = ledger_call("look_often", line={"trouble": "unavailable"}, max_retries=RETRIES, retry=at_once)
    runs = [cloud.request(*[failing] * CALLS, max_concurrency=40) for _ in range(EXECUTIONS)]
    executions = [cloud.start(run) for run in runs]
    judged = [oracle.judge(run, cloud.output(one)) for run, one in zip(runs, executions, strict=True)]
    calls = [call for of_run in judged for call in of_run]
    sent = [seen["sent_ms"] for run in runs for seen in cloud.invocations("-ledger", run.execution_id)]
    seconds = (max(sent) - min(sent)) / 1000 + 1
    begun = sum(call["attempts"] for call in calls)
    assert len(calls) <= begun <= len(calls) + DEFAULT_POLICY.capacity + DEFAULT_POLICY.tokens_per_second * seconds
    if seconds < _SECONDS_FOR_ALL_RETRIES:  # on a slower machine the tokens that come back are enough for everybody
        assert begun < len(calls) * (1 + RETRIES)
    assert {call["error_code"] for call in calls} == {"Unavailable"}
    assert all(call["attempts"] == 1 + RETRIES or "retry budget is used up" in call["error"] for call in calls)
