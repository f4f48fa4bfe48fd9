"""A Distributed Map on the local cloud: children of their own, JSON Lines in and out, AWS's limits and words."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local_cloud.small_cloud import SmallCloud, small_cloud, states, task
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["small_cloud"]

pytestmark = pytest.mark.xdist_group("small-cloud")

BUCKET = "maps"
FAIL_IF_ASKED = {
    "Judge": {
        "Type": "Choice",
        "Choices": [{"Condition": "{% $states.input.fail %}", "Next": "Bad"}],
        "Default": "Good",
    },
    "Bad": {"Type": "Fail", "Error": "Asked", "Cause": "{% 'item ' & $string($states.input.n) %}"},
    "Good": {"Type": "Succeed", "Output": {"n": "{% $states.input.n * 10 %}"}},
}


def put_lines(cloud: SmallCloud, lines: Sequence[str]) -> str:
    s3 = cloud.client("s3")
    if BUCKET not in {each["Name"] for each in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=BUCKET)
    key = f"{uuid.uuid4()}.jsonl"
    s3.put_object(Bucket=BUCKET, Key=key, Body="\n".join(lines).encode())
    return key


def items(count: int, failing: Sequence[int] = ()) -> list[str]:
    return [json.dumps({"n": n, "fail": n in failing}) for n in range(count)]


def map_state(processor: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    return {
        "Type": "Map",
        "Label": "Items",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSONL"},
            "Arguments": {"Bucket": BUCKET, "Key": "{% $states.input.key %}"},
        },
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            **(processor or {"StartAt": "Judge", "States": FAIL_IF_ASKED}),
        },
        "MaxConcurrency": "{% $states.input.at_once %}",
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "WriterConfig": {"OutputType": "JSONL", "Transformation": "COMPACT"},
            "Arguments": {"Bucket": BUCKET, "Prefix": "{% 'results/' & $states.input.key %}"},
        },
        "End": True,
        **fields,
    }


def run_map(cloud: SmallCloud, lines: Sequence[str], state: dict[str, Any], **more: Any) -> dict[str, Any]:
    machine = cloud.machine(states(Each=state, **more))
    return cloud.wait(cloud.start(machine, {"key": put_lines(cloud, lines), "at_once": 5}))


def map_run_of(cloud: SmallCloud, execution: str) -> dict[str, Any]:
    client = cloud.client("stepfunctions")
    (listed,) = client.list_map_runs(executionArn=execution)["mapRuns"]
    described: dict[str, Any] = client.describe_map_run(mapRunArn=listed["mapRunArn"])
    return described


def written(cloud: SmallCloud, output: dict[str, Any]) -> dict[str, list[Any]]:
    """The manifest's files by status, each line read."""
    s3, place = cloud.client("s3"), output["ResultWriterDetails"]
    manifest = json.loads(s3.get_object(Bucket=place["Bucket"], Key=place["Key"])["Body"].read())
    assert manifest["DestinationBucket"] == BUCKET
    assert manifest["MapRunArn"] == output["MapRunArn"]
    lines: dict[str, list[Any]] = {}
    for status, files in manifest["ResultFiles"].items():
        bodies = [s3.get_object(Bucket=BUCKET, Key=file["Key"])["Body"].read() for file in files]
        assert [len(body) for body in bodies] == [file["Size"] for file in files]
        assert all(file["Key"].endswith(f"{status}_0.jsonl") for file in files)
        lines[status] = [json.loads(line) for body in bodies for line in body.splitlines()]
    return lines


