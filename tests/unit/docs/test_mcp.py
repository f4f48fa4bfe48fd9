"""The guide to MCP: its configurations are JSON that the command takes, and no option is left out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import typer

from tool_executor.cli.main import app

PAGE = Path(__file__).resolve().parents[3] / "docs" / "mcp.md"
TEXT = PAGE.read_text(encoding="utf-8")
CONFIGURATIONS = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)]
OPTIONS = {
    name
    for parameter in typer.main.get_command(app).commands["mcp"].params  # type: ignore[attr-defined]
    for name in parameter.opts
    if name.startswith("--") and name != "--help"
}


def _servers() -> list[dict[str, Any]]:
    return [(one.get("mcpServers") or one["servers"])["tool-executor"] for one in CONFIGURATIONS]


@pytest.mark.parametrize("server", [one for one in _servers() if "command" in one])
def test_a_hosts_configuration_calls_the_command_with_options_that_it_has(server: dict[str, Any]) -> None:
    command, *arguments = server["args"]
    assert (Path(server["command"]).name, command) == ("tool-executor", "mcp")
    assert {argument for argument in arguments if argument.startswith("--")} <= OPTIONS
    assert all(isinstance(value, str) for value in server["env"].values())


def test_there_are_configurations_for_both_transports() -> None:
    assert ["url" in server for server in _servers()].count(True) == 1
    assert len(_servers()) >= 4


def test_every_option_is_in_the_guide() -> None:
    assert {option for option in OPTIONS if f"`{option}" not in TEXT} == set()
