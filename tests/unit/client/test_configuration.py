"""Options: who says them, who wins, and what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tool_contract.options import DEVELOPMENT, PRODUCTION, ToolExecutorOptions
from tool_executor import ConfigurationManager, InvalidConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

NOTHING: dict[str, str] = {}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_where_nobody_says_anything_all_is_default_and_calls_say_nothing() -> None:
    configuration = ConfigurationManager(environment=NOTHING)
    assert configuration.options == ToolExecutorOptions()
    assert configuration.call_fields() == {}
    assert {said.source for said in configuration.said.values()} == {"default"}
    assert (configuration.stage, configuration.route, configuration.max_workers) == ("dev", "auto", 10)


def test_code_wins_over_the_environment_and_that_over_the_file(folder: Path) -> None:
    (folder / "tool-executor.toml").write_text(
        'max_workers = 5\nstage = "file"\ncaller = "file"\n[agents]\ntool_max_retries = 1\n', encoding="utf-8"
    )
    environment = {"TOOL_EXECUTOR_STAGE": "environment", "TOOL_EXECUTOR_CALLER": "environment"}
    configuration = ConfigurationManager({"caller": "code"}, environment=environment)
    assert {name: (configuration.get(name), configuration.said[name].source) for name in ("max_workers", "stage")} == {
        "max_workers": (5, "tool-executor.toml"),
        "stage": ("environment", "TOOL_EXECUTOR_STAGE"),
    }
    assert (configuration.caller, configuration.said["caller"].source) == ("code", "code")
    assert configuration.call_fields() == {"max_retries": 1}


@pytest.mark.usefixtures("folder")
def test_the_agents_settings_are_the_options_they_amount_to() -> None:
    environment = {"TOOL_EXECUTOR_AGENTS__TOOL_TIMEOUT_SECONDS": "20.5"}
    configuration = ConfigurationManager({"agents.tool_max_retries": 2}, environment=environment)
    assert configuration.get("agents.tool_timeout_seconds") == 20.5
    assert configuration.options.timeout_per_tool_ms == 20_500
    assert configuration.call_fields() == {"timeout_seconds": 20.5, "max_retries": 2}
    assert configuration.with_values({"max_retries": 0}).call_fields()["max_retries"] == 0


@pytest.mark.usefixtures("folder")
def test_a_preset_says_what_nothing_else_does() -> None:
    configuration = ConfigurationManager({"preset": "production", "max_retries": 5}, environment=NOTHING)
    assert configuration.options.timeout_per_tool_ms == PRODUCTION.timeout_per_tool_ms
    assert configuration.options.max_retries == 5
    assert configuration.said["timeout_per_tool_ms"].source == "preset production"


@pytest.mark.usefixtures("folder")
def test_options_as_one_object_are_the_codes_word() -> None:
    configuration = ConfigurationManager(environment={"TOOL_EXECUTOR_MAX_RETRIES": "7"}).with_options(DEVELOPMENT)
    assert configuration.options == DEVELOPMENT
    assert configuration.call_fields()["retry"]["initial_delay_seconds"] == 0.2


@pytest.mark.parametrize(
    ("values", "environment", "file", "pointer", "said"),
    [
        ({"max_retries": 11}, NOTHING, "", "/max_retries", "0 to 10"),
        ({"max_workers": "many"}, NOTHING, "", "/max_workers", "said by code"),
        ({}, {"TOOL_EXECUTOR_MAX_WORKERS": "0"}, "", "/max_workers", "said by TOOL_EXECUTOR_MAX_WORKERS"),
        ({}, {"TOOL_EXECUTOR_MAX_WORKRES": "1"}, "", "/max_workres", "said by TOOL_EXECUTOR_MAX_WORKRES"),
        ({}, NOTHING, "[agents]\ntool_retries = 1", "/agents/tool_retries", "said by tool-executor.toml"),
        ({}, NOTHING, "max_workers = ", "", "is no TOML"),
        ({"route": "express"}, NOTHING, "", "/route", "said by code"),
        ({"initial_retry_delay_ms": 9, "max_retry_delay_ms": 8}, NOTHING, "", "/initial_retry_delay_ms", "above"),
    ],
)
def test_what_cannot_be_used_is_named_with_who_said_it(
    folder: Path, values: dict[str, object], environment: dict[str, str], file: str, pointer: str, said: str
) -> None:
    (folder / "tool-executor.toml").write_text(file, encoding="utf-8")
    with pytest.raises(InvalidConfigurationError) as caught:
        ConfigurationManager(values, environment=environment)
    (problem,) = caught.value.problems
    assert problem["pointer"] == pointer
    assert said in problem["message"]


def test_a_file_that_was_named_must_be_there(folder: Path) -> None:
    with pytest.raises(InvalidConfigurationError, match=r"no configuration file .*nowhere\.toml"):
        ConfigurationManager(file=folder / "nowhere.toml", environment=NOTHING)