def test_each_line_is_a_child_execution_of_its_own_and_its_output_a_line_in_s3(small_cloud: SmallCloud) -> None:
    described = run_map(small_cloud, items(12), map_state())
    output = json.loads(described["output"])
    client = small_cloud.client("stepfunctions")
    pages = client.get_paginator("list_executions").paginate(
        mapRunArn=output["MapRunArn"], PaginationConfig={"PageSize": 5}
    )
    children = [child for page in pages for child in page["executions"]]
    first = client.describe_execution(executionArn=children[0]["executionArn"])
    history = client.get_execution_history(executionArn=children[0]["executionArn"])["events"]

    assert written(small_cloud, output)["FAILED"] == []
    assert sorted(line["n"] for line in written(small_cloud, output)["SUCCEEDED"]) == [n * 10 for n in range(12)]
    assert len({child["name"] for child in children}) == 12
    assert {child["status"] for child in children} == {"SUCCEEDED"}
    assert first["stateMachineArn"] == f"{described['stateMachineArn']}/Items"
    assert json.loads(first["output"])["n"] == json.loads(first["input"])["n"] * 10
    assert [event["type"] for event in history][:2] == ["ExecutionStarted", "ChoiceStateEntered"]


def test_a_map_run_counts_items_and_executions(small_cloud: SmallCloud) -> None:
    described = run_map(small_cloud, items(10, failing=[3]), map_state(ToleratedFailurePercentage=50))
    run = map_run_of(small_cloud, described["executionArn"])

    assert run["status"] == "SUCCEEDED"
    assert (run["maxConcurrency"], run["toleratedFailurePercentage"]) == (5, 50)
    for counts in (run["itemCounts"], run["executionCounts"]):
        assert {name: count for name, count in counts.items() if count} == {
            "succeeded": 9,
            "failed": 1,
            "total": 10,
            "resultsWritten": 10,
        }


def test_one_failure_more_than_is_tolerated_ends_the_map_and_says_so(small_cloud: SmallCloud) -> None:
    caught = {"Type": "Pass", "End": True}
    catch = [
        {
            "ErrorEquals": ["States.ExceedToleratedFailureThreshold"],
            "Output": "{% $states.errorOutput %}",
            "Next": "Caught",
        }
    ]
    tolerant = map_state(ToleratedFailurePercentage=20, Catch=catch)

    assert "MapRunArn" in run_map(small_cloud, items(10, failing=[1, 2]), tolerant, Caught=caught)["output"]
    described = run_map(small_cloud, items(10, failing=[1, 2, 3]), tolerant, Caught=caught)
    assert json.loads(described["output"])["Error"] == "States.ExceedToleratedFailureThreshold"
    assert map_run_of(small_cloud, described["executionArn"])["status"] == "FAILED"


def test_what_failed_is_told_whole_in_the_results(small_cloud: SmallCloud) -> None:
    described = run_map(small_cloud, items(3, failing=[1]), map_state(ToleratedFailureCount=1))
    (failed,) = written(small_cloud, json.loads(described["output"]))["FAILED"]

    assert (failed["Status"], failed["Error"], failed["Cause"]) == ("FAILED", "Asked", "item 1")
    assert json.loads(failed["Input"])["n"] == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [("{broken", "no JSON"), (json.dumps({"n": 1, "fail": False, "x": "y" * 262_144}), "larger than 262144 bytes")],
)
def test_a_line_that_is_no_item_fails_the_map(small_cloud: SmallCloud, line: str, said: str) -> None:
    described = run_map(small_cloud, [*items(1), line], map_state())

    assert (described["status"], described["error"]) == ("FAILED", "States.ItemReaderFailed")
    assert said in described["cause"]


def test_a_file_that_is_not_there_fails_the_map(small_cloud: SmallCloud) -> None:
    put_lines(small_cloud, [])
    machine = small_cloud.machine(states(Each=map_state()))
    described = small_cloud.wait(small_cloud.start(machine, {"key": "nowhere", "at_once": 1}))

    assert described["error"] == "States.ItemReaderFailed"


@pytest.mark.parametrize("at_once", [10_001, -1, "many", 1.5])
def test_a_concurrency_that_aws_refuses_is_refused(small_cloud: SmallCloud, at_once: Any) -> None:
    machine = small_cloud.machine(states(Each=map_state()))
    execution = small_cloud.start(machine, {"key": put_lines(small_cloud, items(1)), "at_once": at_once})

    assert small_cloud.wait(execution)["error"] == "States.QueryEvaluationError"


