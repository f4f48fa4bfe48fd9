"""Tables of the command line, in a terminal and elsewhere."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tool_executor.cli.bulk_tables import print_list
from tool_executor.cli.console import out
from tool_executor.cli.outcome import print_output

ID = "0b54e3f2-7c1e-4f8e-a7a5-5d3ce4c4f0aa"
CALL = "call-" + "x" * 40


@pytest.fixture(params=[True, False], ids=["terminal", "file"])
def is_terminal(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setenv("COLUMNS", "50")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    if request.param:
        monkeypatch.setenv("FORCE_COLOR", "1")
    return bool(request.param)


def test_what_a_run_came_to_has_its_ids_in_one_piece(*, is_terminal: bool, capsys: pytest.CaptureFixture[str]) -> None:
    error = "a sentence of some words that says what went wrong, and why it could not have gone right at all"
    envelope = {"call_id": CALL, "tool_name": "forecast_demand", "status": "failed", "attempts": 1, "success": False}
    told: dict[str, Any] = {**envelope, "execution_time_ms": 5.0, "metadata": {}, "error_code": "E", "error": error}
    output = {"execution_id": ID * 2, "status": "failed", "results": [told], "counts": {}, "execution_time_ms": 5.0}
    where: Any = SimpleNamespace(
        deployment=SimpleNamespace(history_table="h"), ends_with_command=False, options=" --local"
    )

    print_output(output, where)

    said = capsys.readouterr().out
    assert CALL in said
    assert said.count(ID * 2) == 3
    assert (error in said) is not is_terminal


def test_a_sentence_is_folded_for_a_terminal_alone(*, is_terminal: bool, capsys: pytest.CaptureFixture[str]) -> None:
    sentence = "a sentence of so many words that a terminal of fifty columns has no room for them in a line"

    out.print(sentence)

    assert (capsys.readouterr().out == f"{sentence}\n") is not is_terminal


def test_a_list_of_bulks_has_their_ids_and_times_in_one_piece(
    *, is_terminal: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    source = "a/path/of/many/folders/with/long/names/calls-of-november.jsonl"
    manifest: Any = SimpleNamespace(bulk_id=ID, created_at="2026-11-20T10:20:30.456Z", source=source, calls=5)

    print_list([(manifest, SimpleNamespace(status="RUNNING"))])  # type: ignore[list-item] # what it reads of them

    said = capsys.readouterr().out
    assert ID in said
    assert "2026-11-20 10:20:30" in said
    assert (source in said) is not is_terminal
