"""What a synth needs, and that its template is sound."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.infra.assembly import NODE, ROOT, Assembly, run_app, synthesize

if TYPE_CHECKING:
    from typing import Any

# Python reads it at its start, before the app can open a connection. Jsii talks to node by pipes.
_NO_NETWORK = """
import socket

def _refused(*_):
    raise OSError("this test has no network")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = _refused
"""
_CLOSED = "http://127.0.0.1:9"


def test_a_local_synth_needs_no_network_no_credentials_no_git_and_no_docker(tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    (blocked / "sitecustomize.py").write_text(_NO_NETWORK, encoding="utf-8")
    done = run_app(
        tmp_path / "cdk.out",
        {"target": "local"},
        PATH=str(Path(sys.executable).parent),
        PYTHONPATH=str(blocked),
        UV_OFFLINE="1",
        **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), _CLOSED),
    )

    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert Assembly(tmp_path / "cdk.out", "dev").functions


def test_cfn_lint_finds_nothing(assembly: Assembly) -> None:
    # W3005: CDK writes dependencies out that a reference implies already.
    cfn_lint = Path(sys.executable).with_name("cfn-lint")
    command = [str(cfn_lint), "--ignore-checks", "W3005", "--", str(assembly.template_file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)

    assert (done.returncode, done.stdout) == (0, "")


def test_the_cdk_cli_writes_the_same_template_as_the_app_by_itself(dev: Assembly, tmp_path: Path) -> None:
    command = [str(NODE), "node_modules/aws-cdk/bin/cdk", "synth", "--quiet", "--context", "target=local"]
    subprocess.run(
        [*command, "--output", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
        check=True,
        timeout=120,
    )

    assert _without_metadata(Assembly(tmp_path, "dev").template) == _without_metadata(dev.template)


def test_the_stack_is_of_no_account_and_no_region(assembly: Assembly) -> None:
    manifest = json.loads((assembly.folder / "manifest.json").read_text(encoding="utf-8"))

    assert (
        manifest["artifacts"][f"tool-executor-{assembly.stage}"]["environment"]
        == "aws://unknown-account/unknown-region"
    )


def test_no_resource_is_unknown_to_cloudformation_outside_of_cdk(assembly: Assembly) -> None:
    kinds = {resource["Type"] for resource in assembly.resources}

    assert "AWS::CDK::Metadata" not in kinds
    assert not [kind for kind in kinds if kind.startswith("Custom::")]


def test_no_path_of_this_machine_is_in_the_template(assembly: Assembly) -> None:
    assert str(ROOT) not in assembly.template_file.read_text(encoding="utf-8")


def test_an_extra_group_becomes_a_function_with_its_tool_in_every_catalog(tmp_path: Path) -> None:
    folder = "tests/infra/tool_groups/echo"
    assembly = synthesize(tmp_path, stage="dev", target="local", extra_groups=folder)

    assert assembly.functions["echo"]["Handler"] == "tests.infra.tool_groups.echo.handler.lambda_handler"
    assert json.loads(assembly.outputs["Functions"])["echo"] == "tool-executor-dev-echo"
    assert "echo" in json.loads(assembly.functions["planner"]["Environment"]["Variables"]["TOOL_FUNCTIONS"])
    assert (assembly.zip_folder("echo") / folder / "handler.py").is_file()
    for function in ("planner", "finisher", "inventory-optimizer", "echo"):
        text = (assembly.zip_folder(function) / "tool_contract/catalog.json").read_text(encoding="utf-8")
        assert "echo_text" in {tool["name"] for tool in json.loads(text)["tools"]}


def _without_metadata(template: dict[str, Any]) -> dict[str, Any]:
    resources = {
        logical_id: {key: value for key, value in resource.items() if key != "Metadata"}
        for logical_id, resource in template["Resources"].items()
    }
    return {**template, "Resources": resources}
