"""The command line's entry: commands, and the one place where errors become sentences and exit codes."""

from __future__ import annotations

import os
import sys
from importlib import metadata
from typing import Annotated

import typer

from tool_executor.cli.artifacts import artifacts
from tool_executor.cli.ask import ask
from tool_executor.cli.breaker import app as breaker_app
from tool_executor.cli.browser import app as browser_app
from tool_executor.cli.bulk import app as bulk_app
from tool_executor.cli.cancel import cancel, reconcile
from tool_executor.cli.clear_history import clear_history
from tool_executor.cli.config import config
from tool_executor.cli.console import ExitCode, err, print_error
from tool_executor.cli.cost import cost
from tool_executor.cli.history import history
from tool_executor.cli.inventory import app as inventory_app
from tool_executor.cli.local import app as local_app
from tool_executor.cli.mcp import mcp
from tool_executor.cli.metrics import metrics
from tool_executor.cli.run import run
from tool_executor.cli.show import show
from tool_executor.cli.stats import stats
from tool_executor.cli.tools import tools
from tool_executor.cli.ui import ui
from tool_executor.cli.validate import validate
from tool_executor.cli.watch import watch
from tool_executor.errors import ToolExecutorError

app = typer.Typer(
    name="tool-executor",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Runs an AI agent's tools on AWS, or on this machine: in parallel, with retries, deadlines and fallbacks.",
)
app.command()(run)
app.command()(ask)
app.command()(tools)
app.command()(validate)
app.command()(cost)
app.command()(watch)
app.command()(show)
app.command()(history)
app.command()(stats)
app.command()(metrics)
app.command()(mcp)
app.command()(clear_history)
app.command()(cancel)
app.command()(reconcile)
app.command()(artifacts)
app.command()(config)
app.command()(ui)
app.add_typer(bulk_app, name="bulk")
app.add_typer(breaker_app, name="breaker")
app.add_typer(browser_app, name="browser")
app.add_typer(inventory_app, name="inventory")
app.add_typer(local_app, name="local")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(metadata.version("tool-executor"))
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Hold the options of the program itself."""


def main() -> None:
    """Run the command line; never show a stack trace to a user."""
    try:
        app()
    except ToolExecutorError as error:
        print_error(error, as_json="--json" in sys.argv)
    except ModuleNotFoundError as error:
        err.print(f"The package {error.name!r} is missing.")
        err.print("The local cloud needs an extra. In a checkout: pip install '.[local,inventory]'", markup=False)
    except OSError as error:
        err.print(f"{error.strerror or 'A file could not be used'}: {error.filename or ''}", markup=False)
    except Exception as error:
        # A fault of this program: a person is told so in a sentence; whoever mends it asks for more.
        if "TOOL_EXECUTOR_DEBUG" in os.environ:
            raise
        err.print(f"This should not have happened: {type(error).__name__}: {error}", markup=False)
        err.print("Set TOOL_EXECUTOR_DEBUG=1 to see where, and please report it.", markup=False)
    sys.exit(ExitCode.REQUEST_OR_SETUP_WRONG)


if __name__ == "__main__":
    main()
