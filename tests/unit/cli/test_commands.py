"""The commands that read and clear the history, on moto: answers, exit codes, and one sentence for what is wrong."""

from __future__ import annotations

import hashlib
import itertools
import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from tests.unit.cli.records import at, entry
from tool_contract import strict_json
from tool_executor.cli.main import app

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.conftest import Ran
    from tests.unit.client.history_rows import HistoryRows

    Command = Callable[..., Ran]

_numbers = itertools.count(1)


@pytest.fixture
def name() -> str:
    """Tests share the table: each has an execution and a correlation id of its own."""
    return f"own-{next(_numbers)}"


def logged(*log: dict[str, Any], **row: Any) -> dict[str, Any]:
    return {"attempt_log": strict_json.dumps(list(log)), "finished_at": at(5), **row}


FAILED: dict[str, Any] = {"status": "failed", "error_code": "NotFound", "error": "There is none.", "effect": "none"}


def today() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT00:00:00.001Z")


# show


def test_show_draws_and_tells_without_colour_in_80_columns(rows: HistoryRows, command: Command, name: str) -> None:
    log = [entry(1, 1, 1, "retry", delay_seconds=1), entry(2, 3, 1)]
    rows.execution(name, logged(*log, attempts=2), logged(entry(1, 0, 4, "end"), **FAILED))

    ran = command("show", name)

    assert ran.code == 0
    assert "\x1b" not in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "retried in 1 s" in " ".join(ran.out.split())
    assert "c2 echo ffff" in ran.out


def test_show_of_chosen_calls_and_of_failed_ones(rows: HistoryRows, command: Command, name: str) -> None:
    rows.execution(name, logged(entry(1, 0, 1)), logged(entry(1, 0, 1, "end"), **FAILED), logged(entry(1, 1, 1)))

    def shown(*options: str) -> list[str]:
        return [call["call_id"] for call in json.loads(command("show", name, "--json", *options).out)["calls"]]

    assert shown() == ["c1", "c2", "c3"]
    assert shown("--failed") == ["c2"]
    assert shown("--calls", "c3, c1") == ["c1", "c3"]


def test_show_with_json_has_the_records_with_their_logs_parsed(rows: HistoryRows, command: Command, name: str) -> None:
    rows.execution(name, logged(entry(1, 0, 1), input='{"text": "x"}'))

    shown = json.loads(command("show", name, "--json").out)

    assert shown["execution"]["execution_id"] == name
    (call,) = shown["calls"]
    assert (call["input"], call["result"]) == ({"text": "x"}, {"text": "hello"})
    assert call["attempt_log"][0]["decision"] == "done"
    assert call["timeline"]["stretches"][-1]["kind"] == "succeeded"


def test_show_of_many_calls_folds_unless_told_otherwise(rows: HistoryRows, command: Command, name: str) -> None:
    rows.execution(name, *[logged(entry(1, 0, 1))] * 50, logged(entry(1, 0, 1, "end"), **FAILED))

    folded, whole = command("show", name).out, command("show", name, "--all").out

    assert "50 more" in folded
    assert "c50 echo" not in folded
    assert "c51 echo" in folded
    assert "c50 echo" in whole


def test_show_of_what_there_is_not_is_one_sentence(rows: HistoryRows, command: Command, name: str) -> None:
    rows.execution(name, {"call_id": "reorder"})

    assert (command("show", "nowhere").code, command("show", name, "--calls", "reoder").code) == (2, 2)
    assert "Did you mean 'reorder'?" in command("show", name, "--calls", "reoder").err


def test_show_result_prints_a_large_result_whole_and_checked(rows: HistoryRows, command: Command, name: str) -> None:
    text = strict_json.dumps({"text": "x" * 20_000})
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    ref = {"bucket": rows.deployment.artifact_bucket, "key": f"{name}/c1", "bytes": len(text), "sha256": sha256}
    rows.put_result(ref["key"], text)
    rows.execution(name, {"result_ref": strict_json.dumps(ref)}, {}, FAILED)

    assert json.loads(command("show", name, "--result", "c1").out) == json.loads(text)
    assert json.loads(command("show", name, "--result", "c2").out) == {"text": "hello"}
    failed = command("show", name, "--result", "c3")
    assert (failed.code, failed.out) == (2, "")
    assert "There is none." in failed.err

    rows.put_result(ref["key"], text.replace("x", "y"))
    corrupt = command("show", name, "--result", "c1")
    assert corrupt.code == 2
    assert "ResultCorrupt" in corrupt.err


