"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

CatalogFile = Annotated[
    Path | None, typer.Option("--catalog", help="A deployment's catalog.json; by default the one shipped with this.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON alone, for machines.")]
Local = Annotated[
    bool, typer.Option("--local", help="Use the local cloud: a running one, else one started for this command.")
]
Stage = Annotated[str, typer.Option("--stage", envvar="TOOL_EXECUTOR_STAGE", help="The deployed stage.")]
Region = Annotated[
    str | None, typer.Option("--region", envvar=["AWS_REGION", "AWS_DEFAULT_REGION"], help="The AWS region.")
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, help="List at most so many.")]
