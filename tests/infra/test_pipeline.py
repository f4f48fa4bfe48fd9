"""The example of a pipeline: what it runs exists, in the order that it promises, with the rights that it needs."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from infra.settings import STAGES
from tests.infra.assembly import ROOT
from tests.infra.test_runbook import parsed_command_line

if TYPE_CHECKING:
    from collections.abc import Iterator

PIPELINE: Final = ROOT / "examples" / "pipeline"
WORKFLOW: Final[dict[str, Any]] = yaml.load(
    (PIPELINE / "deploy.yml").read_text(encoding="utf-8"),
    Loader=yaml.BaseLoader,  # noqa: S506 - YAML 1.1 reads "on" as true; this loader makes texts alone
)
ROLE: Final = PIPELINE / "deploy_role.yaml"


def _commands(job: str) -> list[list[str]]:
    return [
        shlex.split(line)
        for step in WORKFLOW["jobs"][job]["steps"]
        for line in step.get("run", "").strip().splitlines()
    ]


def _all_commands() -> Iterator[list[str]]:
    for job in WORKFLOW["jobs"]:
        yield from _commands(job)


def test_the_jobs_follow_one_another() -> None:
    needs = {name: job.get("needs") for name, job in WORKFLOW["jobs"].items()}

    assert needs == {"check": None, "dev": "check", "prod": "dev"}


def test_it_checks_and_tests_before_it_deploys() -> None:
    assert _commands("check") == [["make", "check"], ["make", "test"]]


def test_every_command_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    for program, *arguments in _all_commands():
        if program == "make":
            assert arguments[0] in targets
        else:
            assert program == ".venv/bin/tool-executor"
            parsed_command_line(arguments)


@pytest.mark.parametrize("stage", [stage.name for stage in STAGES])
def test_a_stage_is_deployed_in_its_own_environment_with_a_role_and_no_secret(stage: str) -> None:
    job = WORKFLOW["jobs"][stage]

    assert job["environment"] == job["env"]["TOOL_EXECUTOR_STAGE"] == stage
    assert ["make", "deploy", f"STAGE={stage}", "ARGS=--require-approval never"] in _commands(stage)
    (credentials,) = [step["with"] for step in job["steps"] if "configure-aws-credentials" in step.get("uses", "")]
    assert set(credentials) == {"role-to-assume", "aws-region"}
    assert "secrets." not in json.dumps(WORKFLOW)
    assert WORKFLOW["permissions"] == {"contents": "read", "id-token": "write"}


def test_dev_runs_a_request_of_the_examples_before_prod() -> None:
    (run,) = [command for command in _commands("dev") if command[1:2] == ["run"]]

    assert (ROOT / run[2]).is_file()


def test_a_job_has_time_for_a_gradual_deployment() -> None:
    for stage in STAGES:
        if stage.gradual is not None:
            assert int(WORKFLOW["jobs"][stage.name]["timeout-minutes"]) > stage.gradual.minutes


def test_cfn_lint_finds_nothing_in_the_role() -> None:
    cfn_lint = str(Path(sys.executable).with_name("cfn-lint"))
    done = subprocess.run([cfn_lint, "--", str(ROLE)], capture_output=True, text=True, check=False, timeout=120)

    assert (done.returncode, done.stdout) == (0, "")


def test_only_one_environment_of_one_repository_may_take_the_role() -> None:
    text = ROLE.read_text(encoding="utf-8")

    assert "token.actions.githubusercontent.com:sub: !Sub repo:${Repository}:environment:${Stage}" in text
    assert "token.actions.githubusercontent.com:aud: sts.amazonaws.com" in text
    assert re.search(r"AllowedValues: \[(.*)\]", text)[1].split(", ") == [stage.name for stage in STAGES]
    assert 'Resource: "*"' not in text
