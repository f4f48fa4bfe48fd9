"""Where a deployment's parts are: by its stack, or by what the environment says of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto import mock_aws

from tool_executor import DeploymentNotFoundError
from tool_executor.aws import Aws
from tool_executor.deployment import deployment_of_environment, find_deployment

OUTPUTS: dict[str, Any] = {
    "StateMachineArn": "arn:aws:states:eu-west-1:123456789012:stateMachine:m",
    "HistoryTable": "h",
    "ToolStateTable": "s",
    "ArtifactBucket": "b",
    "PlannerFunction": "p",
    "FinisherFunction": "f",
    "Functions": '{"stock-desk": "function"}',
}
AWS = Aws("eu-west-1")


def _told(monkeypatch: pytest.MonkeyPatch, text: str) -> str:
    monkeypatch.setenv("TOOL_EXECUTOR_DEPLOYMENT", text)
    with pytest.raises(DeploymentNotFoundError) as caught:
        deployment_of_environment(AWS, "dev")
    return caught.value.sentence


def test_the_environment_may_hold_the_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOL_EXECUTOR_DEPLOYMENT", json.dumps({**OUTPUTS, "Other": 1}))
    assert deployment_of_environment(AWS, "dev").functions == {"stock-desk": "function"}


@pytest.mark.parametrize("name", OUTPUTS)
@pytest.mark.parametrize("value", [None, 5, "", ["a"]])
def test_an_output_that_is_missing_or_no_text_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: Any) -> None:
    told = _told(monkeypatch, json.dumps({**OUTPUTS, name: value}))
    assert told.endswith(f"are missing: {name}.")
    without = {own: text for own, text in OUTPUTS.items() if own != name}
    assert _told(monkeypatch, json.dumps(without)) == told


@pytest.mark.parametrize("text", ["{}", "[]", "null", '"x"', "5"])
def test_what_holds_none_of_them_names_all(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    told = _told(monkeypatch, text)
    assert all(name in told for name in OUTPUTS)


@pytest.mark.parametrize("functions", ["{", "[]", '"a"', '{"a": 5}'])
def test_functions_that_are_no_object_of_names_are_told(monkeypatch: pytest.MonkeyPatch, functions: str) -> None:
    assert "Functions" in _told(monkeypatch, json.dumps({**OUTPUTS, "Functions": functions}))


@pytest.mark.parametrize(
    ("stage", "command"), [("dev", "make deploy STAGE=dev"), ("prod", "make deploy STAGE=prod"), ("a b", "STAGE='a b'")]
)
def test_a_stage_that_is_not_there_is_told_how_it_is_deployed(stage: str, command: str) -> None:
    with mock_aws(), pytest.raises(DeploymentNotFoundError) as caught:
        find_deployment(AWS, stage)
    assert command in str(caught.value.hint)
    assert "cdk deploy" not in str(caught.value.hint)


def test_what_is_no_json_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Not JSON" in _told(monkeypatch, "nojson")


def test_a_stage_that_is_not_there_is_told_with_the_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOOL_EXECUTOR_DEPLOYMENT", raising=False)
    with mock_aws(), pytest.raises(DeploymentNotFoundError, match="no deployment of the stage 'nowhere' in eu-west-1"):
        deployment_of_environment(AWS, "nowhere")


def test_executions_are_started_on_the_alias_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    alias = f"{OUTPUTS['StateMachineArn']}:live"
    monkeypatch.setenv("TOOL_EXECUTOR_DEPLOYMENT", json.dumps({**OUTPUTS, "StateMachineAlias": alias}))
    told = deployment_of_environment(AWS, "dev")
    assert (told.started_arn, told.state_machine_arn) == (alias, OUTPUTS["StateMachineArn"])

    monkeypatch.setenv("TOOL_EXECUTOR_DEPLOYMENT", json.dumps(OUTPUTS))
    assert deployment_of_environment(AWS, "dev").started_arn == OUTPUTS["StateMachineArn"]
