"""``tool-executor inventory load``."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tool_executor.cli import options
from tool_executor.cli.console import ExitCode
from tool_executor.cli.inventory_progress import progress
from tool_executor.cli.inventory_report import print_complaints, print_loaded
from tool_executor.cli.inventory_writing import write
from tool_executor.cli.where import chosen
from tool_executor.inventory_files import Complaints, read_inventory

if TYPE_CHECKING:
    from tool_executor.inventory_files import Inventory


def load(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder with items.csv, stock.csv, orders.csv and history.csv.")
    ],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the files and write nothing; needs no deployment.")
    ] = False,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Delete what the tables hold of these warehouses and the files do not name."),
    ] = False,
    sparse: Annotated[
        bool,
        typer.Option("--sparse", help="The history leaves out days without demand: after the last row, too, it is 0."),
    ] = False,
    problems: Annotated[
        Path | None, typer.Option("--problems", metavar="FILE", help="Write every problem to a file, a JSON a line.")
    ] = None,
    local: options.Local = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    as_json: options.Json = False,
) -> None:
    """Load CSV files into the inventory tables: all of them if nothing is wrong with them, else none.

    Everything is checked before anything is written, and everything wrong is told, with its file, line and column.
    While a load runs, and after one that was cut short, the inventory tools refuse its warehouses; repeat it then.
    docs/inventory_data.md has the columns.

    Examples:

      tool-executor inventory load data/ --dry-run

      tool-executor inventory load data/ --local

      tool-executor inventory load data/ --stage prod --replace --json

    Exit code: 0 if all is loaded, 1 if the load was cut short, 2 if nothing was written.
    """
    began = time.monotonic()
    with ExitStack() as at_end:
        complaints = at_end.enter_context(Complaints())
        # Opened before the work, so that a name that cannot be written to is told at once.
        stream = None if problems is None else at_end.enter_context(problems.open("w", encoding="utf-8"))
        # Where to load is looked up first: nobody wants to wait for the files to hear of missing credentials.
        where = None
        if not dry_run:
            where = at_end.enter_context(chosen(local=local, stage=stage, region=region))
        inventory = _read(folder, complaints, sparse=sparse)
        if stream is not None:
            stream.writelines(f"{line}\n" for line in complaints.lines())
        if inventory is None:
            print_complaints(folder, complaints, problems, as_json=as_json)
            raise typer.Exit(ExitCode.REQUEST_OR_SETUP_WRONG)
        plan = None if where is None else write(where, inventory, replace=replace, as_json=as_json)
    print_loaded(inventory, plan, time.monotonic() - began, as_json=as_json)


def _read(folder: Path, complaints: Complaints, *, sparse: bool) -> Inventory | None:
    with progress() as tell:
        return read_inventory(
            folder,
            complaints,
            sparse=sparse,
            progress=lambda file, done, total: tell(f"Reading {file}", done, total),
        )
