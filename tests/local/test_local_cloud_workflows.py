"""The interpreter at work: Map at scale, retries, events of executions, an empty cloud's stacks."""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local_cloud.small_cloud import FUNCTION, SmallCloud, small_cloud, states, task
from tests.unit.local_cloud.small_stack import ROLE, TABLE, template

__all__ = ["small_cloud"]

pytestmark = pytest.mark.xdist_group("small-cloud")


def each(iteration: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A machine that maps `items` of its input, with the input's `common` beside each."""
    return states(
        Each={
            "Type": "Map",
            "Items": "{% [$states.input.items] %}",
            "ItemSelector": {
                "item": "{% $states.context.Map.Item.Value %}",
                "index": "{% $states.context.Map.Item.Index %}",
                "common": "{% $states.input.common %}",
            },
            "ItemProcessor": iteration,
            "End": True,
            **fields,
        }
    )


def one(state: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": "Item", "States": {"Item": state}}


def timed(cloud: SmallCloud, machine: str, count: int) -> float:
    """Seconds a call of a Map over that many no-op calls."""
    items = [{"i": number, "text": 'a "quoted" \\ text'} for number in range(count)]
    described = cloud.wait(cloud.start(machine, {"items": items, "common": {"x": None}}))
    assert described["status"] == "SUCCEEDED", described
    assert [result["item"] for result in json.loads(described["output"])] == items
    elapsed: float = (described["stopDate"] - described["startDate"]).total_seconds()
    return elapsed / count


def test_a_map_of_250_calls_grows_linearly_and_keeps_the_order(small_cloud: SmallCloud) -> None:
    machine = small_cloud.machine(each(one(task()), MaxConcurrency=10))
    timed(small_cloud, machine, 50)  # warm workers
    best = {25: float("inf"), 250: float("inf")}
    for _ in range(4):  # other programs may disturb a round; time that grows with the square would show in each
        best = {count: min(seconds, timed(small_cloud, machine, count)) for count, seconds in best.items()}
        if best[250] <= 1.5 * best[25]:
            return
    raise AssertionError(best)


def test_a_map_of_1500_items_one_at_a_time_ends(small_cloud: SmallCloud) -> None:
    machine = each(one({"Type": "Pass", "Output": "{% $states.input.index %}", "End": True}), MaxConcurrency=1)
    described = small_cloud.run(machine, {"items": list(range(1500)), "common": "x" * 1000})
    assert json.loads(described["output"]) == list(range(1500))


def test_iterations_do_not_see_each_others_changes(small_cloud: SmallCloud) -> None:
    change = {"Type": "Pass", "Output": "{% $merge([$states.input, {'common': $states.input.index}]) %}", "End": True}
    described = small_cloud.run(each(one(change), MaxConcurrency=5), {"items": list(range(20)), "common": {"a": [1]}})
    assert [result["common"] for result in json.loads(described["output"])] == list(range(20))


def test_a_failed_iteration_fails_the_map_unless_it_is_caught(small_cloud: SmallCloud) -> None:
    fail = one({"Type": "Fail", "Error": "Mine", "Cause": "{% 'item ' & $states.input.item %}"})
    assert small_cloud.run(each(fail), {"items": ["a"], "common": 1})["error"] == "Mine"
    catch = [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput.Error %}", "Next": "Caught"}]
    machine = each(fail, Catch=catch)
    machine["States"]["Caught"] = {"Type": "Pass", "End": True}
    assert json.loads(small_cloud.run(machine, {"items": ["a"], "common": 1})["output"]) == "Mine"


def test_retries_are_counted_for_each_iteration_and_really_wait(small_cloud: SmallCloud) -> None:
    retry = [{"ErrorEquals": ["ValueError"], "IntervalSeconds": 1, "MaxAttempts": 2, "BackoffRate": 1}]
    catch = [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.context.State.RetryCount %}", "Next": "Done"}]
    iteration = one({**task({"do": "raise"}), "Retry": retry, "Catch": catch})
    iteration["States"]["Done"] = {"Type": "Pass", "End": True}
    machine = small_cloud.machine(each(iteration, MaxConcurrency=8))
    execution = small_cloud.start(machine, {"items": list(range(8)), "common": 1})
    described = small_cloud.wait(execution)
    assert json.loads(described["output"]) == [2] * 8
    assert [event["type"] for event in small_cloud.history(execution)].count("TaskScheduled") == 24
    assert (described["stopDate"] - described["startDate"]).total_seconds() > 2


def test_executions_at_once_do_not_disturb_each_other(small_cloud: SmallCloud) -> None:
    machine = small_cloud.machine(each(one(task()), MaxConcurrency=3))

    def run(number: int) -> list[int]:
        execution = small_cloud.start(machine, {"items": [number] * 6, "common": number})
        return [result["common"] for result in json.loads(small_cloud.wait(execution)["output"])]

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(run, range(6))) == [[number] * 6 for number in range(6)]


def status_event(cloud: SmallCloud, name: str, seconds: float) -> dict[str, Any] | None:
    """The status event that the rule delivered for an execution, as the function stored it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = cloud.client("dynamodb").get_item(TableName=TABLE, Key={"id": {"S": name}}).get("Item")
        if found:
            event: dict[str, Any] = json.loads(found["event"]["S"])
            return event
        time.sleep(0.05)
    return None


def test_a_failed_execution_is_told_to_the_stacks_rule(small_cloud: SmallCloud) -> None:
    name = uuid.uuid4().hex
    machine = small_cloud.machine(states(Fail={"Type": "Fail", "Error": "Mine", "Cause": "on purpose"}))
    execution = small_cloud.start(machine, {"a": 1}, name=name)
    event = status_event(small_cloud, name, 15)
    assert event is not None
    assert (event["source"], event["detail-type"]) == ("aws.states", "Step Functions Execution Status Change")
    expected = {
        "executionArn": execution,
        "stateMachineArn": machine,
        "name": name,
        "status": "FAILED",
        "input": '{"a": 1}',
        "output": None,
        "error": "Mine",
        "cause": "on purpose",
    }
    assert expected.items() <= event["detail"].items()


def test_a_stopped_execution_is_told_and_a_successful_one_is_not(small_cloud: SmallCloud) -> None:
    stopped, succeeded = uuid.uuid4().hex, uuid.uuid4().hex
    machine = small_cloud.machine(states(Wait={"Type": "Wait", "Seconds": "{% $states.input %}", "End": True}))
    small_cloud.wait(small_cloud.start(machine, 0, name=succeeded))
    running = small_cloud.start(machine, 60, name=stopped)
    time.sleep(0.2)
    small_cloud.client("stepfunctions").stop_execution(executionArn=running)
    event = status_event(small_cloud, stopped, 15)
    assert event is not None
    assert event["detail"]["status"] == "ABORTED"
    assert status_event(small_cloud, succeeded, 0.5) is None


def test_a_functions_code_sees_the_cloud_it_runs_in(small_cloud: SmallCloud) -> None:
    key = uuid.uuid4().hex
    assert small_cloud.invoke({"do": "write", "id": key}).get("FunctionError") is None
    assert "Item" in small_cloud.client("dynamodb").get_item(TableName=TABLE, Key={"id": {"S": key}})


def test_a_failed_stack_says_why_and_can_be_removed(small_cloud: SmallCloud) -> None:
    client, name = small_cloud.client("cloudformation"), f"s-{uuid.uuid4().hex[:8]}"
    broken = {"Resources": {"Function": template()["Resources"]["Function"]}}
    broken["Resources"]["Function"]["Properties"] |= {"FunctionName": name, "Role": "arn:aws:iam::1:role/nobody"}
    client.create_stack(StackName=name, TemplateBody=json.dumps(broken))
    assert client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "ROLLBACK_COMPLETE"
    reasons = [
        event.get("ResourceStatusReason") for event in client.describe_stack_events(StackName=name)["StackEvents"]
    ]
    assert any(reason and "role" in reason for reason in reasons)
    client.delete_stack(StackName=name)
    with pytest.raises(ClientError):
        client.describe_stacks(StackName=name)


def test_a_change_set_makes_a_stack_with_outputs(small_cloud: SmallCloud) -> None:
    client, name = small_cloud.client("cloudformation"), f"s-{uuid.uuid4().hex[:8]}"
    small = {
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}}},
        "Outputs": {"Name": {"Value": {"Fn::GetAtt": ["Queue", "QueueName"]}}},
    }
    client.create_change_set(
        StackName=name, ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=json.dumps(small)
    )
    client.execute_change_set(StackName=name, ChangeSetName="first")
    stack = client.describe_stacks(StackName=name)["Stacks"][0]
    assert (stack["StackStatus"], stack["Outputs"][0]["OutputValue"]) == ("CREATE_COMPLETE", name)


def test_an_updated_stack_runs_the_new_definition(small_cloud: SmallCloud) -> None:
    client, name = small_cloud.client("cloudformation"), f"s-{uuid.uuid4().hex[:8]}"

    def saying(word: str) -> str:
        output = {"Type": "Pass", "Output": "{% '${Word}' %}", "End": True}
        machine = {
            "StateMachineName": name,
            "RoleArn": ROLE,
            "DefinitionString": json.dumps(states(Say=output)),
            "DefinitionSubstitutions": {"Word": word},
        }
        return json.dumps({"Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": machine}}})

    client.create_stack(StackName=name, TemplateBody=saying("first"))
    machines = small_cloud.client("stepfunctions").list_state_machines()["stateMachines"]
    (arn,) = [machine["stateMachineArn"] for machine in machines if machine["name"] == name]
    assert json.loads(small_cloud.wait(small_cloud.start(arn, {}))["output"]) == "first"
    client.update_stack(StackName=name, TemplateBody=saying("second"))
    assert json.loads(small_cloud.wait(small_cloud.start(arn, {}))["output"]) == "second"


def test_changed_code_runs_after_an_update(small_cloud: SmallCloud) -> None:
    def code(text: str) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("tool.py", text)
        return buffer.getvalue()

    client, name = small_cloud.client("lambda"), f"f-{uuid.uuid4().hex[:8]}"
    role = client.get_function(FunctionName=FUNCTION)["Configuration"]["Role"]
    handler = "def lambda_handler(event, context):\n    return {}\n"
    client.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=role,
        Handler="tool.lambda_handler",
        Code={"ZipFile": code(handler.format(1))},
    )
    assert json.loads(client.invoke(FunctionName=name)["Payload"].read()) == 1
    client.update_function_code(FunctionName=name, ZipFile=code(handler.format(2)))
    assert json.loads(client.invoke(FunctionName=name)["Payload"].read()) == 2
