"""``tool-executor config``: every option, its value, and who said it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from tool_executor.cli import options
from tool_executor.cli.console import out, plain, print_json
from tool_executor.cli.tables import print_table
from tool_executor.configuration import DEFAULT, DEFAULT_FILE, FILE_VARIABLE, ConfigurationManager

_PRECEDENCE: Final = (
    "code: what the program gives ToolExecutor(...) or ConfigurationManager(values=...)",
    "environment: TOOL_EXECUTOR_ and the option's name, __ for its dot, as in TOOL_EXECUTOR_MAX_WORKERS",
    f"file: {DEFAULT_FILE} in the working folder, or the one that {FILE_VARIABLE} names",
    "agents.tool_timeout_seconds and agents.tool_max_retries, where the option itself is not said",
    "preset: the options of the preset, where one is chosen",
    "default",
)


def config(
    *,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Read this TOML file in place of the default one.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Show the configuration that a program has here: each option's value and who said it.

    What a tool's own defaults and a deployment's stage say comes after this: see docs/configuration.md.

    Examples:

      tool-executor config

      TOOL_EXECUTOR_PRESET=production tool-executor config --json

    Exit code: 0, or 2 if an option cannot be used.
    """
    said = ConfigurationManager(file=file).said
    if as_json:
        values = {name: {"value": one.value, "source": one.source} for name, one in sorted(said.items())}
        print_json({"options": values, "precedence": list(_PRECEDENCE)})
        return
    table = Table(header_style="bold", box=SIMPLE_HEAD)
    for heading in ("option", "value", "said by"):
        table.add_column(heading, overflow="fold")
    for name, one in sorted(said.items()):
        style = "dim" if one.source == DEFAULT else None
        table.add_row(plain(name), "" if one.value is None else plain(one.value), plain(one.source), style=style)
    print_table(table)
    out.print("The first of these that says an option wins:")
    for number, source in enumerate(_PRECEDENCE, start=1):
        out.print(f"  {number}. {source}", markup=False, highlight=False, soft_wrap=True)
