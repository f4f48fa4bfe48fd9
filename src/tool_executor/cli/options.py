"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tool_executor.cli.completion import tool_names


def not_empty(value: str | None) -> str | None:
    """Refuse an id that a shell's unset variable has left empty."""
    if value is not None and not value.strip():
        raise typer.BadParameter("It is empty.")
    return value


CatalogFile = Annotated[
    Path | None, typer.Option("--catalog", help="A deployment's catalog.json; by default the one shipped with this.")
]
CorrelationId = Annotated[
    str | None, typer.Option("--correlation-id", callback=not_empty, help="All of one correlation id.")
]
ExecutionId = Annotated[str, typer.Argument(metavar="EXECUTION_ID", callback=not_empty, help="The execution's id.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON alone, for machines.")]
Local = Annotated[bool, typer.Option("--local", help="Use the local cloud that 'tool-executor local up' serves.")]
LocalOrNew = Annotated[
    bool, typer.Option("--local", help="Use the local cloud: a running one, else one started for this command.")
]
PrivateOrigins = Annotated[
    list[str] | None,
    typer.Option(
        "--private-origin",
        metavar="ORIGIN",
        help="A site of this machine that the local cloud's browsers may visit, e.g. http://127.0.0.1:8123.",
    ),
]
Stage = Annotated[str, typer.Option("--stage", envvar="TOOL_EXECUTOR_STAGE", help="The deployed stage.")]
Region = Annotated[
    str | None, typer.Option("--region", envvar=["AWS_REGION", "AWS_DEFAULT_REGION"], help="The AWS region.")
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, help="List at most so many.")]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="WHEN", help="From then on: 2026-11-20, 2026-11-20T10:00 (UTC), 30m, 24h, 7d."),
]
ToolFilter = Annotated[
    str | None, typer.Option("--tool", help="Calls that asked for this tool.", autocompletion=tool_names)
]
