"""The local cloud refuses what AWS refuses, and in AWS's words: executions' inputs, names, repetition, ends."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.local.small_machines import CAUGHT, LIMIT, refused, small_machine, text_input
from tests.unit.local_cloud.small_cloud import SmallCloud, small_cloud, start_small_cloud, states, stop, task

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["small_cloud"]

pytestmark = pytest.mark.xdist_group("small-cloud")


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


@pytest.mark.parametrize("said", [{}, {"error": "Cancelled"}, {"error": "Cancelled", "cause": "by a test"}])
def test_stopping_an_execution_within_a_map_says_nothing_on_the_terminal(
    said: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    processor = states(Sleep={"Type": "Wait", "Seconds": 1, "End": True})
    processor["ProcessorConfig"] = {"Mode": "INLINE"}
    del processor["QueryLanguage"]
    cloud = start_small_cloud(tmp_path)  # the other's terminal is another test's
    try:
        machine = states(Each={"Type": "Map", "Items": [1, 2, 3], "ItemProcessor": processor, "End": True})
        arn = cloud.start(cloud.machine(machine), {})
        time.sleep(0.3)
        cloud.client("stepfunctions").stop_execution(executionArn=arn, **said)
        described = cloud.wait(arn)
        time.sleep(1.5)  # the iterations look at their ends
        assert cloud.history(arn)[-1]["type"] == "ExecutionAborted"
    finally:
        stop(cloud)
    assert described["status"] == "ABORTED"
    assert {name: described[name] for name in ("error", "cause") if name in described} == said
    assert capfd.readouterr().err == ""


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
