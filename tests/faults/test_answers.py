"""Functions that answer something else than a tool group does: a foreign function, a broken runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.faulty_cloud import lambda_fault, ledger_call
from tool_executor.errors import ExecutionFailedError
from tool_executor.local.faults import FaultKind

if TYPE_CHECKING:
    from tests.faults.faulty_cloud import FaultyCloud
    from tests.faults.oracle import Oracle

ANSWERS = ("null", '"done"', "[]", "{}", '{"call_id": "another"}', '{"statusCode": 200, "body": "{}"}')
NO_JSON = ("<html>", "", "NaN")


def test_an_answer_without_a_record_is_no_success(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(*[ledger_call("add_line") for _ in ANSWERS], ledger_call("look"), ledger_call("put_line"))
    faults = [
        lambda_fault(FaultKind.STAND_IN, run, f'"call_id":"c{number}"', answer=answer, times=None)
        for number, answer in enumerate([*ANSWERS, "null"], start=1)
    ]
    cloud.program(*faults)
    *added, looked, sibling = oracle.judge(run, cloud.outcome(run))
    told = {(call["status"], call["error_code"], call["effect"], call["attempts"]) for call in added}
    assert told == {("failed", "BadToolResponse", "unknown", 1)}
    assert (looked["error_code"], looked["effect"], looked["attempts"]) == ("BadToolResponse", "none", 1)
    assert sibling["status"] == "success"


def test_a_record_outweighs_what_its_function_answers(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(*[ledger_call("add_line") for _ in ANSWERS])
    faults = [
        lambda_fault(FaultKind.GARBLE_ANSWER, run, f'"call_id":"c{number}"', answer=answer)
        for number, answer in enumerate(ANSWERS, start=1)
    ]
    cloud.program(*faults)
    calls = oracle.judge(run, cloud.outcome(run))
    assert {(call["status"], call["attempts"]) for call in calls} == {("success", 1)}


@pytest.mark.parametrize("answer", NO_JSON)
def test_an_answer_that_is_no_json_ends_the_execution_and_leaves_no_call_open(
    cloud: FaultyCloud, oracle: Oracle, answer: str
) -> None:
    """What Step Functions calls this is not documented; the local cloud takes the strictest: nothing catches it."""
    run = cloud.request(ledger_call("add_line"), ledger_call("put_line", line={"waits": True}), max_concurrency=2)
    cloud.program(lambda_fault(FaultKind.GARBLE_ANSWER, run, '"call_id":"c1"', answer=answer))
    execution = cloud.start(run)
    with pytest.raises(ExecutionFailedError):
        cloud.output(execution)
    run.release()
    cloud.until(lambda: "open" not in cloud.history.execution(run.execution_id)[0])
    added, other = oracle.judge(run)
    assert (added["status"], added["attempts"]) == ("success", 1)
    assert other["status"] in {"success", "failed"}
