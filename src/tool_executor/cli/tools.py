"""``tool-executor tools`` and ``tool-executor validate``: what needs the catalog and no deployment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.json import JSON
from rich.markup import escape
from rich.table import Table

from tool_contract import strict_json
from tool_contract.catalog import Catalog, load_catalog
from tool_contract.request import InvalidRequestError as RequestProblems
from tool_contract.request import check_request
from tool_executor.cli import options
from tool_executor.cli.console import out, print_json
from tool_executor.cli.request_file import read_request
from tool_executor.errors import InvalidRequestError, RequestUnreadableError, ToolExecutorError

if TYPE_CHECKING:
    from tool_contract.tool_spec import ToolAnnotations, ToolSpec

CatalogFile = Annotated[
    Path | None, typer.Option("--catalog", help="A deployment's catalog.json; by default the one shipped with this.")
]


class ToolNotFoundError(ToolExecutorError):
    """The catalog has no tool of that name."""

    code = "ToolNotFound"


def tools(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One tool, whole.")] = None,
    *,
    catalog_file: CatalogFile = None,
    as_json: options.Json = False,
) -> None:
    """List the tools, or show one with its schemas.

    Examples:

      tool-executor tools

      tool-executor tools forecast_demand --json
    """
    catalog = _catalog(catalog_file)
    if name is None:
        print_json(catalog.to_json()) if as_json else _print_list(catalog)
        return
    spec = catalog.by_name.get(name)
    if spec is None:
        problem = catalog.unknown_tool(name)
        raise ToolNotFoundError(problem.message, hint=problem.hint)
    print_json(spec.model_dump(mode="json")) if as_json else _print_tool(spec)


def validate(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The request, a JSON file; - for standard input.")],
    *,
    catalog_file: CatalogFile = None,
    as_json: options.Json = False,
) -> None:
    """Check a request as the planner would, without running it: every problem at once, each with a JSON pointer.

    Examples:

      tool-executor validate examples/morning_check.json

    Exit code: 0 if it can be run, 2 if not.
    """
    try:
        request = check_request(read_request(file), _catalog(catalog_file))
    except RequestProblems as error:
        told = error.to_json()
        raise InvalidRequestError(told["error"], told["details"], hint=told.get("hint")) from None
    tool_names = sorted({candidate.tool_name for call in request.calls for candidate in call.candidates})
    if as_json:
        print_json({"valid": True, "calls": len(request.calls), "mode": request.mode, "tools": tool_names})
        return
    out.print(f"The request is valid: {len(request.calls)} calls, {request.mode}, of {', '.join(tool_names)}.")


def _catalog(file: Path | None) -> Catalog:
    try:
        return load_catalog(file)
    except OSError as error:
        message = f"The catalog {str(file)!r} cannot be read: {error.strerror}."
        raise RequestUnreadableError(message) from None
    except ValueError:
        message = f"{str(file)!r} is no catalog of tools."
        raise RequestUnreadableError(message, hint="'make catalog' writes one from the code.") from None


def _print_list(catalog: Catalog) -> None:
    table = Table(header_style="bold")
    for heading in ("tool", "group", "marks", "timeout", "what it does"):
        table.add_column(heading)
    for spec in catalog.tools:
        marks, first_line = _marks(spec.annotations), spec.description.splitlines()[0]
        table.add_row(escape(spec.name), spec.group, marks, f"{spec.timeout_seconds:g} s", escape(first_line))
    out.print(table)


def _print_tool(spec: ToolSpec) -> None:
    out.print(f"[bold]{escape(spec.name)}[/]  (group {spec.group}, {_marks(spec.annotations)})")
    out.print(escape(spec.description))
    out.print(
        f"\nAn attempt takes at most {spec.timeout_seconds:g} s; {spec.max_retries} retries unless a call says so."
    )
    for heading, schema in (("Input", spec.input_schema), ("Output", spec.output_schema)):
        out.print(f"\n[bold]{heading}[/] (JSON Schema)")
        out.print(JSON(strict_json.dumps(schema)))


def _marks(annotations: ToolAnnotations) -> str:
    words = [name.replace("_", "-") for name, value in annotations.model_dump().items() if value]
    return ", ".join(words) or "none"
