"""The state machine as it is synthesized."""

from __future__ import annotations

import copy
import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.infra.assembly import NODE, ROOT, actions, resources
from tool_contract import limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.infra.assembly import Assembly


def _problems(definition: dict[str, Any]) -> list[dict[str, str]]:
    done = subprocess.run(
        [str(NODE), "tests/infra/validate_asl.cjs"],
        cwd=ROOT,
        input=json.dumps(definition, indent=2),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    problems: list[dict[str, str]] = json.loads(done.stdout)
    return problems


def _states(definition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in definition["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from _states(state["ItemProcessor"])


@pytest.mark.parametrize("suffix", ["", "-express"])
def test_both_validators_accept_the_synthesized_definition(assembly: Assembly, suffix: str) -> None:
    assert _problems(assembly.definition_of(suffix)) == []


@pytest.mark.parametrize(
    ("fault", "finder"),
    [
        ({"Next": "NoSuchState"}, "amazon-states-language-service"),
        ({"Type": "Tsk"}, "asl-validator"),
    ],
)
def test_the_validators_would_find_a_fault(dev: Assembly, fault: dict[str, str], finder: str) -> None:
    broken = copy.deepcopy(dev.definition)
    broken["States"]["Plan"].update(fault)

    assert finder in {problem["validator"] for problem in _problems(broken)}


def test_every_placeholder_of_the_definition_is_filled_in(assembly: Assembly) -> None:
    text = assembly.machine()["DefinitionString"]

    assert re.findall(r"\$\{\w+\}", text) == []
    assert assembly.outputs["HistoryTable"] in text


def test_the_machine_is_standard_traced_and_named_after_the_stack(assembly: Assembly) -> None:
    machine = assembly.machine()

    assert machine["StateMachineType"] == "STANDARD"
    assert machine["StateMachineName"] == f"tool-executor-{assembly.stage}"
    assert machine["TracingConfiguration"] == {"Enabled": True}


def test_the_machine_logs_without_payloads_into_a_group_with_retention(assembly: Assembly) -> None:
    logging = assembly.machine()["LoggingConfiguration"]
    groups = [each["LogGroupName"] for each in assembly.of_type("AWS::Logs::LogGroup") if "RetentionInDays" in each]

    assert logging["IncludeExecutionData"] is False
    assert logging["Level"] == {"dev": "ALL", "prod": "ERROR"}[assembly.stage]
    assert f"/aws/vendedlogs/states/tool-executor-{assembly.stage}" in groups


def test_the_machine_outlives_the_longest_execution(assembly: Assembly) -> None:
    assert assembly.definition["TimeoutSeconds"] > limits.MAX_EXECUTION_TIMEOUT_SECONDS


def test_every_task_has_a_timeout(assembly: Assembly) -> None:
    tasks = {name: state for name, state in _states(assembly.definition) if state["Type"] == "Task"}

    assert tasks
    assert [name for name, state in tasks.items() if "TimeoutSeconds" not in state] == []


@pytest.mark.parametrize(("state", "function"), [("Plan", "planner"), ("Finish", "finisher")])
def test_a_function_ends_before_its_task_gives_it_up(assembly: Assembly, state: str, function: str) -> None:
    assert assembly.functions[function]["Timeout"] < assembly.definition["States"][state]["TimeoutSeconds"]


@pytest.mark.parametrize("suffix", ["", "-express"])
def test_a_machine_may_invoke_its_functions_and_update_the_history_and_no_more(assembly: Assembly, suffix: str) -> None:
    statements = assembly.statements(assembly.machine(suffix)["RoleArn"])
    narrow = {action: resources(each) for each in statements for action in actions(each) if resources(each) != ["*"]}
    wide = {action for each in statements for action in actions(each) if resources(each) == ["*"]}

    assert set(narrow) == {"lambda:InvokeFunction", "dynamodb:UpdateItem"}
    versions = ("", ":*") if assembly.stage == "prod" else ("",)
    assert {arn.split(":function:")[-1] for arn in narrow["lambda:InvokeFunction"]} == {
        f"{function['FunctionName']}{version}" for function in assembly.functions.values() for version in versions
    }
    assert [arn.rsplit("/", 1)[-1] for arn in narrow["dynamodb:UpdateItem"]] == [assembly.outputs["HistoryTable"]]
    # Log delivery and X-Ray know no narrower resource.
    assert {action.split(":")[0] for action in wide} == {"logs", "xray"}


def test_the_express_machine_is_the_same_workflow_with_five_minutes_to_run(assembly: Assembly) -> None:
    express = assembly.definition_of("-express")

    assert assembly.machine("-express")["StateMachineType"] == "EXPRESS"
    assert express == {**assembly.definition, "TimeoutSeconds": limits.EXPRESS_SECONDS}


def test_the_express_machine_is_traced_and_logs_every_event_and_no_data_in_every_stage(assembly: Assembly) -> None:
    machine = assembly.machine("-express")
    groups = [each["LogGroupName"] for each in assembly.of_type("AWS::Logs::LogGroup") if "RetentionInDays" in each]

    assert machine["TracingConfiguration"] == {"Enabled": True}
    logging = machine["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", False)
    assert f"/aws/vendedlogs/states/tool-executor-{assembly.stage}-express" in groups


def test_the_machines_share_no_role(assembly: Assembly) -> None:
    assert assembly.machine()["RoleArn"] != assembly.machine("-express")["RoleArn"]


def test_the_default_deadline_of_an_express_execution_leaves_its_calls_and_finish_time_to_end() -> None:
    left = limits.EXPRESS_SECONDS - limits.DEFAULT_EXPRESS_TIMEOUT_SECONDS

    assert left >= 30
    assert limits.DEFAULT_EXPRESS_TIMEOUT_SECONDS < limits.EXPRESS_TIMEOUT_BELOW_SECONDS
