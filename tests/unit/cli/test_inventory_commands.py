"""``inventory load`` and ``inventory generate`` on tables of moto's: answers, exit codes, and what is told when."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.cli.conftest import Ran
from tests.unit.inventory_files.folders import HISTORY, ITEMS, USUAL, fill
from tests.unit.inventory_tables.tables import Tables, Watched, mocked_dynamodb, new_tables
from tool_executor.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Command = Callable[..., Ran]


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    with mocked_dynamodb() as client:
        yield client


@pytest.fixture
def tables(dynamodb: Any) -> Tables:
    return new_tables(dynamodb)


@pytest.fixture
def command(tables: Tables, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setattr("tool_executor.cli.where.find_deployment", lambda *_: tables.deployment)
    monkeypatch.setattr("tool_executor.cli.where.Aws", lambda **_: tables.aws)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: Any) -> Ran:
        monkeypatch.setattr(sys, "argv", ["tool-executor", "inventory", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Ran(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill(tmp_path / "data", USUAL)
    return tmp_path / "data"


# load


def test_load_writes_the_records_and_tells_how_much_there_is(command: Command, tables: Tables, folder: Path) -> None:
    ran = command("load", folder)
    assert ran.code == 0
    assert len(tables.items()) == 3
    assert {one.warehouse_code: one.loading for one in tables.warehouses()} == {"W1": None, "W2": None}
    assert "Loaded in" in ran.out
    assert "W2: there is no history of A." in " ".join(ran.err.split())
    assert max(map(len, ran.out.splitlines())) <= 80


def test_load_with_json_prints_json_alone(command: Command, folder: Path) -> None:
    ran = command("load", folder, "--json")
    told = json.loads(ran.out)
    assert told["loaded"] is True
    assert told["warehouses"][0] == {
        "warehouse_code": "W1",
        "as_of": "2026-01-10",
        "products": 2,
        "open_orders": 1,
        "demand_years": 2,
        "history_rows": 3,
        "filled_days": 0,
    }
    assert told["notes"] == [{"pointer": "/history.csv", "message": "W2: there is no history of A."}]


def test_a_dry_run_needs_no_deployment_and_writes_nothing(
    command: Command, tables: Tables, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tool_executor.cli.where.find_deployment", lambda *_: pytest.fail("it was looked for"))
    ran = command("load", folder, "--dry-run", "--stage", "nowhere")
    assert ran.code == 0
    assert "nothing was written" in ran.out
    assert json.loads(command("load", folder, "--dry-run", "--json").out)["loaded"] is False
    assert tables.items() == tables.warehouses() == []


def test_files_that_are_not_right_are_told_and_nothing_is_written(
    command: Command, tables: Tables, folder: Path
) -> None:
    fill(folder, {"items.csv": ITEMS.replace("2.50", "cheap")})
    ran = command("load", folder)
    assert (ran.code, ran.out) == (2, "")
    said = " ".join(ran.err.split())
    assert f"InvalidInput: 1 problem in the files of '{folder}'; nothing was written." in said
    assert "/items.csv/3/unit_cost 'cheap' is no number." in said
    assert tables.items() == tables.warehouses() == []


def many_problems(folder: Path, number: int) -> None:
    fill(folder, {"history.csv": HISTORY + "W1,A,2026-01-05,x\n" * number})


def test_a_terminal_shows_fifty_problems_and_says_how_many_there_are(command: Command, folder: Path) -> None:
    many_problems(folder, 1200)
    ran = command("load", folder)
    assert ran.err.count("'x' is no number.") == 50
    assert "1,200 problems" in ran.err
    assert "… and 1,150 more. In all: history.csv 1,200." in ran.err
    assert "--problems FILE" in ran.err


def test_json_has_all_problems(command: Command, folder: Path) -> None:
    many_problems(folder, 1200)
    ran = command("load", folder, "--json")
    told = json.loads(ran.out)
    assert (ran.code, told["error_code"], told["retryable"], told["problems"]) == (2, "InvalidInput", False, 1200)
    assert len(told["details"]) == 1200
    assert told["details"][-1] == {
        "pointer": "/history.csv/1204/qty_demanded",
        "message": "'x' is no number.",
        "error_code": "InvalidInput",
    }


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_file_takes_all_problems_a_json_a_line(command: Command, folder: Path, options: tuple[str, ...]) -> None:
    many_problems(folder, 1200)
    file = folder.parent / "problems.jsonl"
    ran = command("load", folder, "--problems", file, *options)
    assert ran.code == 2
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert (len(lines), lines[0]["pointer"]) == (1200, "/history.csv/5/qty_demanded")
    if options:
        told = json.loads(ran.out)
        assert (told["problems_file"], len(told["details"])) == (str(file), 50)
    else:
        assert str(file) in "".join(ran.err.split())


def test_the_file_of_problems_is_empty_if_there_are_none(command: Command, folder: Path) -> None:
    file = folder.parent / "problems.jsonl"
    file.write_text("of yesterday")
    assert command("load", folder, "--problems", file).code == 0
    assert file.read_text() == ""


def test_foreign_text_steers_no_terminal(command: Command, folder: Path) -> None:
    fill(folder, {"items.csv": ITEMS.replace("2.50", "\x1b[2J"), "stock.csv": "\x1b[2J[red]"})
    ran = command("load", folder)
    assert ran.code == 2
    assert "[red]" in ran.err
    fill(folder, {**USUAL, "\x1b[2J[red].csv": "x"})
    noted = command("load", folder)
    assert noted.code == 0
    assert "[red].csv is none of the files" in noted.err
    assert "\x1b" not in ran.err + noted.err


@pytest.mark.parametrize("option", [("--dry-run",), ()])
def test_a_folder_that_is_not_there_is_a_sentence(command: Command, tmp_path: Path, option: tuple[str, ...]) -> None:
    ran = command("load", tmp_path / "nowhere", *option)
    assert ran.code == 2
    assert "FolderUnreadable: There is no folder" in ran.err


def test_a_file_for_problems_that_cannot_be_written_is_a_sentence(command: Command, folder: Path) -> None:
    ran = command("load", folder, "--problems", folder / "no" / "such" / "folder")
    assert ran.code == 2
    assert "No such file or directory" in ran.err


def test_a_deployment_without_the_tables_is_a_sentence(
    command: Command, tables: Tables, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = type(tables.deployment)("m", "h", "s", "b", "p", "f", {})
    monkeypatch.setattr("tool_executor.cli.where.find_deployment", lambda *_: bare)
    ran = command("load", folder)
    assert ran.code == 2
    assert "TablesUnknown" in ran.err


def test_a_load_that_is_cut_short_exits_with_1_and_says_that_repeating_mends(
    command: Command, tables: Tables, folder: Path
) -> None:
    def broken(_batch: int) -> None:
        raise ClientError({"Error": {"Code": "InternalServerError", "Message": "It broke."}}, "BatchWriteItem")

    whole = tables.aws.dynamodb
    tables.aws.__dict__["dynamodb"] = Watched(whole, broken)
    ran = command("load", folder)
    assert ran.code == 1
    assert "LoadCutShort" in ran.err
    assert "Repeat the load" in ran.err
    assert json.loads(command("load", folder, "--json").out)["error_code"] == "LoadCutShort"
    assert all(one.loading for one in tables.warehouses())

    tables.aws.__dict__["dynamodb"] = whole
    assert command("load", folder).code == 0
    assert not any(one.loading for one in tables.warehouses())


def test_an_interrupt_says_what_it_means(command: Command, tables: Tables, folder: Path) -> None:
    def interrupted(_batch: int) -> None:
        raise KeyboardInterrupt

    tables.aws.__dict__["dynamodb"] = Watched(tables.aws.dynamodb, interrupted)
    ran = command("load", folder)
    assert ran.code == 130
    assert "The tools refuse W1, W2 until a load of it is complete." in ran.err


def test_replace_deletes_what_the_files_do_not_name(command: Command, tables: Tables, folder: Path) -> None:
    command("load", folder)
    without_b = {name: re.sub(r"(?m)^W1,B,.*\n", "", text) for name, text in USUAL.items()}
    fill(folder, without_b)
    ran = command("load", folder)
    assert "W1: the tables hold B besides, and keep that. --replace deletes" in " ".join(ran.err.split())
    assert len(tables.items()) == 3
    ran = command("load", folder, "--replace")
    assert "3 records were deleted." in ran.out
    assert len(tables.items()) == len(tables.stock()) == 2


def test_sparse_histories_end_when_the_stock_was_taken(command: Command, tables: Tables, folder: Path) -> None:
    fill(folder, {"history.csv": HISTORY.replace("W1,A,2026-01-10,6.5\n", "")})
    assert "--sparse" in command("load", folder, "--dry-run").err
    command("load", folder, "--sparse")
    assert [year.quantities for year in tables.demand() if year.product_code == "A"] == [(5.0, 0.0)]


# generate


def test_generate_writes_files_that_load_takes(command: Command, tables: Tables, tmp_path: Path) -> None:
    ran = command("generate", "--seed", "7", "--products", "3", "--out", tmp_path / "data", "--json")
    assert ran.code == 0
    told = json.loads(ran.out)
    assert (told["seed"], told["rows"]["items.csv"]) == (7, 9)
    assert command("load", tmp_path / "data").code == 0
    assert len(tables.items()) == 9


def test_generate_loads_the_same_without_files(command: Command, tables: Tables, tmp_path: Path) -> None:
    ran = command("generate", "--products", "2", "--load", "--out", tmp_path / "data", "--as-of", "2025-12-31")
    assert ran.code == 0
    assert "Loaded" in ran.out
    loaded = sorted(tables.items(), key=repr), sorted(tables.stock(), key=repr), sorted(tables.demand(), key=repr)
    assert command("load", tmp_path / "data", "--replace").code == 0
    again = sorted(tables.items(), key=repr), sorted(tables.stock(), key=repr), sorted(tables.demand(), key=repr)
    assert loaded == again
    assert {str(one.as_of) for one in tables.stock()} == {"2025-12-31"}


def test_generate_overwrites_only_if_told(command: Command, tmp_path: Path) -> None:
    for options, code in (((), 0), ((), 2), (("--overwrite",), 0)):
        ran = command("generate", "--products", "1", "--out", tmp_path, *options)
        assert ran.code == code
    assert "FileInTheWay" in command("generate", "--products", "1", "--out", tmp_path).err


def test_generate_without_a_place_to_put_it_is_refused(command: Command) -> None:
    ran = command("generate")
    assert ran.code == 2
    assert "--out DIR, --load, or both" in ran.err


def test_generate_without_numpy_says_what_to_install(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    import tool_executor  # noqa: PLC0415 - only to take a part of it away

    for name in [
        name for name in sys.modules if name.startswith("tool_executor.inventory.") or name == "tool_executor.inventory"
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(tool_executor, "inventory", raising=False)
    monkeypatch.setitem(sys.modules, "numpy", None)
    ran = command("generate", "--load")
    assert ran.code == 2
    assert "PackageMissing" in ran.err
    assert "pip install '.[inventory]'" in " ".join(ran.err.split())


def test_both_have_examples_in_their_help(command: Command) -> None:
    for name in ("load", "generate"):
        said = command(name, "--help").out
        assert "Examples:" in said
        assert f"tool-executor inventory {name} " in said
        assert "Exit code" in said
