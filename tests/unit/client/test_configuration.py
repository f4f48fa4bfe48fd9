"""Options: who says them, who wins, and what is wrong with them."""

from __future__ import annotations

import pickle
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from tool_contract.options import DEVELOPMENT, PRODUCTION, ToolExecutorOptions
from tool_executor import ConfigurationManager, InvalidConfigurationError, InvalidRequestError, ToolExecutor, Wait
from tool_executor.agents import BaseAgent, Orchestrator

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


def test_how_to_wait_may_be_said_by_a_file_the_environment_and_the_program(folder: Path) -> None:
    assert ConfigurationManager(environment=NOTHING).wait == "poll"
    (folder / "tool-executor.toml").write_text('wait = "sync"', encoding="utf-8")
    assert ConfigurationManager(environment=NOTHING).wait == "sync"
    said = ConfigurationManager(environment={"TOOL_EXECUTOR_WAIT": "poll"})
    assert said.wait == "poll"
    assert ToolExecutor(config=said, wait=Wait.SYNC).configuration.wait == "sync"


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
        ({"wait": "async"}, NOTHING, "", "/wait", "said by code"),
        ({}, {"TOOL_EXECUTOR_WAIT": "yes"}, "", "/wait", "said by TOOL_EXECUTOR_WAIT"),
        ({"initial_retry_delay_ms": 9, "max_retry_delay_ms": 8}, NOTHING, "", "/initial_retry_delay_ms", "above"),
        ({}, {"TOOL_EXECUTOR_MAX_WORKERS__X": "3"}, "", "/max_workers__x", "said by TOOL_EXECUTOR_MAX_WORKERS__X"),
        ({}, {"TOOL_EXECUTOR_AGENTS": "{"}, "", "/agents", "TOOL_EXECUTOR_AGENTS holds no JSON object"),
        ({}, {"TOOL_EXECUTOR_AGENTS": "5"}, "", "/agents", "said by TOOL_EXECUTOR_AGENTS"),
        ({}, NOTHING, "agents = 5", "/agents", "said by tool-executor.toml"),
        ({"agents.tool_max_retries": 1}, NOTHING, "agents = 5", "/agents", "said by tool-executor.toml"),
        ({}, NOTHING, "[max_workers]\nx = 1", "/max_workers", "said by tool-executor.toml"),
        ({}, NOTHING, "[agents.tool_timeout_seconds]\na = 1", "/agents/tool_timeout_seconds", "said by tool-executor"),
        ({}, NOTHING, '"a/b.c" = 1', "/a~1b", "said by tool-executor.toml"),
        ({"max_retries": 11}, NOTHING, "", "/max_retries", "said by code"),
        ({"region": ""}, NOTHING, "", "/region", "region: "),
        ({}, {"TOOL_EXECUTOR_STAGE": ""}, "", "/stage", "stage: "),
        ({"agents.tool_max_retries": 11}, NOTHING, "", "/agents/tool_max_retries", "agents.tool_max_retries: "),
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


@pytest.mark.usefixtures("folder")
def test_a_variable_that_names_no_file_is_as_if_it_were_not_set() -> None:
    assert ConfigurationManager(environment={"TOOL_EXECUTOR_CONFIG": ""}).options == ToolExecutorOptions()
    with pytest.raises(InvalidConfigurationError, match=r"no configuration file 'tool-executor\.toml'"):
        ConfigurationManager(environment={"TOOL_EXECUTOR_CONFIG": "tool-executor.toml"})


def test_a_file_that_cannot_be_read_is_told(folder: Path) -> None:
    for file in (folder, "a\0b"):
        with pytest.raises(InvalidConfigurationError, match=r"The configuration file .* cannot be read: "):
            ConfigurationManager(file=file, environment=NOTHING)


