"""The bulk machine as it is synthesized: the workflow's own states in a Distributed Map, and rights for that alone."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from infra.bulk_definition import bulk_definition
from infra.bulk_settings import BulkSettings
from infra.checks import role_rules
from infra.checks.template import Template
from infra.errors import SettingsError
from tests.infra.assembly import actions, resources
from tests.infra.changed_settings import synthesize_changed
from tests.infra.test_workflow import _problems
from tool_contract.places import BULK_LABEL
from tool_executor.bulk.estimate import TRANSITIONS_OF_A_BATCH

if TYPE_CHECKING:
    from pathlib import Path

    from tests.infra.assembly import Assembly

PLACES = {"ArtifactBucketName": "b", "ChildType": "STANDARD"}
MACHINE = "AWS::StepFunctions::StateMachine"


def _definition(assembly: Assembly) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(assembly.machine("-bulk")["DefinitionString"])
    return parsed


def _processor(assembly: Assembly) -> dict[str, Any]:
    found: dict[str, Any] = _definition(assembly)["States"]["RunBatches"]["ItemProcessor"]
    return found


def test_both_validators_accept_the_definition(assembly: Assembly) -> None:
    assert _problems(_definition(assembly)) == []


def test_the_validators_would_find_a_fault_in_a_child(dev: Assembly) -> None:
    broken = copy.deepcopy(_definition(dev))
    broken["States"]["RunBatches"]["ItemProcessor"]["States"]["Finish"]["Next"] = "NoSuchState"

    assert any("NoSuchState" in problem["message"] for problem in _problems(broken))


def test_a_child_runs_the_workflows_own_states_but_for_its_name_its_request_and_its_judgement(
    assembly: Assembly,
) -> None:
    own, child = assembly.definition["States"], copy.deepcopy(_processor(assembly)["States"])
    payload = child["Plan"]["Arguments"]["Payload"]

    assert payload.pop("request") == "{% $states.input.request %}"
    assert payload["execution"].pop("name") == "{% $states.input.execution_id %}"
    payload["request"] = own["Plan"]["Arguments"]["Payload"]["request"]
    payload["execution"]["name"] = own["Plan"]["Arguments"]["Payload"]["execution"]["name"]
    assert child["Finish"].pop("Next") == "JudgeBatch"
    child["Finish"]["End"] = True
    judgement = {name: child.pop(name) for name in ("JudgeBatch", "BatchEnded", "BatchFailed")}
    assert child == own
    assert len(judgement) - 1 == TRANSITIONS_OF_A_BATCH


def test_the_workflow_takes_its_id_from_nobodys_input(assembly: Assembly) -> None:
    execution = assembly.definition["States"]["Plan"]["Arguments"]["Payload"]["execution"]

    assert execution["name"] == "{% $states.context.Execution.Name %}"
    assert "input" not in json.dumps(execution)


def test_a_workflow_that_does_not_fit_is_no_template() -> None:
    with pytest.raises(SettingsError):
        bulk_definition(
            '{"StartAt": "Plan", "States": {"Plan": {"Arguments": {"Payload": {"execution": {}}}}, "Finish": {}}}',
            PLACES,
        )
    with pytest.raises(SettingsError, match="Nowhere"):
        bulk_definition("{}", {"Nowhere": ""})


def test_batches_and_results_lie_in_the_artefact_bucket_as_json_lines(assembly: Assembly) -> None:
    state = _definition(assembly)["States"]["RunBatches"]

    assert state["Label"] == BULK_LABEL
    assert state["ItemReader"]["ReaderConfig"] == {"InputType": "JSONL"}
    assert state["ResultWriter"]["WriterConfig"] == {"OutputType": "JSONL", "Transformation": "COMPACT"}
    for part in (state["ItemReader"], state["ResultWriter"]):
        assert part["Arguments"]["Bucket"] == assembly.outputs["ArtifactBucket"]
    assert [error for catch in state["Catch"] for error in catch["ErrorEquals"]] == [
        "States.ExceedToleratedFailureThreshold",
        "States.ALL",
    ]


def test_the_machine_may_do_what_a_distributed_map_needs_and_no_more(assembly: Assembly) -> None:
    name = f"tool-executor-{assembly.stage}-bulk"
    statements = assembly.statements(assembly.machine("-bulk")["RoleArn"])
    narrow = {action: resources(each) for each in statements for action in actions(each) if resources(each) != ["*"]}
    own = assembly.statements(assembly.machine()["RoleArn"])
    shared = {action: resources(each) for each in own for action in actions(each) if resources(each) != ["*"]}
    files = {
        action: {arn.rsplit("/", 2)[-2:][0] for arn in arns} for action, arns in narrow.items() if action[:3] == "s3:"
    }

    assert {action: narrow[action] for action in shared} == shared
    assert set(narrow) - set(shared) == {
        *("states:StartExecution", "states:DescribeExecution", "states:StopExecution"),
        *("s3:GetObject", "s3:PutObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"),
    }
    assert [arn.rsplit(":", 1)[-1] for arn in narrow["states:StartExecution"]] == [name]
    for action in ("states:DescribeExecution", "states:StopExecution"):
        assert {arn.split(":execution:")[-1] for arn in narrow[action]} == {f"{name}:*", f"{name}/{BULK_LABEL}:*"}
    assert set(map(tuple, files.values())) == {("bulk",)}


@pytest.mark.parametrize(
    ("arn", "codes"),
    [
        ("arn:aws:states:eu-west-1:123456789012:execution:m:*", []),
        ("arn:aws:states:eu-west-1:123456789012:execution:m/Items:*", []),
        ("arn:aws:states:eu-west-1:123456789012:execution:other:*", ["MachineRights", "WildcardResource"]),
        ("arn:aws:states:eu-west-1:123456789012:execution:m/Other:*", ["MachineRights", "WildcardResource"]),
    ],
)
def test_a_distributed_map_may_look_at_its_own_executions_alone(arn: str, codes: list[str]) -> None:
    statement = {"Effect": "Allow", "Action": "states:StopExecution", "Resource": arn}
    definition = json.dumps(
        {"States": {"Each": {"Label": "Items", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}}}}}
    )
    machine = {"StateMachineName": "m", "DefinitionString": definition, "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}
    template = Template(
        {
            "Resources": {
                "Role": {"Type": "AWS::IAM::Role"},
                "Policy": {
                    "Type": "AWS::IAM::Policy",
                    "Properties": {"Roles": [{"Ref": "Role"}], "PolicyDocument": {"Statement": [statement]}},
                },
                "Machine": {"Type": MACHINE, "Properties": machine},
            }
        }
    )
    found = [*role_rules.machine_rights(template), *role_rules.wildcard_resources(template)]

    assert sorted(problem.code for problem in found) == codes


def test_a_machine_without_a_distributed_map_may_stop_nothing() -> None:
    statement = {"Effect": "Allow", "Action": "states:StopExecution", "Resource": "arn:aws:states:::execution:m"}
    template = Template(
        {
            "Resources": {
                "Role": {"Type": "AWS::IAM::Role"},
                "Policy": {
                    "Type": "AWS::IAM::Policy",
                    "Properties": {"Roles": [{"Ref": "Role"}], "PolicyDocument": {"Statement": [statement]}},
                },
                "Machine": {
                    "Type": MACHINE,
                    "Properties": {"DefinitionString": "{}", "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}},
                },
            }
        }
    )

    assert {problem.code for problem in role_rules.machine_rights(template)} == {"MachineRights"}


def test_the_machine_is_logged_traced_and_outlives_a_bulk(assembly: Assembly) -> None:
    machine = assembly.machine("-bulk")
    groups = [each["LogGroupName"] for each in assembly.of_type("AWS::Logs::LogGroup") if "RetentionInDays" in each]

    assert machine["StateMachineType"] == "STANDARD"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
    assert machine["TracingConfiguration"] == {"Enabled": True}
    assert f"/aws/vendedlogs/states/tool-executor-{assembly.stage}-bulk" in groups
    assert _definition(assembly)["TimeoutSeconds"] == 14 * 86_400
    assert assembly.outputs["BulkStateMachineArn"].endswith(f":tool-executor-{assembly.stage}-bulk")
    assert assembly.outputs["BulkChildType"] == "STANDARD"


def test_a_stage_may_have_express_children(tmp_path: Path) -> None:
    express = synthesize_changed(tmp_path / "cdk.out", bulk=BulkSettings(child_type="EXPRESS"))

    assert _processor(express)["ProcessorConfig"]["ExecutionType"] == "EXPRESS"
    assert express.outputs["BulkChildType"] == "EXPRESS"


def test_children_of_another_type_are_refused() -> None:
    with pytest.raises(SettingsError, match="STANDARD or EXPRESS"):
        BulkSettings(child_type="FAST").check("dev")
