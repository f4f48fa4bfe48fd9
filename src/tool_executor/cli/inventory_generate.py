"""``tool-executor inventory generate``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tool_executor.cli import options
from tool_executor.cli.console import err, out, plain, print_json
from tool_executor.cli.inventory_report import notes_of_left, print_notes
from tool_executor.cli.inventory_writing import write
from tool_executor.cli.where import chosen
from tool_executor.inventory_files import PackageMissingError, write_files

if TYPE_CHECKING:
    from tool_executor.inventory import SampleData

_MOST_PRODUCTS: Final = 10_000


def generate(
    *,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="What it is drawn from; 4711 by default.")] = None,
    products: Annotated[
        int, typer.Option("--products", min=1, max=_MOST_PRODUCTS, help="How many products each warehouse has.")
    ] = 200,
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="The last day of the history; 2026-10-31 by default."),
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write CSV files into this folder.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Overwrite files that are there.")] = False,
    load: Annotated[bool, typer.Option("--load", help="Load it into the inventory tables.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="With --load: delete what the tables hold of WH001 to WH003 besides.")
    ] = False,
    local: options.Local = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    as_json: options.Json = False,
) -> None:
    """Draw the sample distributor, and write it as the CSV files that 'load' reads, or load it, or both.

    Three warehouses, WH001 to WH003, with two years of daily demand. The same seed and number of products give the same
    distributor; another number gives another one. It needs numpy, of the extra "inventory".

    Examples:

      tool-executor inventory generate --seed 4711 --out data/

      tool-executor inventory generate --products 10000 --load --local

    Exit code: 0 if it is done, 1 if the load was cut short, 2 if nothing was written.
    """
    if folder is None and not load:
        raise typer.BadParameter("Give --out DIR, --load, or both.")
    drawn = _drawn(seed, products, as_of)
    said: dict[str, Any] = {"seed": drawn.seed, "as_of": drawn.as_of.isoformat(), "products": products}
    if folder is not None:
        said |= {"folder": str(folder), "rows": write_files(drawn, folder, overwrite=overwrite)}
    notes = []
    if load:
        with chosen(local=local, stage=stage, region=region) as where:
            plan = write(where, drawn, replace=replace, as_json=as_json)
        said |= {"loaded_records": plan.total - plan.deleted, "deleted_records": plan.deleted}
        notes = list(notes_of_left(plan))
    print_notes(notes)
    print_json(said) if as_json else _print(said)


def _drawn(seed: int | None, products: int, as_of: datetime | None) -> SampleData:
    try:
        from tool_executor import inventory  # noqa: PLC0415 - numpy is an extra, and slow to import
    except ImportError as error:
        raise PackageMissingError(str(error)) from None
    with err.status("Drawing the distributor"):
        return inventory.generate(
            inventory.DEFAULT_SEED if seed is None else seed,
            as_of=inventory.DEFAULT_AS_OF if as_of is None else as_of.date(),
            products=products,
        )


def _print(said: dict[str, Any]) -> None:
    if "rows" in said:
        files = ", ".join(f"{name} ({count:,} rows)" for name, count in said["rows"].items())
        out.print(f"Wrote {plain(files)} into {plain(said['folder'])}.", soft_wrap=True)
    if "loaded_records" in said:
        out.print(f"Loaded {said['loaded_records']:,} records; {said['deleted_records']:,} were deleted.")
