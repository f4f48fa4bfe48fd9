"""The browser group: what its function and the finisher may do with browsers, and what they are told of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from infra.settings import STAGES
from tests.infra.assembly import actions, resources

if TYPE_CHECKING:
    from tests.infra.assembly import Assembly

_OWN = "AWS::BedrockAgentCore::BrowserCustom"
_DRIVES = {"StartBrowserSession", "GetBrowserSession", "StopBrowserSession", "ConnectBrowserAutomationStream"}
_ENDS = {"ListBrowserSessions", "GetBrowserSession", "StopBrowserSession"}
# The system browser belongs to the account "aws"; some operations name it in the caller's.
_MANAGED = [
    f"arn:aws:bedrock-agentcore:eu-west-1:{account}:browser/aws.browser.v1" for account in ("123456789012", "aws")
]


def _environment(assembly: Assembly, function: str) -> dict[str, Any]:
    variables: dict[str, Any] = assembly.functions[function]["Environment"]["Variables"]
    return {name: value for name, value in variables.items() if name.startswith("BROWSER_")}


def _on_agentcore(assembly: Assembly, function: str) -> dict[str, list[str]]:
    """What a function may do with AgentCore, each action with its resources."""
    return {
        action.removeprefix("bedrock-agentcore:"): sorted(resources(statement))
        for statement in assembly.statements(assembly.functions[function]["Role"])
        for action in actions(statement)
        if action.startswith("bedrock-agentcore:")
    }


def _on_table(assembly: Assembly, function: str, output: str) -> set[str]:
    return {
        action
        for statement in assembly.statements(assembly.functions[function]["Role"])
        for action in actions(statement)
        if any(resource.endswith(f"/{assembly.outputs[output]}") for resource in resources(statement))
    }


def test_its_function_may_start_drive_and_stop_sessions_of_its_own_browser_only(assembly: Assembly) -> None:
    assert _on_agentcore(assembly, "browser") == dict.fromkeys(_DRIVES, _MANAGED)


def test_the_finisher_may_find_and_stop_sessions_and_neither_start_nor_watch_them(assembly: Assembly) -> None:
    assert _on_agentcore(assembly, "finisher") == dict.fromkeys(_ENDS, _MANAGED)


@pytest.mark.parametrize("function", ["planner", "inventory-optimizer"])
def test_nobody_else_knows_of_browsers(assembly: Assembly, function: str) -> None:
    assert (_environment(assembly, function), _on_agentcore(assembly, function)) == ({}, {})


def test_the_finisher_reads_and_updates_what_the_tools_wrote_down_of_sessions(assembly: Assembly) -> None:
    assert _on_table(assembly, "finisher", "ToolStateTable") == {
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:UpdateItem",
    }
    assert "dynamodb:GetItem" in _on_table(assembly, "finisher", "HistoryTable")


def test_its_function_finds_and_updates_sessions_in_the_tool_state(assembly: Assembly) -> None:
    # GetItem and UpdateItem for sessions; the other two are for idempotency keys, as in every group.
    assert _on_table(assembly, "browser", "ToolStateTable") == {
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
    }


def test_its_function_has_memory_for_the_driver_and_no_layer_or_image(assembly: Assembly) -> None:
    properties = assembly.functions["browser"]

    assert (properties["MemorySize"], properties["Timeout"]) == (1024, 900)
    assert not {"Layers", "ImageConfig"} & set(properties)


def test_tools_and_finisher_are_told_the_same_of_the_stages_browsers(assembly: Assembly) -> None:
    (stage,) = [stage for stage in STAGES if stage.name == assembly.stage]

    assert _environment(assembly, "browser") == {
        "BROWSER_PROVIDER": "agentcore",
        "BROWSER_IDENTIFIER": "aws.browser.v1",
        "BROWSER_RULES": stage.browser.rules.to_json(),
        "BROWSER_SESSION_SECONDS": "900",
    }
    assert _environment(assembly, "finisher") == {**_environment(assembly, "browser"), "BROWSER_GROUPS": "browser"}


def test_awss_own_browser_needs_no_resource(assembly: Assembly) -> None:
    assert assembly.of_type(_OWN) == []


def test_without_the_group_nobody_knows_of_browsers_and_the_finisher_only_reads_which_circuits_are_open(
    without_browser: Assembly,
) -> None:
    for function in without_browser.functions:
        assert (_environment(without_browser, function), _on_agentcore(without_browser, function)) == ({}, {})
    assert _on_table(without_browser, "finisher", "ToolStateTable") == {"dynamodb:BatchGetItem"}
    assert "dynamodb:GetItem" not in _on_table(without_browser, "finisher", "HistoryTable")


def test_in_a_vpc_the_stage_has_a_browser_of_its_own_in_the_subnets(in_vpc: Assembly) -> None:
    browser = in_vpc.only(_OWN)

    assert browser["Name"] == "tool_executor_dev"
    assert browser["NetworkConfiguration"] == {
        "NetworkMode": "VPC",
        "VpcConfig": {"Subnets": ["subnet-0a1b2c3d", "subnet-4e5f6a7b"], "SecurityGroups": ["sg-0a1b2c3d"]},
    }


def test_a_managed_policy_is_the_browsers_own_which_no_session_overrules(in_vpc: Assembly) -> None:
    location = {"Bucket": "policies", "Prefix": "browser/managed.json"}

    assert in_vpc.only(_OWN)["EnterprisePolicies"] == [{"Location": location, "Type": "MANAGED"}]


def test_in_a_vpc_that_browser_is_the_one_that_may_be_used(in_vpc: Assembly) -> None:
    (identifier,) = {_environment(in_vpc, function)["BROWSER_IDENTIFIER"] for function in ("browser", "finisher")}
    own = [f"arn:aws:bedrock-agentcore:eu-west-1:123456789012:browser-custom/{identifier}"]

    assert _on_agentcore(in_vpc, "browser") == dict.fromkeys(_DRIVES, own)
    assert _on_agentcore(in_vpc, "finisher") == dict.fromkeys(_ENDS, own)


def test_cfn_lint_finds_nothing_in_a_stage_with_a_browser_of_its_own(in_vpc: Assembly) -> None:
    cfn_lint = Path(sys.executable).with_name("cfn-lint")
    command = [str(cfn_lint), "--ignore-checks", "W3005", "--", str(in_vpc.template_file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)

    assert (done.returncode, done.stdout) == (0, "")


def test_browsers_that_are_somebody_elses_need_no_rights_on_agentcore(on_cdp: Assembly) -> None:
    assert on_cdp.of_type(_OWN) == []
    assert (_on_agentcore(on_cdp, "browser"), _on_agentcore(on_cdp, "finisher")) == ({}, {})
    told = _environment(on_cdp, "browser")
    assert json.loads(told.pop("BROWSER_RULES")) == {"allowed": ["https://shop.example"]}
    assert told == {
        "BROWSER_PROVIDER": "cdp",
        "BROWSER_CDP_URL": "wss://browsers.example/{session}",
        "BROWSER_SESSION_SECONDS": "60",
    }
