"""Options that the commands of bulks share."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tool_executor.cli.options import not_empty

BulkId = Annotated[str, typer.Argument(metavar="BULK_ID", callback=not_empty, help="The bulk's id.")]
RetryFailed = Annotated[bool, typer.Option("--retry-failed", help="Run again what failed, too.")]
MaxConcurrency = Annotated[
    int | None, typer.Option("--max-concurrency", help="Batches at once, up to 10,000.", show_default="5")
]
CallsAtOnce = Annotated[
    int | None, typer.Option("--calls-at-once", help="Calls of one batch at once, up to 40.", show_default="2")
]
BatchSize = Annotated[int | None, typer.Option("--batch-size", help="Calls of a batch, up to 250.", show_default="50")]
Timeout = Annotated[float | None, typer.Option("--timeout", help="Seconds for a batch.", show_default="3600")]
Tolerate = Annotated[
    float | None,
    typer.Option("--tolerate", metavar="PERCENT", help="Batches that may fail.", show_default="10"),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask whether to begin.")]
Detach = Annotated[bool, typer.Option("--detach", help="Start it and do not wait.")]


def said(**settings: Any) -> dict[str, Any]:  # noqa: ANN401 - numbers and texts
    """Return the settings that were given."""
    return {name: value for name, value in settings.items() if value is not None}