def test_no_more_children_run_at_once_than_the_map_allows_and_stopping_it_stops_them(small_cloud: SmallCloud) -> None:
    waiting = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 30, "End": True}}}
    machine = small_cloud.machine(states(Each=map_state(waiting)))
    execution = small_cloud.start(machine, {"key": put_lines(small_cloud, items(9)), "at_once": 4})
    client = small_cloud.client("stepfunctions")
    until(lambda: bool(client.list_map_runs(executionArn=execution)["mapRuns"]), look_each=0.02)
    until(lambda: map_run_of(small_cloud, execution)["executionCounts"]["running"] >= 4, look_each=0.02)
    before = map_run_of(small_cloud, execution)["itemCounts"]
    client.stop_execution(executionArn=execution)
    until(lambda: map_run_of(small_cloud, execution)["status"] != "RUNNING", look_each=0.02)
    run = map_run_of(small_cloud, execution)
    stopped = client.list_executions(mapRunArn=run["mapRunArn"], statusFilter="ABORTED")["executions"]

    assert (before["running"], before["pending"]) == (4, 5)
    assert small_cloud.wait(execution)["status"] == "ABORTED"
    assert run["status"] == "ABORTED"
    assert run["itemCounts"]["aborted"] == 9
    assert len(stopped) == 4


def test_the_context_inside_a_child_is_the_childs_own(small_cloud: SmallCloud) -> None:
    named = {"Type": "Pass", "Output": {"name": "{% $states.context.Execution.Name %}"}, "End": True}
    described = run_map(small_cloud, items(2), map_state({"StartAt": "Named", "States": {"Named": named}}))
    lines = written(small_cloud, json.loads(described["output"]))["SUCCEEDED"]

    assert len({line["name"] for line in lines} - {described["name"]}) == 2


def test_an_item_selector_sees_the_item_and_its_place(small_cloud: SmallCloud) -> None:
    selector = {
        "n": "{% $states.context.Map.Item.Value.n + 100 * $states.context.Map.Item.Index %}",
        "fail": False,
    }
    described = run_map(small_cloud, items(3), map_state(ItemSelector=selector))
    lines = written(small_cloud, json.loads(described["output"]))["SUCCEEDED"]

    assert sorted(line["n"] for line in lines) == [0, 1010, 2020]


def test_children_run_tasks_and_their_failures_are_theirs(small_cloud: SmallCloud) -> None:
    tasked = {"StartAt": "Run", "States": {"Run": task("{% $states.input %}")}}
    lines = [json.dumps({"do": "echo"}), json.dumps({"do": "raise"})]
    described = run_map(small_cloud, lines, map_state(tasked, ToleratedFailurePercentage=50))
    found = written(small_cloud, json.loads(described["output"]))

    assert (len(found["SUCCEEDED"]), len(found["FAILED"])) == (1, 1)


def test_express_children_run_as_such_and_cannot_be_looked_up(small_cloud: SmallCloud) -> None:
    express = map_state()
    express["ItemProcessor"]["ProcessorConfig"]["ExecutionType"] = "EXPRESS"
    described = run_map(small_cloud, items(3), express)
    output = json.loads(described["output"])
    client = small_cloud.client("stepfunctions")
    children = client.list_executions(mapRunArn=output["MapRunArn"])["executions"]

    assert sorted(line["n"] for line in written(small_cloud, output)["SUCCEEDED"]) == [0, 10, 20]
    assert all(":express:" in child["executionArn"] for child in children)
    with pytest.raises(ClientError):
        client.describe_execution(executionArn=children[0]["executionArn"])


def test_what_this_cloud_cannot_do_is_refused_when_the_machine_is_made(small_cloud: SmallCloud) -> None:
    with pytest.raises(ClientError) as raised:
        small_cloud.machine(states(Each=map_state(ItemBatcher={"MaxItemsPerBatch": 10})))

    assert "ItemBatcher" in str(raised.value)
