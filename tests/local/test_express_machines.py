"""Express state machines of the local cloud: StartSyncExecution as AWS has it, and what Express does not have."""

from __future__ import annotations

import json
import threading
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config

from tests.local.small_machines import CAUGHT, LIMIT, refused, text_input
from tests.unit.local_cloud.small_cloud import FUNCTION, SmallCloud, small_cloud, states, task
from tests.unit.local_cloud.small_stack import ROLE, TABLE
from tests.waiting import until
from tool_executor.aws import Aws

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["small_cloud"]

pytestmark = pytest.mark.xdist_group("small-cloud")


def client_of(cloud: SmallCloud) -> Any:
    return Aws("us-east-1", cloud.endpoint_url).waiting_step_functions


def express(cloud: SmallCloud, definition: dict[str, Any], kind: str = "EXPRESS") -> str:
    created = cloud.client("stepfunctions").create_state_machine(
        name=f"e-{uuid.uuid4().hex[:20]}", definition=json.dumps(definition), roleArn=ROLE, type=kind
    )
    arn: str = created["stateMachineArn"]
    return arn


@pytest.fixture
def echo(small_cloud: SmallCloud) -> str:
    return express(small_cloud, states(Only=CAUGHT))


def test_it_answers_when_the_execution_has_ended_with_all_that_aws_tells(small_cloud: SmallCloud, echo: str) -> None:
    answer = client_of(small_cloud).start_sync_execution(stateMachineArn=echo, name="one", input='{"a": "ü"}')

    assert (answer["status"], json.loads(answer["output"]), json.loads(answer["input"])) == (
        "SUCCEEDED",
        {"a": "ü"},
        {"a": "ü"},
    )
    assert answer["executionArn"].startswith(f"{echo.replace(':stateMachine:', ':express:')}:one:")
    assert (answer["stateMachineArn"], answer["name"]) == (echo, "one")
    assert answer["startDate"] <= answer["stopDate"]
    assert answer["billingDetails"]["billedMemoryUsedInMB"] == 64
    assert answer["billingDetails"]["billedDurationInMilliseconds"] % 100 == 0
    assert answer["inputDetails"] == answer["outputDetails"] == {"included": True}
    assert not {"error", "cause", "traceHeader"} & set(answer)


def test_a_failure_is_an_answer_too(small_cloud: SmallCloud) -> None:
    failing = express(small_cloud, states(Only={"Type": "Fail", "Error": "TooBad", "Cause": "It rains."}))

    answer = client_of(small_cloud).start_sync_execution(stateMachineArn=failing, traceHeader="Root=1")

    assert (answer["status"], answer["error"], answer["cause"]) == ("FAILED", "TooBad", "It rains.")
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["traceHeader"]) == (200, "Root=1")
    assert "output" not in answer


def test_an_execution_that_takes_too_long_has_timed_out(small_cloud: SmallCloud) -> None:
    slow = express(small_cloud, {**states(Only={"Type": "Wait", "Seconds": 60, "End": True}), "TimeoutSeconds": 1})

    assert client_of(small_cloud).start_sync_execution(stateMachineArn=slow)["status"] == "TIMED_OUT"


def test_without_data_it_tells_the_rest(small_cloud: SmallCloud, echo: str) -> None:
    answer = client_of(small_cloud).start_sync_execution(stateMachineArn=echo, includedData="METADATA_ONLY")

    assert not {"input", "output"} & set(answer)
    assert answer["status"] == "SUCCEEDED"


def test_executions_of_one_name_are_several(small_cloud: SmallCloud, echo: str) -> None:
    client = client_of(small_cloud)
    arns = {client.start_sync_execution(stateMachineArn=echo, name="same")["executionArn"] for _ in range(3)}

    assert len(arns) == 3


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"name": "x" * 81}, "ValidationException"),
        ({"name": "a b"}, "InvalidName"),
        ({"name": "a/b"}, "InvalidName"),
        ({"input": "{"}, "InvalidExecutionInput"),
        ({"input": '"NaN" NaN'}, "InvalidExecutionInput"),
        ({"input": text_input(LIMIT + 1)}, "ValidationException"),
        ({"traceHeader": "ü"}, "ValidationException"),
        ({"includedData": "SOME"}, "ValidationException"),
    ],
)
def test_what_aws_refuses_is_refused(small_cloud: SmallCloud, echo: str, arguments: dict[str, str], code: str) -> None:
    client = _unchecked(small_cloud)

    assert refused(lambda: client.start_sync_execution(stateMachineArn=echo, **arguments)) == code


def _unchecked(cloud: SmallCloud) -> Any:
    config = Config(inject_host_prefix=False, parameter_validation=False)
    return Aws("us-east-1", cloud.endpoint_url)._session.client(
        "stepfunctions", config=config, endpoint_url=cloud.endpoint_url
    )


def test_the_largest_input_fits(small_cloud: SmallCloud, echo: str) -> None:
    answer = client_of(small_cloud).start_sync_execution(stateMachineArn=echo, input=text_input(LIMIT))

    assert answer["status"] == "SUCCEEDED"


