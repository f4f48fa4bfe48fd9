"""The local cloud refuses what AWS refuses, and in AWS's words."""

from __future__ import annotations

import json
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local_cloud.small_cloud import FUNCTION, MACHINE, SmallCloud, small_cloud, states, task
from tests.unit.local_cloud.small_stack import TABLE, TIMEOUT_SECONDS

__all__ = ["small_cloud"]

pytestmark = pytest.mark.xdist_group("small-cloud")

LIMIT = 262_144
CATCH_ALL = {"Catch": [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput %}", "Next": "Caught"}]}
CAUGHT = {"Type": "Pass", "End": True}


def small_machine(cloud: SmallCloud) -> str:
    machines = cloud.client("stepfunctions").list_state_machines()["stateMachines"]
    arn: str = next(machine["stateMachineArn"] for machine in machines if machine["name"] == MACHINE)
    return arn


def refused(action: Any) -> str:
    with pytest.raises(ClientError) as raised:
        action()
    code: str = raised.value.response["Error"]["Code"]
    return code


def catching(first: dict[str, Any], **named: dict[str, Any]) -> dict[str, Any]:
    return states(First={**first, **CATCH_ALL}, Caught=CAUGHT, **named)


def caught(cloud: SmallCloud, first: dict[str, Any], execution_input: Any = None) -> dict[str, Any]:
    """What a Catch for everything sees of a state's failure."""
    described = cloud.run(catching(first), execution_input)
    assert described["status"] == "SUCCEEDED", described
    output: dict[str, Any] = json.loads(described["output"])
    return output


# Executions: input, names, repetition


def text_input(size: int) -> str:
    """JSON text of exactly `size` bytes of UTF-8, and fewer characters."""
    head, tail = '{"do":"exit","x":"ü', '"}'
    return head + "x" * (size - len((head + tail).encode())) + tail


def test_an_input_may_hold_256_kib_counted_in_bytes(small_cloud: SmallCloud) -> None:
    sfn, machine = small_cloud.client("stepfunctions"), small_cloud.machine(states(Only=CAUGHT))
    started = sfn.start_execution(stateMachineArn=machine, input=text_input(LIMIT))
    assert small_cloud.wait(started["executionArn"])["status"] == "SUCCEEDED"
    over = text_input(LIMIT + 1)
    assert len(over) == LIMIT
    assert refused(lambda: sfn.start_execution(stateMachineArn=machine, input=over)) == "ValidationException"


@pytest.mark.parametrize("text", ["{", "", "NaN", '{"a": Infinity}', "{'a': 1}"])
def test_an_input_must_be_json(small_cloud: SmallCloud, text: str) -> None:
    sfn, machine = small_cloud.client("stepfunctions"), small_machine(small_cloud)
    assert refused(lambda: sfn.start_execution(stateMachineArn=machine, input=text)) == "InvalidExecutionInput"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("x" * 81, "ValidationException"),
        ("a b", "InvalidName"),
        ("a/b", "InvalidName"),
        ("a:b", "InvalidName"),
        ("a#b", "InvalidName"),
        ("a\u0007b", "InvalidName"),
        ("a\u2003b", "InvalidName"),
    ],
)
def test_names_keep_to_awss_rules(small_cloud: SmallCloud, name: str, code: str) -> None:
    sfn, machine = small_cloud.client("stepfunctions"), small_machine(small_cloud)
    assert refused(lambda: sfn.start_execution(stateMachineArn=machine, name=name, input="{}")) == code


def test_a_name_of_80_characters_and_no_name_at_all_are_taken(small_cloud: SmallCloud) -> None:
    machine = small_machine(small_cloud)
    named = small_cloud.start(machine, {}, name=uuid.uuid4().hex.ljust(80, "ü"))
    unnamed = small_cloud.start(machine, {})
    assert uuid.UUID(unnamed.rpartition(":")[2])
    assert {small_cloud.wait(one)["status"] for one in (named, unnamed)} == {"SUCCEEDED"}


def test_starting_the_same_execution_again_while_it_runs_changes_nothing(small_cloud: SmallCloud) -> None:
    machine, name = small_machine(small_cloud), uuid.uuid4().hex
    sleep = {"do": "sleep", "seconds": 1}
    with ThreadPoolExecutor(8) as pool:
        arns = set(pool.map(lambda _: small_cloud.start(machine, sleep, name=name), range(8)))
    (arn,) = arns
    assert refused(lambda: small_cloud.start(machine, {**sleep, "seconds": 2}, name=name)) == "ExecutionAlreadyExists"
    small_cloud.wait(arn)
    assert refused(lambda: small_cloud.start(machine, sleep, name=name)) == "ExecutionAlreadyExists"
    assert [event["type"] for event in small_cloud.history(arn)].count("ExecutionStarted") == 1


