"""``tool-executor bulk``: what it refuses before it asks AWS anything, and how its arguments are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import typer

from tool_executor.bulk.machine import RunState
from tool_executor.bulk.manifest import RunManifest
from tool_executor.bulk.settings import BulkSettings
from tool_executor.cli.bulk import app
from tool_executor.cli.bulk_progress import Progress, follow

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.conftest import Ran

RUN = RunManifest(bulk_id="b", run=1, kind="first", created_at="", batches=10, calls=500, settings=BulkSettings())


@pytest.mark.parametrize(
    "arguments",
    [
        ("calls.jsonl",),
        ("run", "calls.jsonl"),
        ("--resume", "calls.jsonl"),
        ("calls.jsonl", "--resume"),
        ("resume", "x"),
    ],
)
def test_where_nobody_can_be_asked_nothing_begins_without_yes(
    command: Callable[..., Ran], arguments: tuple[str, ...]
) -> None:
    ran = command("bulk", *arguments)

    assert ran.code == 2
    assert "give --yes" in ran.err
    assert ran.out == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("x.jsonl", "--retry-failed", "--yes"), "needs --resume"),
        (("x.jsonl", "--extra-group", "y", "--yes"), "needs --local"),
        (("status", " "), "empty"),
        (("x.jsonl", "--nonsense"), "No such option"),
    ],
)
def test_wrong_use_is_a_sentence_and_exit_code_2(
    command: Callable[..., Ran], arguments: tuple[str, ...], said: str
) -> None:
    ran = command("bulk", *arguments)

    assert ran.code == 2
    assert said in " ".join(ran.err.split())


def test_a_deployment_from_before_there_were_bulks_says_so(command: Callable[..., Ran]) -> None:
    ran = command("bulk", "list")

    assert ran.code == 2
    assert "no machine for bulks" in " ".join(ran.err.split())


def test_every_command_has_examples_and_says_how_it_ends() -> None:
    group: Any = typer.main.get_command(app)
    assert set(group.commands) == {"run", "resume", "status", "results", "cancel", "list"}
    for name, one in group.commands.items():
        assert "Example" in one.help, name
        assert "Exit code" in one.help, name


def test_progress_tells_calls_a_second_and_the_time_left() -> None:
    state = RunState("RUNNING", batches={"succeeded": 3, "failed": 1, "running": 2, "total": 10})

    said = str(Progress.of(RUN, state, 100.0))

    assert said == "4 of 10 batches, about 200 of 500 calls, 1 failed, 2.0 calls/s, 2 min 30 s left"
    assert str(Progress.of(RUN, RunState("RUNNING"), 5)) == "0 of 10 batches, about 0 of 500 calls"


def test_a_run_is_followed_to_its_end_whatever_that_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tool_executor.cli.bulk_progress.time.sleep", lambda _seconds: None)
    states = iter([RunState("RUNNING"), RunState("RUNNING", batches={"succeeded": 5}), RunState("ABORTED")])

    assert follow(lambda: next(states), RUN).status == "ABORTED"
    assert capsys.readouterr().out == ""
