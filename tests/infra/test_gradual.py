"""A stage that goes over gradually: an execution ends on the versions that it was started on."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from infra.errors import SettingsError
from infra.gradual import GradualSettings
from infra.settings import STAGES, read_deployment
from tests.infra.changed_settings import synthesize_changed
from tests.infra.conftest import CALLERS, ON_CDP

if TYPE_CHECKING:
    from pathlib import Path

    from tests.infra.assembly import Assembly


def _versions(assembly: Assembly) -> dict[str, str]:
    """Return the logical id of each function's version: a new one is a new version."""
    raw = {key: each for key, each in assembly.template["Resources"].items() if each["Type"] == "AWS::Lambda::Version"}
    return {assembly.resolve(each["Properties"]["FunctionName"]).rsplit("-prod-")[-1]: key for key, each in raw.items()}


def _raw(assembly: Assembly, kind: str) -> list[dict[str, Any]]:
    return [each for each in assembly.template["Resources"].values() if each["Type"] == kind]


def _qualified(arn: str) -> bool:
    return len(arn.split(":function:")[1].split(":")) == 2


def test_prod_goes_over_gradually_and_dev_at_once(dev: Assembly, prod: Assembly) -> None:
    kinds = {"AWS::Lambda::Version", "AWS::StepFunctions::StateMachineVersion", "AWS::StepFunctions::StateMachineAlias"}

    assert not kinds & {each["Type"] for each in dev.resources}
    assert kinds <= {each["Type"] for each in prod.resources}


def test_the_machine_names_versions_of_planner_and_finisher(prod: Assembly) -> None:
    states = prod.definition["States"]
    invoked = [states[name]["Arguments"]["FunctionName"] for name in ("Plan", "Finish")]

    assert all(map(_qualified, invoked))


def test_the_planner_plans_with_versions_of_the_tools(prod: Assembly) -> None:
    known = json.loads(prod.functions["planner"]["Environment"]["Variables"]["TOOL_FUNCTIONS"])

    assert known
    assert all(map(_qualified, known.values()))


def test_a_change_of_one_tool_group_is_a_new_version_of_it_and_of_who_names_it(prod: Assembly, tmp_path: Path) -> None:
    before, after = _versions(prod), _versions(synthesize_changed(tmp_path / "after", stage="prod", browser=ON_CDP))

    assert set(before) == {"planner", "finisher", "inventory-optimizer", "browser"}
    # The finisher closes browsers: it knows where they are, too.
    assert {name for name in before if before[name] != after[name]} == {"browser", "planner", "finisher"}


@pytest.mark.parametrize("kind", ["AWS::Lambda::Version", "AWS::StepFunctions::StateMachineVersion"])
def test_versions_outlive_the_deployment_that_follows(prod: Assembly, kind: str) -> None:
    kept = [each for each in prod.template["Resources"].values() if each["Type"] == kind]

    assert kept
    assert {(each["DeletionPolicy"], each["UpdateReplacePolicy"]) for each in kept} == {("Retain", "Retain")}


def test_each_revision_of_the_machine_is_a_version(prod: Assembly) -> None:
    versions = [each["Properties"] for each in _raw(prod, "AWS::StepFunctions::StateMachineVersion")]
    machines = [each["StateMachineRevisionId"]["Fn::GetAtt"] for each in versions]

    assert {attribute for _, attribute in machines} == {"StateMachineRevisionId"}
    assert len({machine for machine, _ in machines}) == len(machines) == 2


@pytest.mark.parametrize("number", [0, 1])
def test_each_alias_moves_as_the_stage_says_unless_an_alarm_rings(prod: Assembly, number: int) -> None:
    (gradual,) = [stage.gradual for stage in STAGES if stage.name == "prod"]
    aliases = list(prod.of_type("AWS::StepFunctions::StateMachineAlias"))
    alias = aliases[number]
    preference = alias["DeploymentPreference"]
    alarms = {each["AlarmName"] for each in prod.of_type("AWS::CloudWatch::Alarm")}

    assert len(aliases) == 2
    assert alias["Name"] == "live"
    assert gradual is not None
    assert (preference["Type"], preference["Percentage"], preference["Interval"]) == (
        "CANARY",
        gradual.percent,
        gradual.minutes,
    )
    assert set(preference["Alarms"]) <= alarms
    assert len(preference["Alarms"]) <= 100
    for what in ("executions-failed", "executions-timed-out", "planner-errors", "finisher-errors", "tool-errors-click"):
        assert f"tool-executor-prod-{what}" in preference["Alarms"]


def test_callers_start_on_the_alias_by_the_client_and_by_their_entrance(prod: Assembly, tmp_path: Path) -> None:
    file = tmp_path / "callers.json"
    file.write_text(json.dumps(CALLERS), encoding="utf-8")
    limited = synthesize_changed(tmp_path / "limited", stage="prod", callers=str(file))
    (definition,) = [
        json.loads(each["DefinitionString"])
        for each in limited.of_type("AWS::StepFunctions::StateMachine")
        if each["StateMachineName"].endswith("-from-shop")
    ]

    alias = f"{prod.outputs['StateMachineArn']}:live"
    assert prod.outputs["StateMachineAlias"] == alias
    assert prod.outputs["ExpressStateMachineAlias"] == f"{prod.outputs['ExpressStateMachineArn']}:live"
    assert definition["States"]["Start"]["Arguments"]["StateMachineArn"] == alias


@pytest.mark.parametrize("wrong", [{"percent": 0}, {"percent": 100}, {"minutes": 0}, {"minutes": 61}])
def test_what_cloudformation_would_refuse_is_refused_here(wrong: dict[str, int]) -> None:
    with pytest.raises(SettingsError, match="percent is from 1 to 99, minutes from 1 to 60"):
        GradualSettings(**wrong).check("prod")


def test_the_groups_that_start_from_a_snapshot_are_those_the_stage_names(prod: Assembly, dev: Assembly) -> None:
    def snapshots(assembly: Assembly) -> set[str]:
        return {
            each["FunctionName"]
            for each in assembly.of_type("AWS::Lambda::Function")
            if each.get("SnapStart") == {"ApplyOn": "PublishedVersions"}
        }

    assert snapshots(prod) == {"tool-executor-prod-inventory-optimizer"}
    assert snapshots(dev) == set()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"snap_start": ("browser",), "gradual": None}, "needs versions: set gradual, too"),
        ({"snap_start": ("brwser",)}, "no tool group: brwser"),
    ],
)
def test_a_snapshot_needs_versions_of_a_tool_group(
    monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any], said: str
) -> None:
    (prod_stage,) = [stage for stage in STAGES if stage.name == "prod"]
    monkeypatch.setattr("infra.settings.STAGES", (replace(prod_stage, **wrong),))

    with pytest.raises(SettingsError, match=said):
        read_deployment({"stage": "prod"}.get)
