"""The client's direct route decides as the workflow does, and leaves the same log: step by step, over any failures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.runtime.fake_clock import START, START_MS
from tests.unit.workflow.iteration import DEADLINE_MS, attempt_failed, candidate, item
from tool_contract.envelope import CallStatus
from tool_contract.errors import Effect, ErrorCode
from tool_executor.direct.decision import FallBack, GiveUp, StopAtDeadline, TryAgain, decide
from tool_executor.direct.iteration import AttemptFailure, Candidate
from tool_executor.direct.iteration import Iteration as Direct

if TYPE_CHECKING:
    from tests.unit.workflow.iteration import Iteration

_STATES = {"Backoff": TryAgain, "Invoke": FallBack, "RecordFailure": GiveUp, "StopAtDeadline": StopAtDeadline}

candidates = st.builds(
    candidate,
    tool_name=st.sampled_from(["orders", "stock"]),
    read_only=st.booleans(),
    repeatable=st.booleans(),
    delays=st.lists(st.integers(0, 20), max_size=2),
)
failures = st.fixed_dictionaries(
    {
        "error_code": st.sampled_from(["Unavailable", "ToolTimeout", "NotFound", "Superseded", "CircuitOpen"]),
        "retryable": st.booleans(),
        "effect": st.sampled_from(["none", "unknown"]),
        "begun": st.booleans(),
        "retry_after_seconds": st.integers(0, 40),
    }
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tried=st.lists(candidates, min_size=1, max_size=3),
    happened=st.lists(st.tuples(failures, st.integers(0, 70_000)), min_size=1, max_size=5),
)
def test_both_decide_the_same_after_the_same_failures(
    iteration: Iteration, tried: list[dict[str, Any]], happened: list[tuple[dict[str, Any], int]]
) -> None:
    state = item(*tried)
    direct = Direct("c1", tuple(Candidate.from_state(one) for one in tried))
    for said, passed_ms in happened:
        iteration.now_ms = START_MS + passed_ms
        following, state = iteration.failed(state, **said)
        failure = _failure(said)
        decided = decide(direct, failure, iteration.now_ms, DEADLINE_MS)
        assert isinstance(decided, _STATES[following])
        if isinstance(decided, TryAgain):
            assert decided.wait_seconds == state["wait"]
            direct = direct.again(failure, START_MS, decided.wait_seconds)
        elif isinstance(decided, FallBack):
            direct = direct.fall_back(failure, START_MS)
        else:
            return
        assert (direct.attempt, direct.candidate, direct.tries) == (state["attempt"], state["candidate"], state["try"])
        assert [entry.to_json() for entry in direct.log] == state["log"]


def _failure(said: dict[str, Any]) -> AttemptFailure:
    envelope = attempt_failed(**said)
    return AttemptFailure(
        error_code=ErrorCode(envelope["error_code"]),
        error=envelope["error"],
        retryable=envelope["retryable"],
        effect=Effect(envelope["effect"]),
        status=CallStatus.FAILED,
        begun=envelope["begun"],
        error_type=envelope["error_type"],
        retry_after_seconds=envelope["retry_after_seconds"],
        execution_time_ms=envelope["execution_time_ms"],
    )


@pytest.mark.parametrize("begun", [True, False])
def test_the_last_entry_of_the_log_is_what_the_workflow_records(iteration: Iteration, *, begun: bool) -> None:
    said = {"retryable": False, "begun": begun}
    _, state = iteration.failed(item(), **said)
    attributes = iteration.field("RecordFailure", "Arguments", state)["ExpressionAttributeValues"]
    direct = Direct("c1", (Candidate.from_state(candidate()),))
    log = direct.ended(_failure(said), START_MS)
    assert log[0].started_at == START
    assert [entry.to_json() for entry in log] == json.loads(attributes[":attempt_log"]["S"])
