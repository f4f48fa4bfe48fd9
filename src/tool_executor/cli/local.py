"""``tool-executor local``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from tool_executor.cli import options
from tool_executor.cli.console import err, out
from tool_executor.cli.where import project_folder

if TYPE_CHECKING:
    from tool_executor.local import LocalCloud

app = typer.Typer(no_args_is_help=True, help="The local cloud: the deployed template on this machine, without AWS.")


@app.callback()
def _local() -> None:
    """Keep ``up`` a command of its own, though it is the only one so far."""


@app.command()
def up(
    *,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Where to listen; 0 takes a free port.")] = 0,
    stage: options.Stage = "dev",
    extra_groups: Annotated[
        list[str] | None, typer.Option("--extra-group", help="Deploy this folder's tool group, too.")
    ] = None,
    callers: Annotated[
        Path | None, typer.Option("--callers", exists=True, dir_okay=False, help="Who may call what: a JSON file.")
    ] = None,
    sample_data: Annotated[bool, typer.Option(help="Fill the inventory tables with the sample distributor.")] = True,
    private_origins: options.PrivateOrigins = None,
    empty: Annotated[bool, typer.Option("--empty", help="Deploy nothing: for the CDK CLI to deploy to.")] = False,
    as_json: options.Json = False,
) -> None:
    """Serve a local cloud until Ctrl-C.

    Examples:

      tool-executor local up

      tool-executor local up --port 4566 --json

      tool-executor local up --private-origin http://127.0.0.1:8123

      tool-executor local up --callers callers.json
    """
    from tool_executor.local import LocalCloud, serve_until_stopped  # noqa: PLC0415 - moto is of the extra "local"

    def ready(cloud: LocalCloud) -> None:
        if as_json:
            typer.echo(cloud.deployment.ready_line())
            return
        _print_ready(cloud)

    cloud = LocalCloud(
        project_folder(),
        port=port,
        stage=stage,
        extra_groups=tuple(extra_groups or ()),
        callers=callers.resolve() if callers else "",
        sample_data=sample_data,
        deploy=not empty,
        announce=True,
        private_origins=tuple(private_origins or ()),
        progress=None if as_json else lambda doing: err.print(f"{doing} …", style="dim"),
    )
    serve_until_stopped(cloud, on_ready=ready)


def _print_ready(cloud: LocalCloud) -> None:
    out.print(f"The local cloud answers at [bold]{escape(cloud.deployment.endpoint_url)}[/]. Ctrl-C ends it.\n")
    out.print("To use it from another terminal, with the AWS CLI, boto3 or the CDK CLI:\n")
    for name, value in cloud.deployment.environment.items():
        typer.echo(f"export {name}={value}")
    if not cloud.deployment.outputs:
        return
    out.print()
    for name in ("StateMachineArn", "HistoryTable", "ToolStateTable", "ArtifactBucket"):
        typer.echo(f"{name}: {cloud.deployment.outputs[name]}")
    for group, function in cloud.deployment.functions.items():
        typer.echo(f"Function of {group}: {function}")
