"""What the workflow promises a caller, on a deployment: envelopes, retries, fallbacks, deadlines, sequences."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.waiting import until
from tool_contract.envelope import Envelope
from tool_contract.record import EXECUTION_CALL_ID, attempt_log_of
from tool_executor.errors import InvalidRequestError

if TYPE_CHECKING:
    from tests.local.conftest import Deployed


def call(tool_name: str, tool_input: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    return {"tool_name": tool_name, "input": tool_input or {}, **fields}


def only(output: dict[str, Any]) -> dict[str, Any]:
    (envelope,) = output["results"]
    Envelope.model_validate(envelope)
    return envelope


def test_results_come_back_in_the_order_of_the_calls_however_long_each_takes(deployed: Deployed) -> None:
    waits = [0.5, 0.0, 0.3, 0.1]
    output = deployed.run({"calls": [call("echo", {"text": f"{wait}", "seconds": wait}) for wait in waits]})
    assert [envelope["result"]["text"] for envelope in output["results"]] == [f"{wait}" for wait in waits]
    assert output["status"] == "succeeded"
    assert output["counts"]["success"] == len(waits)


def test_calls_run_beside_each_other(deployed: Deployed) -> None:
    request = {"calls": [call("echo", {"seconds": 2}) for _ in range(6)], "max_concurrency": 6}
    deployed.run({**request, "calls": [call("echo", {"seconds": 0.3}) for _ in range(6)]})
    assert deployed.run(request)["execution_time_ms"] < 6_000


def test_transient_failures_are_retried_after_growing_whole_seconds(deployed: Deployed) -> None:
    envelope = only(deployed.run({"calls": [call("flaky", {"failures": 2})]}))
    assert envelope["success"]
    assert envelope["attempts"] == 3
    first, second = envelope["metadata"]["retry_delays"]
    assert first == 1_000
    assert second in {1_000, 2_000}
    assert len(envelope["metadata"]["attempt_durations"]) == 3


def test_a_tool_that_asks_for_a_longer_wait_gets_it(deployed: Deployed) -> None:
    envelope = only(deployed.run({"calls": [call("flaky", {"failures": 1, "retry_after_seconds": 2.4})]}))
    assert envelope["metadata"]["retry_delays"] == [3_000]


def test_max_retries_of_a_call_bounds_its_attempts(deployed: Deployed) -> None:
    envelope = only(deployed.run({"calls": [call("flaky", {"failures": 9}, max_retries=1)]}))
    assert (envelope["status"], envelope["attempts"], envelope["error_code"]) == ("failed", 2, "Unavailable")


def test_what_cannot_succeed_is_tried_once(deployed: Deployed) -> None:
    envelope = only(deployed.run({"calls": [call("missing", {"name": "x"})]}))
    assert (envelope["attempts"], envelope["error_code"], envelope["retryable"]) == (1, "NotFound", False)
    assert envelope["details"][0]["pointer"] == "/name"


def test_a_hanging_tool_times_out_and_costs_its_siblings_nothing(deployed: Deployed) -> None:
    output = deployed.run({"calls": [call("hang", max_retries=0), call("noop")]})
    hanging, sibling = output["results"]
    assert (hanging["status"], hanging["error_code"], hanging["effect"]) == ("timeout", "ToolTimeout", "none")
    assert sibling["success"]
    assert output["status"] == "partial"


@pytest.mark.parametrize("tool_name", ["hang_unsafely", "crash_unsafely"])
def test_an_unknown_outcome_of_a_tool_that_may_change_things_is_not_retried(deployed: Deployed, tool_name: str) -> None:
    envelope = only(deployed.run({"calls": [call(tool_name, fallbacks=[call("noop")])]}))
    assert (envelope["success"], envelope["attempts"], envelope["effect"]) == (False, 1, "unknown")
    assert "fallback_used" not in envelope["metadata"]


def test_a_crash_of_an_idempotent_tool_is_retried(deployed: Deployed) -> None:
    envelope = only(deployed.run({"calls": [call("crash", max_retries=1)]}))
    assert (envelope["error_code"], envelope["attempts"]) == ("ToolCrashed", 2)


def test_fallbacks_are_tried_in_order_and_marked(deployed: Deployed) -> None:
    fallbacks = [call("missing", {"name": "second"}), call("echo", {"text": "third"})]
    envelope = only(deployed.run({"calls": [call("missing", {"name": "first"}, fallbacks=fallbacks)]}))
    assert envelope["result"]["text"] == "third"
    assert envelope["tool_name"] == "echo"
    assert envelope["metadata"]["fallback_used"] is True
    assert envelope["metadata"]["fallback_index"] == 1
    assert "first" in envelope["metadata"]["primary_error"]


def test_a_sequence_stops_at_the_first_call_that_fails_for_good(deployed: Deployed) -> None:
    execution = deployed.start(
        {"mode": "sequence", "calls": [call("noop"), call("missing", {"name": "x"}), call("noop")]}
    )
    output = deployed.finish(execution)
    assert [envelope["status"] for envelope in output["results"]] == ["success", "failed", "skipped"]
    assert output["results"][2]["attempts"] == 0
    assert deployed.states_entered(execution).count("Invoke") == 2


def test_a_sequence_goes_on_after_a_fallback_answered(deployed: Deployed) -> None:
    calls = [call("missing", {"name": "x"}, fallbacks=[call("noop")]), call("noop")]
    assert deployed.run({"mode": "sequence", "calls": calls})["status"] == "succeeded"


def test_at_the_deadline_every_call_has_an_envelope(deployed: Deployed) -> None:
    calls = [call("echo", {"seconds": 1}) for _ in range(12)]
    began = time.monotonic()
    output = deployed.run({"calls": calls, "max_concurrency": 2, "timeout_seconds": 2})
    assert time.monotonic() - began < 17
    statuses = [envelope["status"] for envelope in output["results"]]
    assert set(statuses) <= {"success", "timeout"}
    assert statuses.count("timeout") >= 8
    never_started = [envelope for envelope in output["results"] if envelope["attempts"] == 0]
    assert never_started
    assert all(envelope["effect"] == "none" for envelope in never_started)


def test_a_per_call_timeout_bounds_an_attempt(deployed: Deployed) -> None:
    envelope = only(deployed.run({"calls": [call("echo", {"seconds": 5}, timeout_seconds=1, max_retries=0)]}))
    assert envelope["status"] == "timeout"
    assert envelope["execution_time_ms"] < 4_000


def test_a_large_result_comes_back_whole(deployed: Deployed) -> None:
    envelope = only(deployed.run({"calls": [call("large", {"size": 100_000})]}))
    assert envelope["result"] == "x" * 100_000


def test_results_that_no_output_could_hold_come_by_reference(deployed: Deployed) -> None:
    output = deployed.run({"calls": [call("large", {"size": 300_000}), call("noop")]})
    assert output["results"][0]["result_ref"]["bytes"] == 300_002
    assert output["results"][1]["result"] is None


def test_a_number_that_json_cannot_hold_is_a_failure_that_says_where(deployed: Deployed) -> None:
    assert only(deployed.run({"calls": [call("nan")]}))["error_code"] == "NonFiniteResult"


def test_a_call_with_a_key_that_was_used_gets_the_stored_result(deployed: Deployed) -> None:
    request = {"calls": [call("draw", {"name": "key"}, idempotency_key=f"key {uuid.uuid4()}")]}
    first, second = only(deployed.run(request)), only(deployed.run(request))
    assert first["result"] == second["result"]
    assert "replayed" not in first["metadata"]
    assert second["metadata"]["replayed"] is True


def test_a_key_that_comes_with_another_input_is_refused(deployed: Deployed) -> None:
    key = f"key {uuid.uuid4()}"
    deployed.run({"calls": [call("draw", {"name": "one"}, idempotency_key=key)]})
    envelope = only(deployed.run({"calls": [call("draw", {"name": "two"}, idempotency_key=key)]}))
    assert (envelope["error_code"], envelope["effect"]) == ("IdempotencyKeyReused", "none")


def test_equal_calls_of_a_cacheable_tool_at_once_are_run_once(deployed: Deployed) -> None:
    calls = [call("draw_rarely", {"name": f"{uuid.uuid4()}", "seconds": 0.5})] * 8
    output = deployed.run({"calls": calls, "max_concurrency": 8})
    assert len({envelope["result"] for envelope in output["results"]}) == 1
    assert sum(envelope["metadata"].get("cached", False) for envelope in output["results"]) == 7


def test_a_happy_call_is_one_state_transition_and_an_execution_three(deployed: Deployed) -> None:
    execution = deployed.start({"calls": [call("noop")] * 7})
    deployed.finish(execution)
    assert sorted(deployed.states_entered(execution)) == sorted(["Plan", "RunCalls", "Finish", *["Invoke"] * 7])


def test_a_retry_costs_three_transitions_more_and_a_failed_call_three_in_all(deployed: Deployed) -> None:
    retried = deployed.start({"calls": [call("flaky", {"failures": 1})]})
    deployed.finish(retried)
    assert len(deployed.states_entered(retried)) == 3 + 1 + 3
    failed = deployed.start({"calls": [call("missing", {"name": "x"})]})
    deployed.finish(failed)
    assert len(deployed.states_entered(failed)) == 3 + 3


def test_a_fallback_costs_two_transitions_more(deployed: Deployed) -> None:
    missing = call("missing", {"name": "x"})
    saved = deployed.start({"calls": [{**missing, "fallbacks": [call("noop")]}]})
    deployed.finish(saved)
    assert deployed.states_entered(saved) == ["Plan", "RunCalls", "Invoke", "Decide", "Invoke", "Finish"]
    lost = deployed.start({"calls": [{**missing, "fallbacks": [missing]}]})
    deployed.finish(lost)
    assert len(deployed.states_entered(lost)) == 3 + 3 + 2


def test_an_invalid_request_gets_every_problem_at_once_and_nothing_runs(deployed: Deployed) -> None:
    request = {
        "calls": [
            call("ecko"),
            call("echo", {"seconds": "5", "text": 1}),
            call("noop", call_id="a b"),
            call("noop", x=1),
        ],
        "mode": "parallell",
    }
    execution = deployed.start(request)
    with pytest.raises(InvalidRequestError) as refused:
        deployed.finish(execution)
    by_pointer = {problem["pointer"]: problem for problem in refused.value.problems}
    assert by_pointer.keys() == {
        "/calls/0/tool_name",
        "/calls/1/input/seconds",
        "/calls/1/input/text",
        "/calls/2/call_id",
        "/calls/3/x",
        "/mode",
    }
    assert by_pointer["/calls/0/tool_name"]["hint"] == "Did you mean 'echo'?"
    assert deployed.states_entered(execution) == ["Plan", "RefuseRequest"]
    assert deployed.history.execution(execution.execution_id) == []


@pytest.mark.parametrize("request_value", [None, [], "calls", 5, {}])
def test_a_request_that_is_no_object_with_calls_is_refused(deployed: Deployed, request_value: Any) -> None:
    with pytest.raises(InvalidRequestError):
        deployed.run(request_value)


def test_the_history_holds_one_ended_record_a_call_and_one_of_the_execution(deployed: Deployed) -> None:
    execution = deployed.start(
        {
            "correlation_id": "history-test",
            "calls": [call("flaky", {"failures": 1}, reasoning="why not"), call("missing", {"name": "x"})],
        }
    )
    deployed.finish(execution)
    own, flaky, missing = deployed.history.execution(execution.execution_id)
    assert (own["call_id"], own["status"], own["mode"]) == (EXECUTION_CALL_ID, "partial", "parallel")
    assert "open" not in own
    assert own["counts"]["failed"] == 1
    assert (flaky["status"], flaky["attempts"], flaky["reasoning"]) == ("success", 2, "why not")
    assert [entry.decision for entry in attempt_log_of(flaky)] == ["retry", "done"]
    assert (missing["status"], missing["error_code"], missing["effect"]) == ("failed", "NotFound", "none")
    assert all(record["expires_at"] > time.time() for record in (own, flaky, missing))


def test_each_index_lists_what_it_is_for(deployed: Deployed) -> None:
    calls = [call("echo", {"seconds": 3}), call("noop")]
    execution = deployed.start({"correlation_id": "index-test", "calls": calls})
    history, execution_id = deployed.history, execution.execution_id
    until(lambda: execution_id in {row["execution_id"] for row in history.open_executions(1000)})
    deployed.finish(execution)
    day = history.execution(execution_id)[0]["started_at"][:10]
    assert {row["call_id"] for row in history.by_correlation("index-test", 10)} >= {EXECUTION_CALL_ID, "c1", "c2"}
    assert execution_id in {row["execution_id"] for row in history.by_day(day, 1000)}
    assert execution_id in {row["execution_id"] for row in history.by_tool("echo", day, 1000)}
    assert execution_id not in {row["execution_id"] for row in history.open_executions(1000)}


def test_progress_lists_the_calls_in_their_order_while_they_run(deployed: Deployed) -> None:
    calls = [call("echo", {"seconds": 1}, call_id=name) for name in ("zebra", "ant")]
    execution = deployed.start({"calls": calls})
    deployed.finish(execution)
    progress = deployed.history.progress(execution.execution_id, execution.correlation_id)
    assert [(row["call_id"], row["status"]) for row in progress] == [("zebra", "success"), ("ant", "success")]


def test_calls_that_the_deadline_met_before_they_began_are_not_invoked_one_by_one(deployed: Deployed) -> None:
    calls = [call("echo", {"seconds": 3}), *[call("noop")] * 40]
    execution = deployed.start({"calls": calls, "max_concurrency": 1, "timeout_seconds": 1})
    output = deployed.finish(execution)
    assert {envelope["status"] for envelope in output["results"]} == {"timeout"}
    assert deployed.states_entered(execution).count("Invoke") <= 3
    assert output["execution_time_ms"] < 8_000


def test_an_effect_that_one_attempt_left_unknown_stays_unknown(deployed: Deployed) -> None:
    fallback = call("missing", {"name": "x"})
    envelope = only(deployed.run({"calls": [call("crash", max_retries=0, fallbacks=[fallback])]}))
    assert (envelope["error_code"], envelope["effect"]) == ("NotFound", "unknown")