def test_a_stopped_execution_keeps_its_error_and_cause(small_cloud: SmallCloud) -> None:
    arn = small_cloud.start(small_cloud.machine(states(Wait={"Type": "Wait", "Seconds": 60, "End": True})), {})
    time.sleep(0.2)
    small_cloud.client("stepfunctions").stop_execution(executionArn=arn, error="Cancelled", cause="by a test")
    described = small_cloud.wait(arn, 5)
    assert (described["status"], described["error"], described["cause"]) == ("ABORTED", "Cancelled", "by a test")
    assert described["stopDate"] >= described["startDate"]


def test_stopping_an_execution_does_not_wait_for_its_function(small_cloud: SmallCloud) -> None:
    arn = small_cloud.start(small_cloud.machine(states(Only=task({"do": "sleep", "seconds": 2.5}))), {})
    time.sleep(0.3)
    small_cloud.client("stepfunctions").stop_execution(executionArn=arn)
    described = small_cloud.wait(arn, 1)
    assert described["status"] == "ABORTED"
    assert small_cloud.history(arn)[-1]["type"] == "ExecutionAborted"
    time.sleep(3)
    assert small_cloud.history(arn)[-1]["type"] == "ExecutionAborted"
    assert small_cloud.wait(arn)["status"] == "ABORTED"


def test_an_execution_out_of_time_does_not_wait_for_its_function(small_cloud: SmallCloud) -> None:
    started = time.monotonic()
    machine = {**states(Only=task({"do": "sleep", "seconds": 2.8})), "TimeoutSeconds": 1}
    arn = small_cloud.start(small_cloud.machine(machine), {})
    assert small_cloud.wait(arn)["status"] == "TIMED_OUT"
    assert 1 <= time.monotonic() - started < 2.3
    assert small_cloud.history(arn)[-1]["type"] == "ExecutionTimedOut"


def test_a_timed_out_execution_says_when(small_cloud: SmallCloud) -> None:
    machine = states(Wait={"Type": "Wait", "Seconds": 60, "End": True})
    described = small_cloud.run({**machine, "TimeoutSeconds": 1})
    assert described["status"] == "TIMED_OUT"
    assert described["stopDate"] >= described["startDate"]


# States: sizes, errors, whole numbers


def test_a_state_of_more_than_256_kib_is_terminal(small_cloud: SmallCloud) -> None:
    described = small_cloud.run(catching(task()), {"do": "big", "bytes": LIMIT + 100})
    assert (described["status"], described["error"]) == ("FAILED", "States.DataLimitExceeded")


def test_the_limit_is_exact_and_counts_bytes(small_cloud: SmallCloud) -> None:
    grow = states(Grow={"Type": "Pass", "Output": "{% $pad('ü', $states.input.characters, 'x') %}", "End": True})
    most = LIMIT - len('""') - 1  # one character is two bytes
    assert small_cloud.run(grow, {"characters": most})["status"] == "SUCCEEDED"
    assert small_cloud.run(grow, {"characters": most + 1})["error"] == "States.DataLimitExceeded"


def test_a_tasks_own_input_has_the_limit_too(small_cloud: SmallCloud) -> None:
    grown = task({"do": "exit", "x": "{% $pad('', 262144, 'x') %}"})
    assert small_cloud.run(catching(grown))["error"] == "States.DataLimitExceeded"


def test_a_map_iterations_input_has_the_limit_too(small_cloud: SmallCloud) -> None:
    machine = states(
        Each={
            "Type": "Map",
            "Items": [1],
            "ItemSelector": {"x": "{% $pad('', 262144, 'x') %}"},
            "ItemProcessor": {"StartAt": "Item", "States": {"Item": CAUGHT}},
            "End": True,
        }
    )
    assert small_cloud.run(machine)["error"] == "States.DataLimitExceeded"


def test_an_expression_that_fails_is_named_as_aws_names_it_and_can_be_caught(small_cloud: SmallCloud) -> None:
    failed = caught(small_cloud, task("{% $states.input.nothing %}"))
    assert failed["Error"] == "States.QueryEvaluationError"
    assert "$states.input.nothing" in failed["Cause"]
    by_name = task("{% 1 + 'x' %}", Catch=[{"ErrorEquals": ["States.QueryEvaluationError"], "Next": "Caught"}])
    assert small_cloud.run(states(First=by_name, Caught=CAUGHT))["status"] == "SUCCEEDED"


@pytest.mark.parametrize("seconds", ["1.5", "'1'", "-1", "true", "100000000"])
def test_a_wait_takes_whole_seconds(small_cloud: SmallCloud, seconds: str) -> None:
    described = small_cloud.run(states(Wait={"Type": "Wait", "Seconds": f"{{% {seconds} %}}", "End": True}))
    assert (described["status"], described["error"]) == ("FAILED", "States.QueryEvaluationError")