# stats


def test_stats_of_a_correlation_id_as_table_and_as_json(rows: HistoryRows, command: Command, name: str) -> None:
    rows.execution(name, {}, {"cached": True}, FAILED, {"status": "running"}, {"tool_name": "other", **FAILED})

    table = command("stats", "--correlation-id", name)
    report = json.loads(command("stats", "--correlation-id", name, "--json").out)

    assert (report["overall"]["total_executions"], report["overall"]["cache_hits"]) == (4, 1)
    assert sorted(report["by_tool"]) == ["echo", "other"]
    assert max(map(len, table.out.splitlines())) <= 80
    assert "50.0" in table.out


def test_stats_fit_into_80_columns_whatever_they_are(rows: HistoryRows, command: Command, name: str) -> None:
    slow = {"execution_time_ms": 840_000.0 * 11, "attempts": 66, "fallback_used": True, "cached": True}
    rows.execution(name, *[{"tool_name": "t" * 64, **slow}] * 3, {"tool_name": "other", **slow})

    said = command("stats", "--correlation-id", name).out

    assert max(map(len, said.splitlines())) <= 80
    assert said.count("9,240,000") == 12
    assert "…" not in said


def test_stats_are_of_todays_calls_of_the_deployments_tools(rows: HistoryRows, command: Command, name: str) -> None:
    rows.execution(name, {"tool_name": "forecast_demand"}, {"tool_name": "gone"}, started_at=today())

    report = json.loads(command("stats", "--json").out)

    assert list(report["by_tool"]) == ["forecast_demand"]
    assert json.loads(command("stats", "--json", "--tool", "gone").out)["overall"]["total_executions"] == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--tool", "forecast_demnd"), "Did you mean 'forecast_demand'?"),
        (("--since", "yesterday"), "24h"),
        (("--since", "40d"), "31 are the most"),
        (("--until", "2026-11-01", "--since", "2026-11-02"), "ends at"),
    ],
)
def test_stats_refuse_what_cannot_be_meant(command: Command, options: tuple[str, ...], said: str) -> None:
    ran = command("stats", *options)

    assert ran.code == 2
    assert said in ran.err


# history


def test_history_tells_of_cached_and_replayed_attempts(rows: HistoryRows, command: Command, name: str) -> None:
    rows.execution(
        name,
        logged(entry(1, 0, 1, "retry"), entry(2, 1, 0, "cached"), attempts=2),
        logged(entry(1, 0, 1, "retry"), entry(2, 1, 0, "replayed"), attempts=2),
    )

    said = command("history", name).out

    assert "answered from the cache" in said
    assert "answered with the stored result of an earlier call" in said


def test_history_filters_by_status(rows: HistoryRows, command: Command, name: str) -> None:
    rows.execution(name, {"tool_name": name}, {"tool_name": name, **FAILED}, {"tool_name": name, **FAILED})

    def listed(*options: str) -> list[str]:
        return sorted(record["call_id"] for record in json.loads(command("history", *options, "--json").out))

    assert listed(name, "--status", "failed") == ["c2", "c3"]
    assert listed("--correlation-id", name, "--status", "success") == ["c1"]
    assert listed("--tool", name, "--day", "2026-11-20", "--status", "failed", "--limit", "1") in (["c2"], ["c3"])
    assert listed("--correlation-id", name, "--status", "succeeded") == ["#execution"]
    assert listed("--correlation-id", name, "--tool", name) == ["c1", "c2", "c3"]


def test_history_since_reaches_over_days(rows: HistoryRows, command: Command, name: str) -> None:
    rows.execution(name, {"tool_name": name}, started_at=today())
    rows.execution(f"{name}-old", {"tool_name": name}, started_at="2026-01-01T00:00:00.000Z")

    assert json.loads(command("history", "--tool", name, "--since", "25h", "--json").out)[0]["execution_id"] == name
    assert name in command("history", "--since", "25h", "--json").out


