"""The runbook has each alarm and no other, and the commands that it tells to type exist."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

import pytest
import typer
from awscli.clidriver import create_clidriver

from infra.saved_queries import EXPRESS_QUERIES, QUERIES
from tests.infra.assembly import ROOT
from tool_executor.cli.main import app

if TYPE_CHECKING:
    from tests.infra.assembly import Assembly

TEXT: Final = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
ALARMS: Final = TEXT.split("\n## Alarms\n")[1]
COMMANDS: Final = sorted(
    {line for block in re.findall(r"^```sh\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL) for line in block.splitlines()}
)
#: The tests' AWS CLI is version 1, which has no such command.
OF_VERSION_2: Final = {("logs", "tail"): {"since", "filter-pattern", "follow"}}


def test_each_alarm_has_its_heading_and_each_heading_its_alarm(assembly: Assembly) -> None:
    alarms = assembly.of_type("AWS::CloudWatch::Alarm")
    anchors = {each["AlarmDescription"].rsplit("docs/runbook.md#", 1)[1] for each in alarms}

    assert re.findall(r"^### (\S+)$", ALARMS, re.MULTILINE)
    assert set(re.findall(r"^### (\S+)$", ALARMS, re.MULTILINE)) == anchors


def test_an_alarm_is_named_after_its_heading(assembly: Assembly) -> None:
    for each in assembly.of_type("AWS::CloudWatch::Alarm"):
        anchor = each["AlarmDescription"].rsplit("#", 1)[1]
        assert re.fullmatch(rf"tool-executor-{assembly.stage}-{anchor}(-[\w-]+)?", each["AlarmName"])


@pytest.mark.parametrize("section", re.split(r"^### ", ALARMS, flags=re.MULTILINE)[1:], ids=str.split)
def test_each_alarm_says_what_it_means_where_to_look_what_to_type_and_when_it_closes(section: str) -> None:
    said = re.findall(r"^\*\*(Means|Look|Type|Closes)", section, re.MULTILINE)

    assert said == ["Means", "Look", "Type", "Closes"]
    assert "```sh" in section


def test_the_table_of_queries_has_those_that_are_saved() -> None:
    table = TEXT.split("\n## Queries\n")[1].split("\n## ")[0]

    assert re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE) == [*QUERIES, *EXPRESS_QUERIES]


@pytest.mark.parametrize("line", COMMANDS)
def test_each_command_exists_with_its_options(line: str) -> None:
    program, *arguments = shlex.split(line)

    assert program in {"tool-executor", "aws", "export"}
    if program == "tool-executor":
        parsed_command_line(arguments)
    if program == "aws":
        _look_up(arguments)


@pytest.mark.parametrize("line", ["metrics --hours 1", "breaker mend TOOL", "show"])
def test_a_command_of_ours_that_does_not_exist_would_be_found(line: str) -> None:
    with pytest.raises((typer.BadParameter, Exception), match=r"No such|Missing"):
        parsed_command_line(line.split())


@pytest.mark.parametrize("line", ["logs follow", "sqs purge-queue --name q"])
def test_a_command_of_aws_that_does_not_exist_would_be_found(line: str) -> None:
    with pytest.raises((AssertionError, KeyError)):
        _look_up(line.split())


def parsed_command_line(arguments: list[str]) -> None:
    """Parse a command line as the program does, and run nothing."""
    command, context = typer.main.get_command(app), None
    while True:
        context = command.make_context(command.name, list(arguments), parent=context)
        if not hasattr(command, "resolve_command"):
            return
        arguments = [*context._protected_args, *context.args]
        _, command, arguments = command.resolve_command(context, arguments)


def _look_up(arguments: list[str]) -> None:
    service, operation, *rest = arguments
    given = {each.removeprefix("--") for each in rest if each.startswith("--")}
    known = OF_VERSION_2.get((service, operation))
    if known is None:
        command = create_clidriver()._get_command_table()[service]._get_command_table()[operation]
        known = {*command.arg_table, "query", "max-items"}

    assert given <= known, given - known
