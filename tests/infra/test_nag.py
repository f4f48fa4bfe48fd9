"""cdk-nag as part of a synth: where it runs, and that each accepted finding is one, with a reason."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

import pytest

from infra.acknowledged import ACCEPTED, matches
from infra.checks.run import synthesized as synthesized_with_rules
from infra.settings import STAGES
from tests.infra.assembly import run_app

if TYPE_CHECKING:
    from pathlib import Path

_NOTHING_ACCEPTED: Final = """
from infra import acknowledged
acknowledged.ACCEPTED = ()
import app
"""
_ON_AWS: Final = """
import sys
from dataclasses import replace
from infra import synth
stage = synth.stage_functions
synth.stage_functions = lambda deployment: stage(replace(deployment, target="local"))
synth.synthesize()
print("cdk_nag" in sys.modules)
"""


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """All that cdk-nag finds in the stages, accepted or not: places below the stack, and rules."""
    return {each for stage in STAGES for each in _findings(stage.name, tmp_path_factory.mktemp("nag"))}


def _findings(stage: str, folder: Path) -> set[tuple[str, str]]:
    done = run_app(folder, {"stage": stage, "target": "local", "nag": True}, program=("-c", _NOTHING_ACCEPTED))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "infra/acknowledged.py" in done.stderr
    report = json.loads((folder / "validation-report.json").read_text(encoding="utf-8"))
    return {
        (each["constructPath"].removeprefix(f"tool-executor-{stage}/"), violation["ruleName"])
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for each in violation["violatingConstructs"]
    }


def test_every_accepted_finding_is_found_where_it_is_accepted(findings: set[tuple[str, str]]) -> None:
    """A reason for what is not there any more is a door left open."""
    unused = [
        (accepted.place, accepted.rule)
        for accepted in ACCEPTED
        if not any(_is_of(place, accepted.place) and _is(rule, accepted.rule) for place, rule in findings)
    ]

    assert unused == []


def test_every_reason_is_a_sentence() -> None:
    assert [accepted for accepted in ACCEPTED if len(accepted.reason) < 25 or not accepted.reason.endswith(".")] == []


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_with_what_is_accepted_the_synth_ends_well(stage: str) -> None:
    _, result = synthesized_with_rules(stage)

    assert result.said == ""


@pytest.mark.parametrize(("target", "loaded"), [("aws", "True"), ("local", "False")])
def test_every_synth_for_aws_knows_the_rules_and_the_local_clouds_does_without(
    tmp_path: Path, target: str, loaded: str
) -> None:
    done = run_app(tmp_path / "cdk.out", {"target": target}, program=("-c", _ON_AWS))

    assert (done.returncode, done.stdout.strip()) == (0, loaded), done.stderr


@pytest.mark.parametrize(
    ("place", "pattern", "expected"),
    [
        ("Browser/Role/DefaultPolicy", "*/Role/DefaultPolicy", True),
        ("Workflow/StateMachine/Role/DefaultPolicy", "*/Role/DefaultPolicy", False),
        ("Browser/Role", "*/Role/DefaultPolicy", False),
    ],
)
def test_a_star_in_a_place_is_one_name(place: str, pattern: str, *, expected: bool) -> None:
    assert matches(place, pattern) is expected


def _is_of(place: str, accepted: str) -> bool:
    """Whether a place is the accepted one or lies in it."""
    names = place.split("/")
    return any(matches("/".join(names[:depth]), accepted) for depth in range(1, len(names) + 1))


def _is(rule: str, accepted: str) -> bool:
    literal = (
        accepted.replace("[", "[[]")
        .replace("*", "[*]")
        .replace("{stage}", "*")
        .replace("{artifacts}", "*")
        .replace("{function}", "*")
    )
    return fnmatchcase(rule, literal)
