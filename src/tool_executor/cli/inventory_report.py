"""What a load has come to: what is wrong with the files, or what was loaded."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from tool_contract import strict_json
from tool_executor.cli.console import err, out, plain, print_error, print_json, print_problems
from tool_executor.cli.tables import print_table
from tool_executor.inventory_files import SHOWN, InvalidInventoryError, Note, notes_of, products_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tool_executor.inventory_files import Complaints, Inventory
    from tool_executor.inventory_tables import LoadPlan

#: What the table has of a warehouse's counts.
_HEADINGS: Final = {
    "warehouse_code": "warehouse",
    "as_of": "as of",
    "products": "products",
    "open_orders": "orders",
    "history_rows": "days",
    "filled_days": "filled",
    "demand_years": "years",
}


def print_complaints(folder: Path, complaints: Complaints, file: Path | None, *, as_json: bool) -> None:
    """Tell what is wrong: to a person the first problems, to a machine all that are not written to a file."""
    number = len(complaints)
    noun = "problem" if number == 1 else "problems"
    error = InvalidInventoryError(f"{number:,} {noun} in the files of {str(folder)!r}; nothing was written.")
    if as_json:
        _print_as_json(error, complaints, file)
        return
    print_error(error, as_json=False)
    print_problems(complaints.shown)
    if number > SHOWN:
        files = ", ".join(f"{name} {count:,}" for name, count in complaints.by_file.items())
        err.print(f"  … and {number - SHOWN:,} more. In all: {plain(files)}.", soft_wrap=True)
    if file is not None:
        err.print(f"All problems are in {plain(file)}.", soft_wrap=True)
    elif number > SHOWN:
        err.print("--problems FILE writes all of them to a file.")


def print_loaded(inventory: Inventory, plan: LoadPlan | None, seconds: float, *, as_json: bool) -> None:
    """Tell what was loaded, or, without a plan, would be."""
    counts = [warehouse.counts() for warehouse in inventory.by_warehouse()]
    notes = [*notes_of(inventory), *(() if plan is None else notes_of_left(plan))]
    if as_json:
        value: dict[str, Any] = {"loaded": plan is not None, "warehouses": counts, "seconds": round(seconds, 3)}
        deleted = {} if plan is None else {"deleted_records": plan.deleted}
        print_json({**value, **deleted, "notes": [asdict(note) for note in notes]})
        return
    print_notes(notes)
    print_table(_table(counts))
    if plan is None:
        out.print("The files can be loaded; nothing was written.")
    else:
        gone = f" {plan.deleted:,} records were deleted." if plan.deleted else ""
        out.print(f"Loaded in {seconds:.1f} s.{gone}")


def print_notes(notes: Iterable[Note]) -> None:
    """Tell a person the notes."""
    for note in notes:
        where = f"[bold]{plain(note.pointer)}[/] " if note.pointer else ""
        err.print(f"  {where}{plain(note.message)}", soft_wrap=True)


def notes_of_left(plan: LoadPlan) -> Iterator[Note]:
    """Yield a note of each warehouse of which the tables hold more than was loaded."""
    for code, products in plan.left.items():
        if products and not plan.deleted:
            message = f"{code}: the tables hold {products_named(products)} besides, and keep that."
            yield Note("", f"{message} --replace deletes what is not loaded.")


def _print_as_json(error: InvalidInventoryError, complaints: Complaints, file: Path | None) -> None:
    """Print one JSON text without having all of it in memory."""
    told = {name: value for name, value in error.to_json().items() if name != "details"}
    told |= {"problems": len(complaints)} | ({} if file is None else {"problems_file": str(file)})
    typer.echo(strict_json.dumps(told)[:-1] + ',"details":[', nl=False)
    lines = complaints.lines() if file is None else map(strict_json.dumps, complaints.shown)
    for number, line in enumerate(lines):
        typer.echo(("," if number else "") + line, nl=False)
    typer.echo("]}")


def _table(counts: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(header_style="bold", box=SIMPLE_HEAD)
    for name, heading in _HEADINGS.items():
        table.add_column(heading, justify="left" if name == "warehouse_code" else "right", overflow="fold")
    for row in counts:
        cells = (row[name] for name in _HEADINGS)
        table.add_row(*(f"{cell:,}" if isinstance(cell, int) else plain(cell) for cell in cells))
    return table
