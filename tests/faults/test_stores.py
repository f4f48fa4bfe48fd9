"""What DynamoDB and S3 may do to an execution: refuse, apply and deny it, lose, corrupt; and results of all sizes."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.faulty_cloud import (
    ATTEMPT_BEGINS,
    ATTEMPT_SUCCEEDS,
    FAILURE_IS_RECORDED,
    FINISHER,
    PLANNER,
    lambda_fault,
    ledger_call,
    store_fault,
)
from tool_contract import strict_json
from tool_executor.local.faults import FaultKind
from tool_executor.local.stack_deploy import client_maker

if TYPE_CHECKING:
    from tests.faults.faulty_cloud import FaultyCloud, Run
    from tests.faults.oracle import Oracle

UPDATE = "dynamodb.UpdateItem"
#: The runtime's clients try four times.
EVERY_TRY = 4


@pytest.mark.parametrize("kind", [FaultKind.FAIL_BEFORE, FaultKind.FAIL_AFTER, FaultKind.DROP_ANSWER])
@pytest.mark.parametrize("write", [ATTEMPT_BEGINS, ATTEMPT_SUCCEEDS])
def test_a_write_that_fails_once_or_is_only_said_to_have_failed_costs_nothing(
    cloud: FaultyCloud, oracle: Oracle, kind: FaultKind, write: str
) -> None:
    run = cloud.request(ledger_call("add_line"))
    cloud.program(store_fault(kind, run, UPDATE, write))
    (call,) = oracle.judge(run, cloud.outcome(run))
    assert (call["status"], call["attempts"], run.lines("c1")) == ("success", 1, 1)


def test_a_throttled_write_is_repeated(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("add_line"))
    cloud.program(store_fault(FaultKind.THROTTLE, run, UPDATE, times=2))
    (call,) = oracle.judge(run, cloud.outcome(run))
    assert (call["status"], call["attempts"]) == ("success", 1)


def test_without_its_record_an_attempt_begins_nothing(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("add_line", max_retries=0))
    cloud.program(store_fault(FaultKind.FAIL_BEFORE, run, UPDATE, ATTEMPT_BEGINS, times=None))
    (call,) = oracle.judge(run, cloud.outcome(run))
    assert (call["error_code"], call["effect"], run.lines("c1")) == ("HistoryUnavailable", "none", 0)


def test_a_result_that_its_record_does_not_take_is_written_there_by_finish(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(
        ledger_call("add_line"),
        ledger_call("look", line={"answer_size": 20_000}),
        ledger_call("put_line", line={"trouble": "refuses_input"}),
    )
    run.request["mode"] = "sequence"  # its end by a failure tells Finish nothing of the calls before
    cloud.program(store_fault(FaultKind.FAIL_BEFORE, run, UPDATE, ATTEMPT_SUCCEEDS, times=None))
    output = cloud.outcome(run)
    add, look, refused = oracle.judge(run, output)
    assert [(call["status"], call["attempts"]) for call in (add, look)] == [("success", 1)] * 2
    assert [envelope["result"]["text"] for envelope in output["results"][:2]] == ["c1", "c2"]
    assert (refused["error_code"], run.lines("c1"), run.lines("c2")) == ("InvalidInput", 1, 1)


def test_a_result_that_nothing_takes_is_unknown_and_run_again_by_the_marks_alone(
    cloud: FaultyCloud, oracle: Oracle
) -> None:
    run = cloud.request(ledger_call("put_line", max_retries=1), ledger_call("add_line", max_retries=1))
    lost = partial(store_fault, FaultKind.FAIL_BEFORE, run, UPDATE, ATTEMPT_SUCCEEDS, times=EVERY_TRY)
    refused = store_fault(FaultKind.FAIL_BEFORE, run, "s3.PUT", "/outcome-", times=None)
    cloud.program(lost('"c1"'), lost('"c2"'), refused)
    put, add = oracle.judge(run, cloud.outcome(run))
    assert (put["status"], put["attempts"], run.lines("c1")) == ("success", 2, 2)
    assert (add["error_code"], add["effect"], run.lines("c2")) == ("HistoryUnavailable", "unknown", 1)


def test_a_failure_that_the_workflow_cannot_write_down_is_written_by_finish(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("put_line", line={"trouble": "refuses_input"}), ledger_call("look"))
    cloud.program(store_fault(FaultKind.FAIL_BEFORE, run, UPDATE, FAILURE_IS_RECORDED, times=None))
    refused, sibling = oracle.judge(run, cloud.outcome(run))
    assert (refused["status"], refused["error_code"], refused["attempts"]) == ("failed", "InvalidInput", 1)
    assert sibling["status"] == "success"


@pytest.mark.parametrize(
    ("operation", "of_the_execution"),
    [("dynamodb.PutItem", "dynamodb.PutItem"), (UPDATE, "dynamodb.TransactWriteItems")],
    ids=["beginnings", "ends"],
)
def test_every_write_may_lose_its_acknowledgement(
    cloud: FaultyCloud, oracle: Oracle, operation: str, of_the_execution: str
) -> None:
    run = cloud.request(
        ledger_call("add_line"), ledger_call("put_line", line={"trouble": "unavailable"}, max_retries=0)
    )
    lost = partial(store_fault, FaultKind.FAIL_AFTER, run)
    cloud.program(lost(of_the_execution, '"#execution"'), lost(operation, '"c1"'), lost(operation, '"c2"'))
    added, failed = oracle.judge(run, cloud.outcome(run))
    assert [fault["struck"] for fault in cloud.report()["faults"][:3]] == [1, 1, 1]
    assert (added["status"], added["attempts"]) == ("success", 1)
    assert (failed["status"], failed["error_code"]) == ("failed", "Unavailable")


def test_a_start_whose_acknowledgement_is_lost_starts_one_execution(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("add_line", line={"seconds": 0.5}))
    cloud.program(store_fault(FaultKind.DROP_ANSWER, run, "states.StartExecution"))
    (call,) = oracle.judge(run, cloud.outcome(run))
    assert (call["status"], len(cloud.invocations("-planner", run.execution_id))) == ("success", 1)


def test_a_second_plan_of_the_same_execution_changes_nothing(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("add_line"), ledger_call("look", line={"trouble": "refuses_input"}))
    cloud.program(lambda_fault(FaultKind.REPEAT, run, request=PLANNER))
    output = cloud.outcome(run)
    records = oracle.judge(run, output)
    event = cloud.invocations("-planner", run.execution_id)[0]["payload"]
    cloud.aws.functions.invoke(FunctionName=cloud.deployment.planner_function, Payload=event.encode())
    assert oracle.judge(run, output) == records
    assert len(cloud.invocations("-planner", run.execution_id)) == 3


def test_a_large_result_that_s3_refuses_is_unknown_and_not_repeated(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("add_line", line={"answer_size": 20_000}), ledger_call("look"))
    cloud.program(store_fault(FaultKind.FAIL_BEFORE, run, "s3.PUT", times=None))
    refused, sibling = oracle.judge(run, cloud.outcome(run))
    assert (refused["error_code"], refused["effect"], refused["attempts"]) == ("ResultStoreFailed", "unknown", 1)
    assert sibling["status"] == "success"


@pytest.mark.parametrize("code", ["ResultMissing", "ResultCorrupt"])
def test_an_input_that_s3_has_lost_or_changed_runs_nothing(cloud: FaultyCloud, oracle: Oracle, code: str) -> None:
    run = cloud.request(ledger_call("add_line", line={"answer_size": 1}, metadata={}))
    run.request["calls"][0]["input"]["line"]["file"] += "/" + "./" * 5_000
    cloud.program(lambda_fault(FaultKind.DELAY, run, seconds=60, until_file=str(run.release_file)))
    execution = cloud.start(run)
    _lose(cloud, run, "input", corrupt=code == "ResultCorrupt")
    run.release()
    (call,) = oracle.judge(run, cloud.output(execution))
    assert (call["status"], call["error_code"], call["attempts"]) == ("failed", code, 1)


@pytest.mark.parametrize("code", ["ResultMissing", "ResultCorrupt"])
def test_a_result_that_s3_has_lost_or_changed_stays_a_reference_that_tells(
    cloud: FaultyCloud, oracle: Oracle, code: str
) -> None:
    run = cloud.request(ledger_call("look", line={"answer_size": 20_000}), ledger_call("look"))
    cloud.program(lambda_fault(FaultKind.DELAY, run, request=FINISHER, seconds=1.5))
    execution = cloud.start(run)
    _lose(cloud, run, "result", corrupt=code == "ResultCorrupt")
    output = cloud.output(execution)
    oracle.judge(run, output)
    assert "result_ref" in output["results"][0]
    assert output["results"][1]["result"]["text"] == "c2"


def test_a_number_that_json_cannot_hold_says_where_it_stands(cloud: FaultyCloud, oracle: Oracle) -> None:
    run = cloud.request(ledger_call("add_line", line={"answers_nan": True}), ledger_call("look"))
    added, _ = oracle.judge(run, cloud.outcome(run))
    assert (added["status"], added["error_code"], added["effect"]) == ("failed", "NonFiniteResult", "unknown")
    assert "at /number: " in added["error"]


@pytest.mark.parametrize(("count", "size"), [(1, 300_000), (30, 12_000), (200, 5_000)])
def test_results_of_any_size_come_back_whole(cloud: FaultyCloud, oracle: Oracle, count: int, size: int) -> None:
    calls = [ledger_call("look", line={"answer_size": size}) for _ in range(count)]
    run = cloud.request(*calls, max_concurrency=40)
    output = cloud.outcome(run)
    oracle.judge(run, output)
    assert output["status"] == "succeeded"
    s3 = client_maker(str(cloud.aws.endpoint_url))("s3")
    for envelope in output["results"]:
        result = envelope.get("result") or _fetched(s3, envelope["result_ref"])
        assert (result["text"], result["padding"]) == (envelope["call_id"], "x" * size)


def _fetched(s3: Any, reference: dict[str, Any]) -> Any:
    body = s3.get_object(Bucket=reference["bucket"], Key=reference["key"])["Body"].read()
    assert (len(body), hashlib.sha256(body).hexdigest()) == (reference["bytes"], reference["sha256"])
    return strict_json.parse(body.decode())


def _lose(cloud: FaultyCloud, run: Run, name: str, *, corrupt: bool) -> None:
    """Wait for an artefact of the first call, then delete or change it."""
    s3, bucket = client_maker(str(cloud.aws.endpoint_url))("s3"), cloud.deployment.artifact_bucket
    prefix = f"executions/{run.execution_id}/c1/{name}"
    cloud.until(lambda: s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["KeyCount"] == 1)
    key = s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"][0]["Key"]
    if corrupt:
        s3.put_object(Bucket=bucket, Key=key, Body=b"{}")
    else:
        s3.delete_object(Bucket=bucket, Key=key)
