"""What all commands share: completion, help, options, empty ids."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from tool_executor.cli.main import app

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.conftest import Ran

    Command = Callable[..., Ran]


def test_config_tells_each_option_and_who_said_it(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    file = tmp_path / "own.toml"
    file.write_text('preset = "ci_cd"\nmax_workers = 7\n[agents]\ntool_max_retries = 2\n')
    monkeypatch.setenv("TOOL_EXECUTOR_MAX_WORKERS", "9")

    told = json.loads(command("config", "--file", file, "--json").out)
    table = command("config", "--file", file)

    assert told["options"]["max_workers"] == {"value": 9, "source": "TOOL_EXECUTOR_MAX_WORKERS"}
    assert told["options"]["max_retries"] == {"value": 2, "source": str(file)}
    assert told["options"]["timeout_per_tool_ms"]["source"] in {"preset ci_cd", "default"}
    assert told["precedence"][0].startswith("code")
    assert "TOOL_EXECUTOR_MAX_WORKERS" in "".join(table.out.split())
    assert "wins" in table.out


def test_config_that_cannot_be_used_is_a_sentence(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOL_EXECUTOR_MAX_WORKERS", "many")

    ran = command("config")

    assert ran.code == 2
    assert "TOOL_EXECUTOR_MAX_WORKERS" in ran.err


def completed(*words: str) -> list[str]:
    environment = {
        "_TOOL_EXECUTOR_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(("tool-executor", *words)),
        "COMP_CWORD": str(len(words)),
    }
    return CliRunner().invoke(app, [], prog_name="tool-executor", env=environment).output.split()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("sh",), ["show"]),
        (("tools", "fore"), ["forecast_demand"]),
        (("history", "--tool", "ident"), ["identify_stockout_risks"]),
        (("stats", "--tool", "calc"), ["calculate_reorder_points"]),
        (("breaker", "open", "fore"), ["forecast_demand"]),
        (("history", "--status", "canc"), ["cancelled"]),
    ],
)
def test_the_shell_completes_commands_tools_and_statuses(words: tuple[str, ...], expected: list[str]) -> None:
    assert completed(*words) == expected


def test_completion_scripts_are_there_for_shells() -> None:
    shown = CliRunner().invoke(app, [], prog_name="tool-executor", env={"_TOOL_EXECUTOR_COMPLETE": "source_bash"})

    assert "_TOOL_EXECUTOR_COMPLETE=complete_bash" in shown.output


def test_every_command_has_examples_in_its_help(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["tool-executor"])
    for name in ("run", "watch", "show", "history", "stats", "clear-history", "cancel", "config", "tools", "validate"):
        said = command(name, "--help").out
        assert "Examples:" in said
        assert f"tool-executor {name}" in said


@pytest.mark.parametrize("empty", ["", " "])
@pytest.mark.parametrize(
    "arguments",
    [
        ("show",),
        ("watch",),
        ("cancel",),
        ("history",),
        ("history", "--correlation-id"),
        ("stats", "--correlation-id"),
        ("clear-history", "--remote", "--yes"),
    ],
)
def test_an_empty_id_is_told_in_a_sentence(command: Command, arguments: tuple[str, ...], empty: str) -> None:
    ran = command(*arguments, empty)
    assert ran.code == 2
    assert "It is empty." in " ".join(ran.err.split())
    assert "AWS" not in ran.err


def test_a_hint_is_given_once(command: Command) -> None:
    ran = command("stats", "--tool", "forecast_demnd")
    assert ran.code == 2
    assert ran.err.count("Did you mean 'forecast_demand'?") == 1
