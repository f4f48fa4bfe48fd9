"""``tool-executor inventory``: the data of the inventory tools."""

from __future__ import annotations

import typer

from tool_executor.cli.inventory_generate import generate
from tool_executor.cli.inventory_load import load
from tool_executor.cli.inventory_plot import plot

app = typer.Typer(
    no_args_is_help=True,
    help="The inventory tools' data, from CSV files or drawn as a sample, and pictures of products.",
)
app.command()(load)
app.command()(generate)
app.command()(plot)
