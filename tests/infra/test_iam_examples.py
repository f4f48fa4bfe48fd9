"""The example policies name what the stack has and actions that AWS has, and allow no more than they say."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import botocore.session
import pytest

from infra.caller_settings import check_tools
from tests.infra.assembly import ROOT, actions, resources
from tool_contract.caller_policy import CallerPolicies

if TYPE_CHECKING:
    from tests.infra.assembly import Assembly

FOLDER: Final = ROOT / "examples/iam"
POLICIES: Final = sorted(path for path in FOLDER.glob("*.json") if path.name != "callers.json")
_SERVICES: Final = {"states": "stepfunctions", "bedrock": "bedrock-runtime"}
#: Actions that are named otherwise than the operations that they allow.
_OPERATIONS: Final = {"lambda:InvokeFunction": "Invoke"}
MODEL: Final = "amazon.nova-pro-v1:0"
#: What each may do, and no more.
ALLOWED: Final = {
    "start_only": {"states:StartExecution", "states:DescribeExecution", "cloudformation:DescribeStacks"},
    "start_and_wait": {"states:StartSyncExecution", "cloudformation:DescribeStacks"},
    "start_as_caller": {"states:StartExecution", "states:DescribeExecution"},
    "mcp_server": {
        "states:StartExecution",
        "states:DescribeExecution",
        "states:StopExecution",
        "lambda:InvokeFunction",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "s3:GetObject",
        "s3:PutObject",
        "cloudformation:DescribeStacks",
    },
    "ask_model": {"bedrock:InvokeModel"},
    "read_history": {"dynamodb:GetItem", "dynamodb:Query", "s3:GetObject", "cloudformation:DescribeStacks"},
}


def _filled_in(path: Path, assembly: Assembly) -> dict[str, Any]:
    values = {
        "Region": "eu-west-1",
        "Account": "123456789012",
        "Stage": assembly.stage,
        "Caller": "shop",
        "Model": MODEL,
        "HistoryTable": assembly.outputs["HistoryTable"],
        "ArtifactBucket": assembly.outputs["ArtifactBucket"],
        "PlannerFunction": assembly.outputs["PlannerFunction"],
        "FinisherFunction": assembly.outputs["FinisherFunction"],
    }
    text = path.read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", str(value))
    filled: dict[str, Any] = json.loads(text)
    return filled


@cache
def _operations(service: str) -> frozenset[str]:
    model = botocore.session.get_session().get_service_model(_SERVICES.get(service, service))
    return frozenset(model.operation_names)


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_each_allows_what_it_is_for_and_every_action_is_one_of_aws(limited: Assembly, path: Path) -> None:
    policy = _filled_in(path, limited)
    allowed = {action for statement in policy["Statement"] for action in actions(statement)}

    assert policy["Version"] == "2012-10-17"
    assert {statement["Effect"] for statement in policy["Statement"]} == {"Allow"}
    assert allowed == ALLOWED[path.stem]
    for action in allowed:
        service, operation = action.split(":")
        assert _OPERATIONS.get(action, operation) in _operations(service)


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_every_resource_is_one_of_the_stack_or_the_model(limited: Assembly, path: Path) -> None:
    outputs = limited.outputs
    machines = {
        outputs["StateMachineArn"],
        outputs["ExpressStateMachineArn"],
        *json.loads(outputs["Entrances"]).values(),
    }
    known = {
        *machines,
        *(f"{arn.replace(':stateMachine:', ':execution:')}:*" for arn in machines),
        f"arn:aws:cloudformation:eu-west-1:123456789012:stack/tool-executor-{limited.stage}/*",
        f"arn:aws:dynamodb:eu-west-1:123456789012:table/{outputs['HistoryTable']}",
        f"arn:aws:dynamodb:eu-west-1:123456789012:table/{outputs['HistoryTable']}/index/*",
        f"arn:aws:s3:::{outputs['ArtifactBucket']}/executions/*",
        f"arn:aws:s3:::{outputs['ArtifactBucket']}/requests/*",
        f"arn:aws:lambda:eu-west-1:123456789012:function:{outputs['PlannerFunction']}",
        f"arn:aws:lambda:eu-west-1:123456789012:function:{outputs['FinisherFunction']}",
        f"arn:aws:bedrock:eu-west-1::foundation-model/{MODEL}",
    }
    named = {each for statement in _filled_in(path, limited)["Statement"] for each in resources(statement)}

    assert named <= known
    assert not [each for each in named if re.search(r"\$\{", each)]


def test_who_starts_as_a_caller_may_start_nothing_but_that_callers_entrance(limited: Assembly) -> None:
    policy = _filled_in(FOLDER / "start_as_caller.json", limited)
    (start,) = [each for each in policy["Statement"] if "states:StartExecution" in actions(each)]

    assert resources(start) == [json.loads(limited.outputs["Entrances"])["shop"]]


def test_the_example_of_policies_can_be_used_as_it_stands() -> None:
    policies = CallerPolicies.from_json((FOLDER / "callers.json").read_bytes())

    check_tools(policies, (ROOT / "src/tool_contract/catalog.json").read_bytes())
    assert policies.entrances == ("shop",)
