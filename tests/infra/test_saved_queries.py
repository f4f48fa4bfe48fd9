"""The saved queries: over which logs, and of which fields."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from infra.saved_queries import EXPRESS_QUERIES, QUERIES
from tests.infra.assembly import ROOT
from tool_contract.metrics import Metric

if TYPE_CHECKING:
    from tests.infra.assembly import Assembly

_FIELDS = {"@timestamp", "service", "level", "message", "correlation_id", "execution_id", "call_id", "tool", "attempt"}
_COMMANDS = {"fields", "filter", "stats", "sort", "limit"}


def test_every_query_is_saved_under_the_stacks_name_over_all_functions_logs(assembly: Assembly) -> None:
    saved = {each["Name"]: each for each in assembly.of_type("AWS::Logs::QueryDefinition")}
    groups = {f"/aws/lambda/{function['FunctionName']}" for function in assembly.functions.values()}

    express = {f"/aws/vendedlogs/states/tool-executor-{assembly.stage}-express"}
    folder = f"tool-executor-{assembly.stage}"
    asked = {name: set(each["LogGroupNames"]) for name, each in saved.items()}
    assert asked == {
        **{f"{folder}/{name}": groups for name in QUERIES},
        **{f"{folder}/{name}": express for name in EXPRESS_QUERIES},
    }


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_asks_for_fields_that_the_logs_have(name: str) -> None:
    metrics = {metric.value for metric in Metric}
    asked = {
        field
        for line in re.findall(r"^(?:\| )?fields (.*)$", QUERIES[name], re.MULTILINE)
        for field in line.split(", ")
    }

    assert asked
    assert asked <= _FIELDS | {"error_code", "problems"} | metrics


@pytest.mark.parametrize("text", [*QUERIES.values(), *EXPRESS_QUERIES.values()])
def test_a_query_is_made_of_known_commands(text: str) -> None:
    assert {line.removeprefix("| ").split()[0] for line in text.strip().splitlines()} <= _COMMANDS


@pytest.mark.parametrize("name", QUERIES)
def test_the_messages_that_a_query_looks_for_are_logged(name: str) -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "lambdas").rglob("*.py"))

    for message in re.findall(r'message = "([^"]*)"', QUERIES[name]):
        assert f'("{message}"' in sources
