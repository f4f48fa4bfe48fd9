"""Several calls by a client as one execution: what becomes of them, waited for or not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.mcp_server.calling import called
from tests.unit.mcp_server.fake_executions import FAILED, FakeExecutions, answering, raising

BATCH = [{"tool_name": "say_text", "input": {"text": "a"}}, {"tool_name": "count_text", "input": {"text": "b"}}]


def test_a_batch_is_one_execution_with_an_envelope_for_each_call_in_order() -> None:
    executions = FakeExecutions(answering(FAILED, 3), max_workers=50, call_fields={"max_retries": 1})
    answer = called(executions, "run_batch", {"calls": BATCH, "timeout_seconds": 60, "correlation_id": "mine"})
    (request,) = executions.requests
    assert (request["max_concurrency"], request["caller"], request["correlation_id"]) == (40, "tests", "mine")
    assert [call["max_retries"] for call in request["calls"]] == [1, 1]
    assert answer.is_error is False
    assert [one["success"] for one in answer.structured_content["results"]] == [False, True]


def test_a_batch_of_which_nothing_succeeded_is_an_error() -> None:
    answer = called(FakeExecutions(answering(FAILED)), "run_batch", {"calls": BATCH[:1], "mode": "sequence"})
    assert (answer.is_error, answer.structured_content["results"][0]["error_code"]) == (True, "NotFound")


@pytest.mark.parametrize(
    ("arguments", "pointers"),
    [
        ({}, ["/calls"]),
        ({"calls": 3}, ["/calls"]),
        ({"calls": []}, ["/calls"]),
        (
            {"calls": [4, {"tool_name": "say_txt", "input": {}}], "modus": 1},
            ["/calls/0", "/modus", "/calls/1/tool_name"],
        ),
        ({"calls": [{"tool_name": "say_text", "input": {"text": 1}}]}, ["/calls/0/input/text"]),
        ({"calls": BATCH, "caller": "somebody-else"}, ["/caller"]),
        ({"calls": BATCH, "wait": "no"}, ["/wait"]),
    ],
)
def test_a_batch_that_cannot_be_run_is_refused_whole_with_pointers_into_the_arguments(
    arguments: dict[str, Any], pointers: list[str]
) -> None:
    executions = FakeExecutions(answering({}))
    answer = called(executions, "run_batch", arguments)
    assert (answer.is_error, executions.requests) == (True, [])
    assert [detail["pointer"] for detail in answer.meta["tool-executor/envelope"]["details"]] == pointers


@pytest.mark.parametrize(("unknown", "hint"), [("zzz", "Known: "), ("callr", "Did you mean"), ("wiat", "'wait'")])
def test_what_run_batch_knows_by_its_refusals_is_what_a_client_may_say(unknown: str, hint: str) -> None:
    answer = called(FakeExecutions(answering()), "run_batch", {"calls": BATCH, unknown: 1})
    (detail,) = answer.meta["tool-executor/envelope"]["details"]
    assert hint in detail["hint"]
    assert "caller" not in answer.content[0].text


def test_a_batch_need_not_be_waited_for() -> None:
    executions = FakeExecutions(raising(AssertionError("it was waited for")))
    answer = called(executions, "run_batch", {"calls": BATCH, "wait": False})
    assert answer.structured_content["status"] == "running"
    assert executions.left == [answer.structured_content["execution_id"]]


def test_where_this_process_runs_executions_none_can_be_left() -> None:
    executions = FakeExecutions(answering({}, {}), can_be_left=False)
    answer = called(executions, "run_batch", {"calls": BATCH, "wait": False})
    assert (answer.is_error, executions.requests, executions.left) == (True, [], [])


def test_an_execution_is_told_whole_or_one_call_of_it() -> None:
    results = [{**FAILED.to_json(), "call_id": call_id} for call_id in ("c1", "c2")]
    output = {"execution_id": "e-1", "correlation_id": "k", "status": "failed", "results": results}
    executions = FakeExecutions(answering(), outputs={"e-1": output})
    assert called(executions, "get_execution", {"execution_id": "e-1"}).structured_content == output
    one = called(executions, "get_execution", {"execution_id": "e-1", "call_id": "c2"}).structured_content
    assert [told["call_id"] for told in one["results"]] == ["c2"]
