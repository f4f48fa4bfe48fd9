"""``tool-executor tools``: what there is, from the catalog; it needs no deployment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from tool_executor.cli import options
from tool_executor.cli.catalog_file import read_catalog
from tool_executor.cli.completion import tool_names
from tool_executor.cli.console import out, plain, print_json
from tool_executor.cli.tables import print_table
from tool_executor.errors import ToolNotFoundError
from tool_executor.model_apis.gateway_target import gateway_tools

if TYPE_CHECKING:
    from tool_contract.catalog import Catalog
    from tool_contract.tool_spec import ToolAnnotations, ToolSpec


def tools(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="One tool, whole.", autocompletion=tool_names)
    ] = None,
    *,
    catalog_file: options.CatalogFile = None,
    gateway_schema: Annotated[
        str | None,
        typer.Option(
            "--gateway-schema",
            metavar="GROUP",
            help="Print the tool schema of an AgentCore Gateway target for this tool group, JSON.",
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """List the tools, or show one with its schemas.

    Examples:

      tool-executor tools

      tool-executor tools forecast_demand --json

      tool-executor tools --gateway-schema inventory-optimizer > schema.json
    """
    if name is not None and gateway_schema is not None:
        message = "--gateway-schema is of a whole tool group: leave NAME out."
        raise typer.BadParameter(message)
    catalog = read_catalog(catalog_file)
    if gateway_schema is not None:
        typer.echo(json.dumps(gateway_tools(catalog, gateway_schema), indent=2, ensure_ascii=False))
        return
    if name is None:
        print_json(catalog.to_json()) if as_json else _print_list(catalog)
        return
    spec = catalog.by_name.get(name)
    if spec is None:
        problem = catalog.unknown_tool(name)
        raise ToolNotFoundError(problem.message, [problem.as_detail()], hint=problem.hint)
    print_json(spec.model_dump(mode="json")) if as_json else _print_tool(spec)


def _print_list(catalog: Catalog) -> None:
    table = Table(header_style="bold", box=SIMPLE_HEAD)
    table.add_column("tool", no_wrap=True)
    for heading in ("marks", "what it does"):
        table.add_column(heading, overflow="fold")
    for spec in catalog.tools:
        table.add_row(plain(spec.name), _marks(spec.annotations), plain(spec.description.splitlines()[0]))
    print_table(table)
    out.print("One tool with its schemas: tool-executor tools NAME")


def _print_tool(spec: ToolSpec) -> None:
    out.print(f"[bold]{plain(spec.name)}[/]  (group {spec.group}, {_marks(spec.annotations)})")
    out.print(plain(spec.description))
    retries = (
        "as many retries as the stage's options say" if spec.max_retries is None else f"{spec.max_retries} retries"
    )
    out.print(f"\nUnless a call says so: an attempt's time is {_timeout(spec)}; {retries}.")
    for heading, schema in (("Input", spec.input_schema), ("Output", spec.output_schema)):
        out.print(f"\n[bold]{heading}[/] (JSON Schema)")
        typer.echo(json.dumps(schema, indent=2, ensure_ascii=False))


def _timeout(spec: ToolSpec) -> str:
    return "the stage's" if spec.timeout_seconds is None else f"{spec.timeout_seconds:g} s"


def _marks(annotations: ToolAnnotations) -> str:
    words = [name.replace("_", "-") for name, value in annotations.model_dump().items() if value]
    return ", ".join(words) or "none"