def test_a_wait_waits(small_cloud: SmallCloud) -> None:
    described = small_cloud.run(states(Wait={"Type": "Wait", "Seconds": "{% 2.0 / 2 %}", "End": True}))
    assert described["status"] == "SUCCEEDED"
    assert 1.0 <= (described["stopDate"] - described["startDate"]).total_seconds() < 2.5


@pytest.mark.parametrize("seconds", ["0", "1.5", "'2'"])
def test_a_tasks_timeout_takes_whole_positive_seconds(small_cloud: SmallCloud, seconds: str) -> None:
    failed = caught(small_cloud, task(TimeoutSeconds=f"{{% {seconds} %}}"))
    assert failed["Error"] == "States.QueryEvaluationError"


def test_a_task_that_takes_too_long_times_out_and_its_function_runs_on(small_cloud: SmallCloud) -> None:
    sleeping = task({"do": "sleep", "seconds": 2}, TimeoutSeconds=1)
    assert caught(small_cloud, sleeping)["Error"] == "States.Timeout"


@pytest.mark.parametrize("condition", ["1", "'true'", "null"])
def test_a_condition_must_be_boolean(small_cloud: SmallCloud, condition: str) -> None:
    choose = {"Type": "Choice", "Choices": [{"Condition": f"{{% {condition} %}}", "Next": "End"}], "Default": "End"}
    described = small_cloud.run(states(Choose=choose, End=CAUGHT))
    assert described["error"] == "States.QueryEvaluationError"


def test_a_cause_must_be_text(small_cloud: SmallCloud) -> None:
    described = small_cloud.run(states(Fail={"Type": "Fail", "Error": "Mine", "Cause": "{% {'a': 1} %}"}))
    assert described["error"] == "States.QueryEvaluationError"


def test_a_time_of_the_context_is_written_as_aws_writes_it(small_cloud: SmallCloud) -> None:
    output = "{% [$states.context.Execution.StartTime, $states.context.State.EnteredTime] %}"
    described = small_cloud.run(states(Only={"Type": "Pass", "Output": output, "End": True}))
    for moment in json.loads(described["output"]):
        assert len(moment) == len("2026-11-20T10:00:00.000Z")
        assert moment.endswith("Z")


def test_the_result_is_not_there_where_a_failure_is_caught(small_cloud: SmallCloud) -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Output": "{% $exists($states.result) %}", "Next": "Caught"}]
    described = small_cloud.run(states(First=task({"do": "raise"}, Catch=catch), Caught=CAUGHT))
    assert json.loads(described["output"]) is False


# Lambda


@pytest.mark.parametrize("what", ["nan", "bytes"])
def test_what_is_no_json_from_a_function_fails_the_execution(small_cloud: SmallCloud, what: str) -> None:
    described = small_cloud.run(catching(task()), {"do": what})
    assert (described["status"], described["error"]) == ("FAILED", "States.Runtime")


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ({"do": "raise"}, "ValueError"),
        ({"do": "exit", "status": 1}, "Runtime.ExitError"),
        ({"do": "sleep", "seconds": TIMEOUT_SECONDS + 30}, "Sandbox.Timedout"),
        ({"do": "big", "bytes": 7_000_000}, "Function.ResponseSizeTooLarge"),
    ],
)
def test_a_functions_failure_reaches_catch_under_lambdas_name(
    small_cloud: SmallCloud, event: dict[str, Any], error: str
) -> None:
    failed = caught(small_cloud, task(), event)
    assert failed["Error"] == error
    assert json.loads(failed["Cause"])["errorType"] == error


def test_an_unknown_function_is_lambdas_resource_not_found(small_cloud: SmallCloud) -> None:
    missing = task()
    missing["Arguments"] = {"FunctionName": "nobody", "Payload": {}}
    assert caught(small_cloud, missing)["Error"] == "Lambda.ResourceNotFoundException"


def test_a_long_cause_is_cut(small_cloud: SmallCloud) -> None:
    failed = caught(small_cloud, task(), {"do": "raise", "message": "x" * 40_000})
    assert failed["Error"] == "ValueError"
    assert len(failed["Cause"]) == 32_768


def test_invoke_refuses_what_lambda_refuses(small_cloud: SmallCloud) -> None:
    client = small_cloud.client("lambda")
    big = b'"' + b"x" * (6 * 1024 * 1024 - 1) + b'"'
    assert refused(lambda: client.invoke(FunctionName=FUNCTION, Payload=big)) == "RequestEntityTooLargeException"
    for text in (b"{", b"[NaN]"):
        code = refused(lambda text=text: client.invoke(FunctionName=FUNCTION, Payload=text))
        assert code == "InvalidRequestContentException"
    assert refused(lambda: client.invoke(FunctionName=FUNCTION, Payload=b"\xff")) == "SerializationException"
    assert refused(lambda: client.invoke(FunctionName="nobody")) == "ResourceNotFoundException"


