"""The Lambda functions: runtime, logs, roles, environment, limits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from infra.settings import GROUPS, STAGES
from tests.infra.assembly import actions, resources
from tool_contract.options import ToolExecutorOptions

if TYPE_CHECKING:
    from tests.infra.assembly import Assembly

FUNCTIONS = ("planner", "finisher", "inventory-optimizer", "browser")
# These actions know no narrower resource, by AWS's service authorization reference.
_WITHOUT_RESOURCE = {
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
}


def _environment(assembly: Assembly, function: str) -> dict[str, Any]:
    variables: dict[str, Any] = assembly.functions[function]["Environment"]["Variables"]
    return variables


def test_the_stack_has_the_planner_the_finisher_and_one_function_per_group(assembly: Assembly) -> None:
    assert set(assembly.functions) == {"planner", "finisher", *(group.name for group in GROUPS)}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_runs_python_3_13_on_x86_64_with_traces(assembly: Assembly, function: str) -> None:
    properties = assembly.functions[function]

    assert properties["Runtime"] == "python3.13"
    assert properties["Architectures"] == ["x86_64"]
    assert properties["TracingConfig"] == {"Mode": "Active"}
    assert properties["Handler"] == f"lambdas.{function.replace('-', '_')}.handler.lambda_handler"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_logs_json_at_info_into_its_own_group_with_retention(assembly: Assembly, function: str) -> None:
    logging = assembly.functions[function]["LoggingConfig"]
    groups = {each["LogGroupName"]: each for each in assembly.of_type("AWS::Logs::LogGroup")}

    assert logging["LogFormat"] == "JSON"
    assert logging["ApplicationLogLevel"] == "INFO"
    assert logging["LogGroup"] == f"/aws/lambda/tool-executor-{assembly.stage}-{function}"
    assert groups[logging["LogGroup"]]["RetentionInDays"] == {"dev": 14, "prod": 90}[assembly.stage]


def test_every_function_has_a_role_of_its_own_without_managed_policies(assembly: Assembly) -> None:
    roles = [function["Role"] for function in assembly.functions.values()]

    assert len(set(roles)) == len(roles)
    assert not any("ManagedPolicyArns" in role for role in assembly.of_type("AWS::IAM::Role"))


def test_no_statement_allows_a_wildcard_action(assembly: Assembly) -> None:
    for policy in assembly.of_type("AWS::IAM::Policy"):
        for statement in policy["PolicyDocument"]["Statement"]:
            assert not [action for action in actions(statement) if "*" in action], policy["PolicyName"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_write_to_its_own_log_group_only(assembly: Assembly, function: str) -> None:
    statements = assembly.statements(assembly.functions[function]["Role"])
    on_logs = [each for each in statements if any(action.startswith("logs:") for action in actions(each))]

    (statement,) = on_logs
    assert set(actions(statement)) == {"logs:CreateLogStream", "logs:PutLogEvents"}
    assert [each.split(":log-group:")[1] for each in resources(statement)] == [
        f"/aws/lambda/tool-executor-{assembly.stage}-{function}"
    ]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_only_actions_without_resources_are_allowed_on_all(assembly: Assembly, function: str) -> None:
    for statement in assembly.statements(assembly.functions[function]["Role"]):
        if "*" in resources(statement):
            assert set(actions(statement)) <= _WITHOUT_RESOURCE


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_knows_the_tables_the_bucket_and_the_stage(assembly: Assembly, function: str) -> None:
    environment = _environment(assembly, function)

    assert environment["HISTORY_TABLE"] == assembly.outputs["HistoryTable"]
    assert environment["TOOL_STATE_TABLE"] == assembly.outputs["ToolStateTable"]
    assert environment["ARTIFACT_BUCKET"] == assembly.outputs["ArtifactBucket"]
    assert environment["STAGE"] == assembly.stage
    assert environment["POWERTOOLS_SERVICE_NAME"] == function
    assert environment["POWERTOOLS_TRACE_DISABLED"] == "false"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_artefacts_can_be_written_read_and_told_missing(assembly: Assembly, function: str) -> None:
    statements = assembly.statements(assembly.functions[function]["Role"])

    on_s3 = {action for statement in statements for action in actions(statement) if action.startswith("s3:")}
    assert on_s3 == {"s3:GetObject", "s3:PutObject", "s3:ListBucket"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_writes_to_what_clients_ask_for(assembly: Assembly, function: str) -> None:
    written = {
        resource.rpartition(":::")[2].partition("/")[2]
        for statement in assembly.statements(assembly.functions[function]["Role"])
        if "s3:PutObject" in actions(statement)
        for resource in resources(statement)
    }

    assert written == ({"executions/*"} if function in {"planner", "finisher"} else {"executions/*", "cache/*"})


def test_the_planner_alone_knows_the_tools_functions(assembly: Assembly) -> None:
    known = json.loads(_environment(assembly, "planner")["TOOL_FUNCTIONS"])

    assert set(known) == {group.name for group in GROUPS}
    names = {group: arn.split(":function:")[-1].split(":")[0] for group, arn in known.items()}
    assert names == {name: f"tool-executor-{assembly.stage}-{name}" for name in known}
    assert not [
        name for name in assembly.functions if name != "planner" and "TOOL_FUNCTIONS" in _environment(assembly, name)
    ]


def test_the_planner_alone_knows_the_stages_options(assembly: Assembly) -> None:
    (stage,) = [stage for stage in STAGES if stage.name == assembly.stage]
    told = json.loads(_environment(assembly, "planner")["STAGE_OPTIONS"])

    assert ToolExecutorOptions.from_json(told) == stage.options
    assert not [
        name for name in assembly.functions if name != "planner" and "STAGE_OPTIONS" in _environment(assembly, name)
    ]


def test_a_request_does_the_same_in_every_stage() -> None:
    assert {stage.options for stage in STAGES} == {ToolExecutorOptions()}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_went_well_is_logged_as_the_stages_options_say(assembly: Assembly, function: str) -> None:
    assert _environment(assembly, function)["POWERTOOLS_LOG_LEVEL"] == "INFO"


def test_the_inventory_group_knows_and_only_reads_its_tables(assembly: Assembly) -> None:
    environment = _environment(assembly, "inventory-optimizer")
    names = {
        environment[f"INVENTORY_{kind}_TABLE"]: assembly.outputs[f"Inventory{kind.capitalize()}Table"]
        for kind in ("ITEMS", "STOCK", "DEMAND")
    }
    assert set(names) == set(names.values())
    assert environment["TOOL_GROUP"] == "inventory-optimizer"

    on_inventory = {
        action
        for statement in assembly.statements(assembly.functions["inventory-optimizer"]["Role"])
        for action in actions(statement)
        if any(resource.endswith(f"/{name}") for resource in resources(statement) for name in names)
    }
    assert on_inventory == {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"}


@pytest.mark.parametrize("function", ["planner", "finisher", "browser"])
def test_no_function_but_the_inventory_groups_reads_the_inventory(assembly: Assembly, function: str) -> None:
    inventory = tuple(assembly.outputs[f"Inventory{kind}Table"] for kind in ("Items", "Stock", "Demand"))

    for statement in assembly.statements(assembly.functions[function]["Role"]):
        assert not [resource for resource in resources(statement) if resource.endswith(inventory)]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_may_scan_or_delete_tables_or_start_executions(assembly: Assembly, function: str) -> None:
    allowed = {
        action
        for statement in assembly.statements(assembly.functions[function]["Role"])
        for action in actions(statement)
    }

    assert not allowed & {"dynamodb:Scan", "dynamodb:DeleteTable", "states:StartExecution", "iam:PassRole"}


def test_concurrency_is_reserved_for_tools_in_prod_only(dev: Assembly, prod: Assembly) -> None:
    assert not any("ReservedConcurrentExecutions" in function for function in dev.functions.values())
    assert {name for name, each in prod.functions.items() if "ReservedConcurrentExecutions" in each} == {
        group.name for group in GROUPS
    }
