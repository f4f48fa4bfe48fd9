"""The house's rules for the template hold in both stages, and find what is planted. Who may do what, as a table."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from infra.checks import role_rules
from infra.checks.role_rules import wildcard_count
from infra.checks.rules import ELSEWHERE, EVERYWHERE, WHERE_DATA_IS_KEPT, problems
from infra.checks.template import Template
from infra.settings import STAGES
from tests.check_teeth.fault import load_faults
from tests.infra.assembly import Assembly, actions, resources

if TYPE_CHECKING:
    from collections.abc import Callable

MACHINE = "AWS::StepFunctions::StateMachine"
SETTINGS = {stage.name: stage for stage in STAGES}
FAULTS = [fault for fault in load_faults() if fault.check == "rules"]

# One more needs a reason here and in infra/acknowledged.py: X-Ray in seven roles, in the machines' with log delivery,
# artefacts in four, and the paths of secrets in two: three in the browser's, one in the finisher's; in the bulk
# machine's its own executions and its children, and its files;
# in a stage that goes over gradually the versions of each function, in the machines'.
WILDCARDS = {"dev": 24, "prod": 36}

_READ = {"BatchGetItem", "GetItem", "Query"}
_STATE_OF_TOOLS = {"DeleteItem", "GetItem", "PutItem", "UpdateItem"}
RIGHTS = {
    ("planner", "HistoryTable"): {"PutItem"},
    ("finisher", "HistoryTable"): {"GetItem", "Query", "UpdateItem"},
    ("finisher", "ToolStateTable"): {"BatchGetItem", "GetItem", "UpdateItem"},
    ("inventory-optimizer", "HistoryTable"): {"GetItem", "UpdateItem"},
    ("inventory-optimizer", "ToolStateTable"): _STATE_OF_TOOLS,
    ("inventory-optimizer", "InventoryItemsTable"): _READ,
    ("inventory-optimizer", "InventoryStockTable"): _READ,
    ("inventory-optimizer", "InventoryDemandTable"): _READ,
    ("browser", "HistoryTable"): {"GetItem", "UpdateItem"},
    ("browser", "ToolStateTable"): _STATE_OF_TOOLS,
}


def test_nothing_in_the_template_breaks_a_rule(assembly: Assembly) -> None:
    assert list(map(str, problems(assembly.view, SETTINGS[assembly.stage]))) == []


@pytest.mark.parametrize("fixture", ["in_vpc", "on_cdp", "without_browser"])
def test_nor_does_it_with_other_browsers(fixture: str, request: pytest.FixtureRequest) -> None:
    assembly: Assembly = request.getfixturevalue(fixture)

    assert list(map(str, problems(assembly.view, SETTINGS["dev"]))) == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_found(fault: object, synthesized: Callable[[str, str], Assembly]) -> None:
    (planted,) = (each for each in FAULTS if each is fault)
    clean = synthesized(planted.stage, "local").template

    found = problems(Template(planted.in_template(clean)), SETTINGS[planted.stage])

    assert any(planted.finds in str(problem) for problem in found), list(map(str, found))
    assert all(problem.pointer.startswith("/Resources/") and problem.hint for problem in found)


def test_every_rule_finds_a_planted_fault(synthesized: Callable[[str, str], Assembly]) -> None:
    silent = {*EVERYWHERE, *WHERE_DATA_IS_KEPT, *ELSEWHERE}
    for fault in FAULTS:
        template = Template(fault.in_template(synthesized(fault.stage, "local").template))
        stage = SETTINGS[fault.stage]
        applied = {*EVERYWHERE, *(WHERE_DATA_IS_KEPT if stage.keep_data else ELSEWHERE)}
        silent -= {rule for rule in silent & applied if list(rule(template))}

    assert sorted(rule.__name__ for rule in silent) == []


@pytest.mark.parametrize(
    ("invoked", "codes"),
    [
        ({"Ref": "Alias"}, []),
        ({"Fn::GetAtt": ["Function", "Arn"]}, []),
        ({"Ref": "Version"}, []),
        ({"Fn::Join": ["", [{"Fn::GetAtt": ["Function", "Arn"]}, ":*"]]}, []),
        ({"Fn::Join": ["", [{"Fn::GetAtt": ["Function", "Arn"]}, "*"]]}, ["MachineRights", "WildcardResource"]),
        ("arn:aws:lambda:eu-west-1:123456789012:function:f-other", ["MachineRights"]),
    ],
)
def test_a_machine_may_invoke_a_function_of_the_stack_and_its_versions(invoked: object, codes: list[str]) -> None:
    statement = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": invoked}
    policy = {"Roles": [{"Ref": "Role"}], "PolicyDocument": {"Statement": [statement]}}
    alias = {"FunctionName": {"Ref": "Function"}, "Name": "live"}
    template = Template(
        {
            "Resources": {
                "Function": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "f"}},
                "Alias": {"Type": "AWS::Lambda::Alias", "Properties": alias},
                "Version": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Function"}}},
                "Role": {"Type": "AWS::IAM::Role"},
                "Policy": {"Type": "AWS::IAM::Policy", "Properties": policy},
                "Machine": {"Type": MACHINE, "Properties": {"RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}},
            }
        }
    )

    found = [*role_rules.machine_rights(template), *role_rules.wildcard_resources(template)]
    assert [problem.code for problem in found] == codes


@pytest.mark.parametrize(("started", "codes"), [("Machine", []), ("Role", ["MachineRights"])])
def test_a_machine_may_start_a_machine_of_the_stack(started: str, codes: list[str]) -> None:
    arn = {"Ref": started} if started == "Machine" else "arn:aws:states:eu-west-1:123456789012:stateMachine:other"
    policy = {
        "Roles": [{"Ref": "Role"}],
        "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "states:StartExecution", "Resource": arn}]},
    }
    template = Template(
        {
            "Resources": {
                "Role": {"Type": "AWS::IAM::Role"},
                "Policy": {"Type": "AWS::IAM::Policy", "Properties": policy},
                "Machine": {"Type": MACHINE, "Properties": {"RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}},
            }
        }
    )

    assert [problem.code for problem in role_rules.machine_rights(template)] == codes


def test_each_function_may_do_to_each_table_what_the_table_of_rights_says(assembly: Assembly) -> None:
    tables = {value: name for name, value in assembly.outputs.items() if name.endswith("Table")}
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for function, properties in assembly.functions.items():
        for statement in assembly.statements(properties["Role"]):
            for resource in resources(statement):
                name = resource.partition(":table/")[2].partition("/")[0]
                if name:
                    table = tables.get(name, f"{name}, which no output names")
                    found[function, table] |= {action.removeprefix("dynamodb:") for action in actions(statement)}

    assert dict(found) == RIGHTS, "Whoever needs another right writes it into RIGHTS: a reviewer must see it."


def test_wildcards_in_roles_are_as_many_as_are_accounted_for(assembly: Assembly) -> None:
    """Whoever removes one lowers the number, so that nobody uses the room."""
    assert wildcard_count(assembly.view) == WILDCARDS[assembly.stage]
