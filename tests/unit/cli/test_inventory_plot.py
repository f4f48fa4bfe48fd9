"""``tool-executor inventory plot``: the picture, its key numbers, and one sentence for what is wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import pytest

import tool_executor
from tests.unit.inventory_pictures.answers import answers
from tool_contract.envelope import Detail
from tool_contract.errors import ErrorCode
from tool_executor import ToolExecutionResult, ToolExecutionStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.unit.cli.conftest import Ran
    from tool_executor.calls import ToolCall

    Command = Callable[..., Ran]

NOT_FOUND = Detail(pointer="/product_code", message="There is no product.", hint="Did you mean P001?")


class Answering:
    """An executor that answers as the tools would, or fails at one of them."""

    asked: ClassVar[list[ToolCall]]
    failing: ClassVar[str | None] = None

    def __init__(self, **_given: Any) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def execute_tools_sync(self, calls: Sequence[ToolCall]) -> list[ToolExecutionResult]:
        type(self).asked = list(calls)
        days = calls[0].parameters
        told = answers(history_days=days["history_days"], horizon_days=days["horizon_days"])
        return [self._result(call.tool_name, answer) for call, answer in zip(calls, told, strict=True)]

    def _result(self, tool_name: str, answer: dict[str, Any]) -> ToolExecutionResult:
        if tool_name != self.failing:
            return ToolExecutionResult.succeeded(tool_name, answer)
        return ToolExecutionResult(
            tool_name=tool_name,
            status=ToolExecutionStatus.FAILED,
            error="There is no product.",
            error_code=ErrorCode.NOT_FOUND,
            details=(NOT_FOUND,),
            execution_id="e1",
        )


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> type[Answering]:
    """Tools that answer, and a folder of its own to draw into."""

    class Own(Answering):
        asked: ClassVar[list[ToolCall]] = []

    monkeypatch.setattr("tool_executor.cli.inventory_plot.ToolExecutor", Own)
    monkeypatch.chdir(tmp_path)
    return Own


@pytest.mark.usefixtures("tools")
def test_the_picture_is_named_after_product_and_warehouse(command: Command) -> None:
    ran = command("inventory", "plot", "P001", "WH001")
    assert ran.code == 0
    assert "Drew P001-WH001.png" in ran.out
    assert "P001 at WH001: smooth demand" in ran.out
    assert Path("P001-WH001.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.usefixtures("tools")
def test_a_picture_is_replaced_and_that_is_said(command: Command) -> None:
    Path("there.svg").write_text("what was there", encoding="utf-8")
    assert "Replaced there.svg" in command("inventory", "plot", "P001", "WH001", "-o", "there.svg").out
    assert Path("there.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_the_three_tools_are_asked_at_once(tools: type[Answering], command: Command) -> None:
    command("inventory", "plot", "P001", "WH001", "--history-days", 30, "--horizon-days", 14)
    assert [call.tool_name for call in tools.asked] == [
        "forecast_demand",
        "calculate_reorder_points",
        "identify_stockout_risks",
    ]
    assert tools.asked[0].parameters["horizon_days"] == tools.asked[2].parameters["days_ahead"] == 14
    assert tools.asked[2].parameters["minimum_probability"] == 0


@pytest.mark.usefixtures("tools")
def test_json_has_the_path_and_the_key_numbers_alone(command: Command) -> None:
    told = json.loads(command("inventory", "plot", "P001", "WH001", "--json").out)
    assert (told["path"], told["replaced"]) == ("P001-WH001.png", False)
    assert told["reorder_point"] > 0
    assert told["demand_over_horizon"]["p10"] < told["demand_over_horizon"]["p90"]
    assert told["severity"] == "critical"


@pytest.mark.parametrize("failing", ["forecast_demand", "identify_stockout_risks"])
def test_where_a_tool_fails_its_words_are_told_and_nothing_is_drawn(
    tools: type[Answering], command: Command, failing: str
) -> None:
    tools.failing = failing
    ran = command("inventory", "plot", "P00l", "WH001")
    assert (ran.code, ran.out) == (1, "")
    assert "NotFound: There is no product." in ran.err
    assert "Did you mean P001?" in ran.err
    assert "tool-executor show e1" in ran.err
    assert list(Path().iterdir()) == []


def test_with_json_a_failure_has_the_contracts_shape(tools: type[Answering], command: Command) -> None:
    tools.failing = "forecast_demand"
    ran = command("inventory", "plot", "P00l", "WH001", "--json")
    told = json.loads(ran.out)
    assert (ran.code, told["error_code"], told["tool_name"]) == (1, "NotFound", "forecast_demand")
    assert told["details"][0]["hint"] == "Did you mean P001?"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("P001", "WH001", "--output", "picture.gif"), "Let the file's name end in .png or .svg."),
        (("P001", "WH001", "--output", "nowhere/picture.png"), "There is no folder 'nowhere'."),
        (("P001", "WH001", "--output", "folder.png"), "'folder.png' is a folder."),
        (("P 1", "WH001"), "A code has up to 40 letters"),
        (("P001", "../WH001"), "A code has up to 40 letters"),
        (("P001", "WH001", "--horizon-days", "91"), "--horizon-days"),
        (("P001", "WH001", "--history-days", "-1"), "--history-days"),
        (("P001",), "WAREHOUSE"),
    ],
)
def test_what_is_wrong_is_told_before_any_tool_is_asked(
    tools: type[Answering], command: Command, arguments: tuple[str, ...], said: str
) -> None:
    Path("folder.png").mkdir()
    ran = command("inventory", "plot", *arguments)
    assert ran.code == 2
    assert said in " ".join(ran.err.split())
    assert "Traceback" not in ran.err
    assert tools.asked == []


def test_without_matplotlib_the_extra_is_named(
    tools: type[Answering], command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = ("inventory_pictures", "pictures")
    for package in packages:
        monkeypatch.delattr(tool_executor, package, raising=False)
    for name in [name for name in sys.modules if name.split(".")[:2] in [["tool_executor", one] for one in packages]]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    ran = command("inventory", "plot", "P001", "WH001")
    assert ran.code == 2
    assert "pip install '.[plot]'" in ran.err
    assert tools.asked == []


def test_the_help_has_examples_and_says_what_is_replaced(command: Command) -> None:
    said = " ".join(command("inventory", "plot", "--help").out.split())
    assert "tool-executor inventory plot P001 WH001 --local" in said
    assert "A picture there is replaced." in said