def test_a_standard_machine_is_not_waited_for(small_cloud: SmallCloud) -> None:
    machine = small_cloud.machine(states(Only=CAUGHT))
    client = client_of(small_cloud)

    code = refused(lambda: client.start_sync_execution(stateMachineArn=machine))
    assert code == "StateMachineTypeNotSupported"
    assert refused(lambda: client.start_sync_execution(stateMachineArn=f"{machine}-x")) == "StateMachineDoesNotExist"


def _asks(client: Any) -> dict[str, Callable[[str], Any]]:
    return {
        "describe": lambda arn: client.describe_execution(executionArn=arn),
        "stop": lambda arn: client.stop_execution(executionArn=arn),
        "history": lambda arn: client.get_execution_history(executionArn=arn),
        "machine": lambda arn: client.describe_state_machine_for_execution(executionArn=arn),
        "map runs": lambda arn: client.list_map_runs(executionArn=arn),
    }


@pytest.mark.parametrize("asked", ["describe", "stop", "history", "machine", "map runs"])
def test_nobody_is_told_of_a_single_execution(small_cloud: SmallCloud, echo: str, asked: str) -> None:
    arn = client_of(small_cloud).start_sync_execution(stateMachineArn=echo)["executionArn"]
    ask = _asks(small_cloud.client("stepfunctions"))[asked]

    assert refused(lambda: ask(arn)) == "InvalidArn"


def test_nor_of_all_of_them(small_cloud: SmallCloud, echo: str) -> None:
    client = small_cloud.client("stepfunctions")

    assert refused(lambda: client.list_executions(stateMachineArn=echo)) == "StateMachineTypeNotSupported"


def test_an_execution_may_be_started_without_waiting_as_often_as_its_name_comes(small_cloud: SmallCloud) -> None:
    writing = express(small_cloud, states(Only=task({"do": "write", "id": "{% $states.input.id %}"}, End=True)))
    first, second = f"async-{uuid.uuid4().hex}", f"async-{uuid.uuid4().hex}"

    arns = {small_cloud.start(writing, {"id": each}, name="same") for each in (first, second)}

    assert len(arns) == 2
    assert all(":express:" in arn for arn in arns)
    for each in (first, second):
        until(lambda each=each: "Item" in _item(small_cloud, each))  # type: ignore[misc]


def _item(cloud: SmallCloud, key: str) -> dict[str, Any]:
    got: dict[str, Any] = cloud.client("dynamodb").get_item(TableName=TABLE, Key={"id": {"S": key}})
    return got


def test_several_are_waited_for_at_once(small_cloud: SmallCloud) -> None:
    waiting = express(small_cloud, states(Only={"Type": "Wait", "Seconds": 1, "End": True}))
    answers: list[str] = []
    client = client_of(small_cloud)
    threads = [
        threading.Thread(target=lambda: answers.append(client.start_sync_execution(stateMachineArn=waiting)["status"]))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert answers == ["SUCCEEDED"] * 8


def test_the_end_of_an_express_execution_is_no_event(small_cloud: SmallCloud) -> None:
    definition = states(Only={"Type": "Fail", "Error": "No"})
    silent, told = f"silent-{uuid.uuid4().hex}", f"told-{uuid.uuid4().hex}"
    client_of(small_cloud).start_sync_execution(stateMachineArn=express(small_cloud, definition), name=silent)
    small_cloud.start(small_cloud.machine(definition), {}, name=told)

    until(lambda: "Item" in _item(small_cloud, told))
    assert "Item" not in _item(small_cloud, silent)


WAITS = {"Type": "Task", "End": True}
SYNC = {**WAITS, "Resource": "arn:aws:states:::states:startExecution.sync:2", "Arguments": {"StateMachineArn": "x"}}
CALLBACK = {
    **WAITS,
    "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
    "Arguments": {"FunctionName": FUNCTION, "Payload": {"token": "{% $states.context.Task.Token %}"}},
}
ACTIVITY = {**WAITS, "Resource": "arn:aws:states:us-east-1:123456789012:activity:a"}
DISTRIBUTED = {
    "Type": "Map",
    "Items": [1],
    "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **states(Only=CAUGHT)},
    "End": True,
}


@pytest.mark.parametrize("state", [SYNC, CALLBACK, ACTIVITY, DISTRIBUTED], ids=["sync", "callback", "activity", "map"])
def test_what_express_does_not_have_cannot_be_deployed(small_cloud: SmallCloud, state: dict[str, Any]) -> None:
    assert refused(lambda: express(small_cloud, states(Only=state))) == "InvalidDefinition"


def test_every_execution_is_counted_with_what_it_is_charged_for(small_cloud: SmallCloud, echo: str) -> None:
    client_of(small_cloud).start_sync_execution(stateMachineArn=echo)
    names = {
        metric["MetricName"]
        for metric in small_cloud.client("cloudwatch").list_metrics(
            Namespace="AWS/States", Dimensions=[{"Name": "StateMachineArn", "Value": echo}]
        )["Metrics"]
    }

    assert {"ExecutionsStarted", "ExecutionsSucceeded", "ExpressExecutionBilledDuration"} <= names
