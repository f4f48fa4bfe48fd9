"""`tool-executor show`, on moto: what it draws and what it prints."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from tests.unit.cli.records import FAILED, entry, logged
from tool_contract import strict_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.conftest import Ran
    from tests.unit.client.history_rows import HistoryRows

    Command = Callable[..., Ran]


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
