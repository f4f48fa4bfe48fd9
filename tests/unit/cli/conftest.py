"""The command line in the process, on a history table of moto's."""

from __future__ import annotations

import itertools
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.client.history_rows import HistoryRows, history_rows
from tool_contract.catalog import load_catalog
from tool_executor.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_numbers = itertools.count(1)


@pytest.fixture
def name() -> str:
    """Tests share the table: each has an execution and a correlation id of its own."""
    return f"own-{next(_numbers)}"


@dataclass(frozen=True)
class Ran:
    """What a command has answered."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="module")
def rows() -> Iterator[HistoryRows]:
    with history_rows() as table:
        yield table


@pytest.fixture
def terminal(command: object, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - after what it sets
    """Let commands take standard output for a terminal of 80 columns, without colours."""
    monkeypatch.setenv("FORCE_COLOR", "1")


@pytest.fixture
def command(
    rows: HistoryRows, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    """Run ``tool-executor`` with arguments, as its entry point does, on a deployment that has the table."""
    catalog = load_catalog()
    monkeypatch.setattr("tool_executor.cli.where.find_deployment", lambda *_: rows.deployment)
    for module in ("deployed_tools", "stats"):
        monkeypatch.setattr(f"tool_executor.cli.{module}.deployed_catalog", lambda *_: catalog)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")

    def run(*arguments: Any) -> Ran:
        monkeypatch.setattr(sys, "argv", ["tool-executor", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Ran(int(ended.value.code or 0), said.out, said.err)

    return run