def test_history_of_a_misspelt_tool_says_so(command: Command) -> None:
    ran = command("history", "--tool", "forecast_demnd")

    assert ran.code == 2
    assert "Did you mean 'forecast_demand'?" in ran.err


def test_history_of_a_tool_without_calls_is_empty(command: Command) -> None:
    ran = command("history", "--tool", "identify_stockout_risks", "--day", "2001-01-01")

    assert (ran.code, ran.out) == (0, "Nothing there.\n")


@pytest.mark.parametrize(
    "options",
    [
        ("--status", "sucess"),
        ("--open", "--status", "failed"),
        ("--since", "1h", "--day", "2026-11-20"),
        ("--since", "1h", "--open"),
    ],
)
def test_history_refuses_options_that_do_not_fit(command: Command, options: tuple[str, ...]) -> None:
    assert command("history", *options).code == 2


# clear-history


def test_clear_history_deletes_a_correlation_ids_records_and_no_others(
    rows: HistoryRows, command: Command, name: str
) -> None:
    rows.execution(f"{name}-1", *[{}] * 30, correlation_id=name)
    rows.execution(f"{name}-2", {}, correlation_id=name)
    rows.execution(f"{name}-other", {})

    told = json.loads(command("clear-history", "--remote", name, "--yes", "--json").out)

    assert (told["deleted"], sorted(told["executions"])) == (33, [f"{name}-1", f"{name}-2"])
    assert command("history", f"{name}-1").code == 2
    assert command("history", f"{name}-other").code == 0
    assert "holds nothing" in command("clear-history", "--remote", name, "--yes").out


def test_clear_history_deletes_nothing_while_an_execution_is_open(
    rows: HistoryRows, command: Command, name: str
) -> None:
    rows.execution(f"{name}-1", {}, correlation_id=name)
    rows.execution(f"{name}-2", {"status": "running"}, correlation_id=name, open="0", deadline=at(60))

    ran = command("clear-history", "--remote", name, "--yes")

    assert ran.code == 2
    assert f"{name}-2" in ran.err
    assert command("history", f"{name}-1").code == 0


def test_clear_history_asks_and_takes_silence_for_a_no(
    rows: HistoryRows, command: Command, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.execution(name, {})
    answers = iter([False])
    monkeypatch.setattr("typer.confirm", lambda *_, **__: next(answers))

    ran = command("clear-history", "--remote", name)

    assert (ran.code, ran.err) == (1, "Nothing was deleted.\n")
    assert command("history", name).code == 0


def test_clear_history_without_remote_says_what_it_would_take(command: Command, name: str) -> None:
    ran = command("clear-history", name, "--yes")

    assert ran.code == 2
    assert "--remote" in ran.err


# config


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


# watch


def test_watch_of_an_ended_execution_shows_what_came_of_it(rows: HistoryRows, command: Command, name: str) -> None:
    counts = {"total": 2, "success": 1, "failed": 1, "timeout": 0, "skipped": 0, "cancelled": 0}
    rows.execution(name, {}, FAILED, status="partial", counts=counts)

    ran = command("watch", name)

    assert ran.code == 1
    assert "NotFound: There is none." in ran.out
    output = json.loads(command("watch", name, "--json").out)
    assert [output["status"], output["counts"], len(output["results"])] == ["partial", counts, 2]


def test_watch_follows_an_execution_until_its_record_is_closed(
    rows: HistoryRows, command: Command, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.execution(name, {"status": "running"}, open="0", deadline=at(60))
    counts = {"total": 1, "success": 1, "failed": 0, "timeout": 0, "skipped": 0, "cancelled": 0}
    pauses = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            rows.execution(name, {}, counts=counts)

    monkeypatch.setattr("tool_executor.cli.watch.time.sleep", sleep)

    ran = command("watch", name)

    assert ran.code == 0
    assert "c1 echo: success" in ran.err
    assert len(pauses) == 3


def test_watch_interrupted_says_that_the_execution_goes_on(
    rows: HistoryRows, command: Command, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.execution(name, {"status": "running"}, open="0", deadline=at(60))

    def sleep(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tool_executor.cli.watch.time.sleep", sleep)

    ran = command("watch", name)

    assert ran.code == 130
    assert f"the execution {name} goes on" in ran.err
    assert f"tool-executor cancel {name}" in ran.err


# the shell


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


# ids


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
