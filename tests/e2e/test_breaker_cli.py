"""``tool-executor breaker`` against a deployment, and that it and the runtime mean the same item."""

from __future__ import annotations

import itertools
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.runtime.breaker_store import Breakers
from tests.e2e.conftest import Shell
from tool_contract.breaker_item import key_of

if TYPE_CHECKING:
    from tests.local.conftest import Deployed

_numbers = itertools.count(1)


@pytest.fixture
def shell(deployed: Deployed) -> Shell:
    return Shell(deployed.environment)


@pytest.fixture
def tool() -> str:
    """Tests share the deployment: each has a tool of its own."""
    return f"b{next(_numbers)}"


@pytest.fixture
def breakers(deployed: Deployed) -> Breakers:
    """The breakers as the tools' functions see them."""
    return Breakers(deployed.deployment.tool_state_table, deployed.aws.dynamodb)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def listed(shell: Shell, tool: str) -> dict[str, Any]:
    states = shell.json("tool-executor", "breaker", "list", "--json")
    return next(state for state in states if state["tool_name"] == tool)


def failed_calls(breakers: Breakers, tool: str, number: int) -> None:
    for _ in range(number):
        admission = breakers.admit(tool, now_ms())
        breakers.report(tool, admission, failed=True, slow=False, now_ms=now_ms())


def test_list_shows_what_the_runtime_counted_and_opened(shell: Shell, breakers: Breakers, tool: str) -> None:
    failed_calls(breakers, f"{tool}_counted", 3)
    failed_calls(breakers, f"{tool}_opened", 10)

    counted, opened = listed(shell, f"{tool}_counted"), listed(shell, f"{tool}_opened")

    assert (counted["circuit"], counted["calls"], counted["failed"], counted["until"]) == ("closed", 3, 3, None)
    assert opened["circuit"] == "open"
    assert opened["until"].endswith("Z")
    assert f"{tool}_opened" in shell.run("tool-executor", "breaker", "list")


def test_open_refuses_calls_close_lets_them_run_and_reset_lets_the_breaker_decide(
    shell: Shell, breakers: Breakers, tool: str
) -> None:
    shell.run("tool-executor", "breaker", "open", tool)
    assert not breakers.admit(tool, now_ms()).allowed
    assert listed(shell, tool)["circuit"] == "forced_open"

    shell.run("tool-executor", "breaker", "close", tool)
    time.sleep(1.1)  # what the process has read it keeps for a second
    failed_calls(breakers, tool, 12)
    assert breakers.admit(tool, now_ms()).allowed

    assert shell.json("tool-executor", "breaker", "reset", tool, "--json")["circuit"] == "closed"
    time.sleep(1.1)
    failed_calls(breakers, tool, 10)
    assert not breakers.admit(tool, now_ms()).allowed


def test_each_command_begins_a_new_generation_so_that_calls_under_way_come_too_late(
    shell: Shell, breakers: Breakers, tool: str
) -> None:
    failed_calls(breakers, tool, 9)
    under_way = breakers.admit(tool, now_ms())
    state = shell.json("tool-executor", "breaker", "reset", tool, "--json")
    breakers.report(tool, under_way, failed=True, slow=False, now_ms=now_ms())
    assert listed(shell, tool) == state
    assert (state["generation"], state["calls"]) == (1, 0)


def test_reset_mends_an_item_that_is_no_breaker(shell: Shell, deployed: Deployed, tool: str) -> None:
    table = deployed.deployment.tool_state_table
    deployed.aws.dynamodb.put_item(TableName=table, Item={**key_of(tool), "circuit": {"S": "ajar"}})
    assert listed(shell, tool)["circuit"] == "unreadable"
    assert "unreadable" in shell.run("tool-executor", "breaker", "list")
    shell.run("tool-executor", "breaker", "reset", tool)
    assert listed(shell, tool)["circuit"] == "closed"


def test_a_tool_that_the_catalog_does_not_know_is_told_and_close_names_with_it(shell: Shell) -> None:
    done = shell.run("sh", "-c", "tool-executor breaker reset forecast_demnd 2>&1")
    assert "no tool 'forecast_demnd'" in done
    assert "Did you mean 'forecast_demand'?" in done


def test_what_can_name_no_tool_is_refused(shell: Shell) -> None:
    told = json.loads(shell.run("tool-executor", "breaker", "open", "breaker#x", "--json", code=2).splitlines()[0])
    assert told["error_code"] == "ToolNotFound"


def test_help_has_examples(shell: Shell) -> None:
    for command in ("list", "open", "close", "reset"):
        assert f"tool-executor breaker {command} " in shell.run("tool-executor", "breaker", command, "--help")