def test_invoke_answers_like_lambda(small_cloud: SmallCloud) -> None:
    answer = small_cloud.invoke({"do": "log", "text": "hello"}, LogType="Tail")
    assert (answer["StatusCode"], answer["ExecutedVersion"], answer["Payload"]) == (200, "$LATEST", None)
    assert "FunctionError" not in answer
    assert answer["LogResult"]
    assert small_cloud.invoke({"do": "raise"})["FunctionError"] == "Unhandled"
    later = small_cloud.client("lambda").invoke(FunctionName=FUNCTION, InvocationType="Event", Payload=b"{}")
    assert later["StatusCode"] == 202
    dry = small_cloud.client("lambda").invoke(FunctionName=FUNCTION, InvocationType="DryRun", Payload=b"{}")
    assert dry["StatusCode"] == 204


def test_throttling_is_refused_before_anything_runs_and_has_lambdas_name(small_cloud: SmallCloud) -> None:
    client = small_cloud.client("lambda")
    client.put_function_concurrency(FunctionName=FUNCTION, ReservedConcurrentExecutions=1)
    try:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(small_cloud.invoke, {"do": "sleep", "seconds": 1.5})
            time.sleep(0.7)
            assert refused(lambda: client.invoke(FunctionName=FUNCTION)) == "TooManyRequestsException"
            assert caught(small_cloud, task())["Error"] == "Lambda.TooManyRequestsException"
    finally:
        client.delete_function_concurrency(FunctionName=FUNCTION)


# DynamoDB


def put_once(cloud: SmallCloud, key: str, owner: str) -> bool:
    try:
        cloud.client("dynamodb").put_item(
            TableName=TABLE,
            Item={"id": {"S": key}, "owner": {"S": owner}},
            ConditionExpression="attribute_not_exists(id)",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return False
        raise
    return True


def test_of_many_conditional_writes_at_once_one_wins(small_cloud: SmallCloud) -> None:
    small_cloud.client("dynamodb")
    threads = 8
    barrier = threading.Barrier(threads)

    def race(key: str, owner: int) -> bool:
        barrier.wait()
        return put_once(small_cloud, key, str(owner))

    with ThreadPoolExecutor(threads) as pool:
        for _ in range(20):
            key = uuid.uuid4().hex
            assert sum(pool.map(lambda owner, key=key: race(key, owner), range(threads))) == 1


def test_of_many_updates_at_once_none_is_lost(small_cloud: SmallCloud) -> None:
    key = uuid.uuid4().hex
    client = small_cloud.client("dynamodb")

    def add(_: int) -> None:
        client.update_item(
            TableName=TABLE,
            Key={"id": {"S": key}},
            UpdateExpression="ADD tries :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(80)))
    assert client.get_item(TableName=TABLE, Key={"id": {"S": key}})["Item"]["tries"] == {"N": "80"}


def test_a_failed_condition_returns_what_stands(small_cloud: SmallCloud) -> None:
    client, key = small_cloud.client("dynamodb"), uuid.uuid4().hex
    put_once(small_cloud, key, "first")
    for write in (
        lambda: client.put_item(
            TableName=TABLE,
            Item={"id": {"S": key}},
            ConditionExpression="attribute_not_exists(id)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        ),
        lambda: client.update_item(
            TableName=TABLE,
            Key={"id": {"S": key}},
            UpdateExpression="REMOVE nothing",
            ConditionExpression="attribute_not_exists(id)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        ),
    ):
        with pytest.raises(ClientError) as raised:
            write()
        assert raised.value.response["Item"]["owner"] == {"S": "first"}  # type: ignore[typeddict-item]


def test_every_type_of_attribute_comes_back_as_it_was_put(small_cloud: SmallCloud) -> None:
    client, key = small_cloud.client("dynamodb"), uuid.uuid4().hex
    item = {
        "id": {"S": key},
        "number": {"N": "12.50"},
        "bytes": {"B": b"\x00\xff"},
        "yes": {"BOOL": True},
        "nothing": {"NULL": True},
        "texts": {"SS": ["a", "b"]},
        "numbers": {"NS": ["1", "2"]},
        "blobs": {"BS": [b"a", b"b"]},
        "list": {"L": [{"S": ""}, {"N": "1"}, {"M": {"x": {"B": b"y"}}}]},
        "map": {"M": {"S": {"S": "named like a type"}, "empty": {"M": {}}}},
    }
    client.put_item(TableName=TABLE, Item=item)
    found = client.get_item(TableName=TABLE, Key={"id": {"S": key}})["Item"]
    for kind, name in (("SS", "texts"), ("NS", "numbers"), ("BS", "blobs")):
        found[name][kind] = sorted(found[name][kind])
    assert found == item
