"""The command line as a user meets it: answers, exit codes, and one sentence for whatever is wrong."""

from __future__ import annotations

import json
import os
import socket
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.conftest import ROOT, Shell

if TYPE_CHECKING:
    from pathlib import Path

    from tests.local.conftest import Deployed

HANDLED = {"calls": [{"tool_name": "echo", "input": {"text": "hello"}}]}
PARTIAL = {"calls": [{"tool_name": "noop", "input": {}}, {"tool_name": "missing", "input": {"name": "x"}}]}
INVALID = {"calls": [{"tool_name": "ecko", "input": {}}, {"tool_name": "noop", "input": {}, "max_retries": -1}]}


@pytest.fixture
def shell(deployed: Deployed) -> Shell:
    return Shell(deployed.environment)


@pytest.fixture
def no_aws(tmp_path: Path) -> Shell:
    """A shell on a machine where AWS was never set up."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    nothing = {"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path), "AWS_CONFIG_FILE": os.devnull}
    return Shell({**environment, **nothing})


def run(shell: Shell, request: Any, *options: str, code: int = 0) -> str:
    return shell.run("tool-executor", "run", "-", *options, given=json.dumps(request), code=code)


def test_run_exits_0_when_all_succeeded_and_prints_the_contracts_output_alone(shell: Shell) -> None:
    output = json.loads(run(shell, HANDLED, "--json"))
    assert output["status"] == "succeeded"
    assert output["results"][0]["result"]["text"] == "hello"


def test_run_exits_1_when_some_did_not(shell: Shell) -> None:
    assert json.loads(run(shell, PARTIAL, "--json", code=1).splitlines()[0])["status"] == "partial"


def test_run_exits_2_for_an_invalid_request_and_names_every_problem(shell: Shell) -> None:
    said = run(shell, INVALID, code=2)
    assert "/calls/0/tool_name" in said
    assert "Did you mean 'echo'?" in said
    assert "/calls/1/max_retries" in said
    assert "Traceback" not in said


def test_with_json_an_invalid_request_is_told_in_json(shell: Shell) -> None:
    told = json.loads(run(shell, INVALID, "--json", code=2).splitlines()[0])
    assert told["error_code"] == "InvalidRequest"
    assert {detail["pointer"] for detail in told["details"]} == {"/calls/0/tool_name", "/calls/1/max_retries"}


def test_run_shows_a_table_with_each_call_and_where_the_history_is(shell: Shell, deployed: Deployed) -> None:
    said = run(shell, PARTIAL, code=1)
    assert "NotFound" in said
    assert deployed.deployment.history_table in said


def test_run_takes_the_executions_id(shell: Shell) -> None:
    assert json.loads(run(shell, HANDLED, "--name", "named-by-cli", "--json"))["execution_id"] == "named-by-cli"


def test_history_shows_an_execution_with_its_attempts(shell: Shell) -> None:
    request = {"calls": [{"tool_name": "flaky", "input": {"failures": 1}}]}
    execution_id = json.loads(run(shell, request, "--json"))["execution_id"]
    said = shell.run("tool-executor", "history", execution_id)
    assert "attempt 1 of flaky" in said
    assert "retried in 1 s" in said
    records = shell.json("tool-executor", "history", execution_id, "--json")
    assert [record["call_id"] for record in records] == ["#execution", "c1"]


@pytest.mark.parametrize(
    "options", [(), ("--tool", "echo"), ("--correlation-id", "cli-history"), ("--open",), ("--day", "2001-01-01")]
)
def test_history_lists_by_each_index(shell: Shell, options: tuple[str, ...]) -> None:
    run(shell, {**HANDLED, "correlation_id": "cli-history"})
    records = shell.json("tool-executor", "history", *options, "--json")
    assert bool(records) == (options not in {("--open",), ("--day", "2001-01-01")})


def test_history_of_an_unknown_execution_is_one_sentence(shell: Shell) -> None:
    assert "no execution 'nowhere'" in shell.run("tool-executor", "history", "nowhere", code=2)


def test_tools_lists_the_catalog_and_shows_one_tool(no_aws: Shell) -> None:
    assert "forecast_demand" in no_aws.run("tool-executor", "tools")
    shown = no_aws.json("tool-executor", "tools", "forecast_demand", "--json")
    assert shown["annotations"]["read_only"] is True
    assert "Did you mean 'forecast_demand'?" in no_aws.run("tool-executor", "tools", "forecast_demnd", code=2)


def test_validate_needs_no_deployment(no_aws: Shell) -> None:
    assert "valid: 13 calls" in no_aws.run("tool-executor", "validate", "examples/morning_check.json")
    wrong = '{"calls": [{"tool_name": "forecast_demand", "input": {"product_code": 5}}]}'
    said = no_aws.run("tool-executor", "validate", "-", given=wrong, code=2)
    assert "/calls/0/input/product_code" in said
    assert "/calls/0/input/warehouse_code" in said


@pytest.mark.parametrize(
    ("given", "expected"),
    [("{", "Not JSON"), ('{"calls": NaN}', "NaN"), ('{"calls": [], "calls": []}', "stands twice"), ("[1", "Not JSON")],
)
def test_a_file_that_holds_no_json_is_one_sentence(no_aws: Shell, given: str, expected: str) -> None:
    said = no_aws.run("tool-executor", "validate", "-", given=given, code=2)
    assert expected in said
    assert "Traceback" not in said


def test_a_missing_file_is_one_sentence(no_aws: Shell) -> None:
    assert "There is no file 'nowhere.json'" in no_aws.run("tool-executor", "run", "nowhere.json", code=2)


def test_missing_credentials_are_one_sentence_that_says_what_to_do(no_aws: Shell) -> None:
    said = no_aws.run("tool-executor", "run", "-", "--region", "eu-west-1", given=json.dumps(HANDLED), code=2)
    assert "No AWS credentials" in said
    assert "--local" in said


def test_a_missing_region_is_one_sentence(no_aws: Shell) -> None:
    assert "No AWS region" in no_aws.run("tool-executor", "history", code=2)


def test_an_endpoint_where_nothing_answers_is_one_sentence(no_aws: Shell) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        silent = {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_REGION": "eu-west-1",
        }
        said = Shell({**no_aws.environment, **silent}).run("tool-executor", "history", code=2)
    assert "Nothing answers at" in said


def test_a_stage_that_is_not_deployed_is_one_sentence(shell: Shell) -> None:
    said = shell.run("tool-executor", "history", "--stage", "nowhere", code=2)
    assert "no deployment of the stage 'nowhere'" in said


def test_a_port_in_use_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = Shell(dict(os.environ)).run("tool-executor", "local", "up", "--port", port, code=2)
    assert f"Port {port} is in use" in said


def test_help_has_examples(no_aws: Shell) -> None:
    for command in (("run",), ("tools",), ("validate",), ("history",), ("local", "up")):
        assert f"tool-executor {command[0]}" in no_aws.run("tool-executor", *command, "--help")


def test_the_version_is_the_packages(no_aws: Shell) -> None:
    assert no_aws.run("tool-executor", "--version").strip() == "0.1.0"


def test_an_unknown_option_is_a_usage_error(no_aws: Shell) -> None:
    assert "No such option" in no_aws.run("tool-executor", "run", "--nope", code=2)


def test_the_checkouts_root_is_found_from_a_folder_below(shell: Shell) -> None:
    below = Shell(shell.environment, ROOT / "docs")
    assert "forecast_demand" in below.run("tool-executor", "tools")
