"""The local cloud refuses what AWS refuses, and in AWS's words: sizes, errors and numbers of states."""

from __future__ import annotations

import json

import pytest

from tests.local.small_machines import CAUGHT, LIMIT, catching, caught
from tests.unit.local_cloud.small_cloud import SmallCloud, small_cloud, states, task

__all__ = ["small_cloud"]

pytestmark = pytest.mark.xdist_group("small-cloud")


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
