"""Adding a tool is ten lines of code in a folder of its own, and one line of settings."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.e2e import readme
from tests.e2e.conftest import ROOT, Shell

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.xdist_group("cdk")

REQUEST = '{"calls": [{"tool_name": "greet", "input": {"name": "Ada"}}]}'


@pytest.fixture
def checkout(tmp_path: Path) -> Shell:
    """A copy of the project, and a shell in it that imports the copy's code."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    copy = tmp_path / "project"
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    return Shell({**os.environ, "PYTHONPATH": f"{copy}{os.pathsep}{copy / 'src'}"}, copy)


def test_a_tool_of_ten_lines_appears_in_the_catalog_deploys_and_runs(checkout: Shell) -> None:
    folder = checkout.folder / "lambdas" / "greeter"
    folder.mkdir()
    (folder / "__init__.py").write_text('"""Greets."""\n')
    (code,) = [block for block in readme.blocks("python") if "ToolGroup" in block]
    assert len(code.splitlines()) == 10
    (folder / "handler.py").write_text(code)
    settings = checkout.folder / "infra" / "settings.py"
    line = 'GroupSettings(name="greeter", folder="lambdas/greeter")'
    assert line in readme.text()
    settings.write_text(settings.read_text().replace("GROUPS: Final = (\n", f"GROUPS: Final = (\n    {line},\n"))

    checkout.run("python", "-m", "infra.write_catalog")
    assert checkout.json("tool-executor", "tools", "greet", "--json")["description"] == "Greet somebody by name."
    output = checkout.json("tool-executor", "run", "-", "--local", "--json", given=REQUEST)
    assert output["results"][0]["result"] == {"greeting": "Hello, Ada!"}


def test_a_group_that_is_not_what_its_settings_say_is_one_sentence(checkout: Shell) -> None:
    settings = checkout.folder / "infra" / "settings.py"
    settings.write_text(settings.read_text().replace('name="inventory-optimizer"', 'name="inventory"'))
    said = checkout.run("python", "-m", "infra.write_catalog", code=1)
    assert "inventory-optimizer" in said
    assert "Traceback" not in said