@pytest.mark.usefixtures("folder")
def test_options_that_are_given_win_over_the_values_of_a_configuration() -> None:
    given = ConfigurationManager({"max_retries": 1, "max_workers": 3}, environment=NOTHING)
    configuration = ToolExecutor(config=given, options=ToolExecutorOptions(max_retries=5)).configuration
    assert (configuration.options.max_retries, configuration.max_workers) == (5, 3)
    assert given.with_options(ToolExecutorOptions(max_concurrent_tools=7)).max_workers == 7
    assert ToolExecutor(config=given, max_workers=4, options=DEVELOPMENT).configuration.max_workers == 4


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "pointer", "said"),
    [
        ({"config": {"max_workers": 3}}, "/config", "ConfigurationManager("),
        ({"config": "tool-executor.toml"}, "/config", "ConfigurationManager("),
        ({"options": {"max_retries": 3}}, "/options", "ToolExecutorOptions("),
        ({"region": ""}, "/region", "region: "),
        ({"stage": ""}, "/stage", "stage: "),
        ({"region": 10}, "/region", "region: "),
    ],
)
def test_an_executor_says_what_it_wants_in_place_of_something_else(
    arguments: dict[str, Any], pointer: str, said: str
) -> None:
    with pytest.raises(InvalidConfigurationError) as caught:
        ToolExecutor(**arguments)
    (problem,) = caught.value.problems
    assert problem["pointer"] == pointer
    assert said in problem["message"]


@pytest.mark.parametrize("made", [BaseAgent, Orchestrator, ToolExecutor])
def test_so_do_agents(made: Any) -> None:
    with pytest.raises(InvalidConfigurationError, match="config should be a ConfigurationManager"):
        made(config={"max_workers": 3})


@pytest.mark.parametrize(("values", "file"), [(["max_workers"], None), ("x.toml", None), ({}, 5)])
def test_values_are_a_mapping_and_a_file_is_a_path(values: Any, file: Any) -> None:
    with pytest.raises(InvalidConfigurationError, match="should be a"):
        ConfigurationManager(values, file, NOTHING)


@pytest.mark.usefixtures("folder")
def test_values_that_are_changed_later_change_nothing() -> None:
    values = {"max_workers": 3}
    configuration = ConfigurationManager(values, environment=NOTHING)
    values["max_workers"] = 4
    assert configuration.with_values({}).max_workers == configuration.max_workers == 3


@pytest.mark.usefixtures("folder")
def test_concurrency_said_as_an_option_counts_unless_workers_are_said() -> None:
    environment = {"TOOL_EXECUTOR_MAX_CONCURRENT_TOOLS": "3"}
    assert ConfigurationManager(environment=environment).max_workers == 3
    assert ConfigurationManager({"max_workers": 7}, environment=environment).max_workers == 7


def test_a_traceback_shows_what_is_wrong_with_a_request_and_what_to_do() -> None:
    problem = {"pointer": "/calls/0/tool_name", "message": "There is no tool 'ekho'.", "hint": "Did you mean 'echo'?"}
    late = {"pointer": "/timeout_seconds", "message": "It is too long."}
    error = InvalidRequestError(
        "The request has 2 problems; nothing was run.", [problem, late], hint="See the catalog."
    )
    told = "".join(traceback.format_exception_only(error))
    assert told.endswith("See the catalog.\n/timeout_seconds It is too long.\n")
    assert told.count("There is no tool 'ekho'. Did you mean 'echo'?") == 1


def test_a_line_in_a_log_says_what_is_wrong_with_a_request_first() -> None:
    first = {"pointer": "/calls/0/input/x", "message": "This field is required."}
    sentence = "The request has 1 problem; nothing was run."
    error = InvalidRequestError(sentence, [first])
    assert f"{error}" == "The request has 1 problem; nothing was run: /calls/0/input/x This field is required."
    assert error.to_json()["error"] == error.sentence == sentence
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301 - its own bytes


def test_a_sentence_that_is_the_problem_is_said_once() -> None:
    assert str(InvalidRequestError("It is empty.", [{"pointer": "/id", "message": "It is empty."}])) == "It is empty."
    assert str(InvalidRequestError("It is empty.", [])) == "It is empty."
