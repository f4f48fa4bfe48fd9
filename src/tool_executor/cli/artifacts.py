"""``tool-executor artifacts``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from tool_executor.artifact_files import ArtifactFiles
from tool_executor.cli import options
from tool_executor.cli.console import ExitCode, err, out, print_json
from tool_executor.cli.where import chosen
from tool_executor.errors import ExecutionNotFoundError
from tool_executor.history import History

if TYPE_CHECKING:
    from tool_executor.artifact_files import ArtifactFile


def artifacts(
    execution_id: options.ExecutionId,
    *,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="DIR", help="Fetch them into this folder; without it, list them.")
    ] = None,
    local: options.Local = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    as_json: options.Json = False,
) -> None:
    """List or fetch the files that an execution's tools have kept: screenshots, pages.

    Examples:

      tool-executor artifacts 0b54e3f2-7c1e-4f8e-a7a5-5d3ce4c4f0aa --local

      tool-executor artifacts nightly-2026-11-20 --output pictures

    Exit code: 0; 1 if there are none; 2 if there is no such execution, or AWS could not be called.
    """
    with chosen(local=local, stage=stage, region=region) as where:
        files = ArtifactFiles(where.aws, where.deployment.artifact_bucket)
        found = files.of_execution(execution_id)
        if not found and not History(where.aws, where.deployment.history_table).execution(execution_id):
            message = f"The history holds no execution {execution_id!r}."
            raise ExecutionNotFoundError(message, hint="'tool-executor history' lists executions.")
        paths = [files.fetch(file, output) for file in found] if output is not None else []
    if as_json:
        print_json({"files": [file.to_json() for file in found], "fetched": [str(path) for path in paths]})
    elif paths:
        for path in paths:
            out.print(escape(str(path)), soft_wrap=True)
    else:
        _print_listed(found)
    if not found:
        raise typer.Exit(ExitCode.SOME_DID_NOT)


def _print_listed(found: list[ArtifactFile]) -> None:
    if not found:
        err.print("The execution's tools have kept no files, or they have expired.")
    for file in found:
        out.print(f"{escape(file.call_id)}  {escape(file.name)}  {file.bytes:,} bytes", soft_wrap=True)
