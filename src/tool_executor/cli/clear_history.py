"""``tool-executor clear-history``."""

from __future__ import annotations

from typing import Annotated

import typer

from tool_executor.cli import options
from tool_executor.cli.console import ExitCode, err, out, plain, print_json
from tool_executor.cli.where import chosen
from tool_executor.history_clearing import HistoryClearing


def clear_history(
    correlation_id: Annotated[
        str,
        typer.Argument(metavar="CORRELATION_ID", callback=options.not_empty, help="All executions of this id."),
    ],
    *,
    remote: Annotated[bool, typer.Option("--remote", help="In the deployment's table: there is no other one here.")] = (
        False
    ),
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    local: options.Local = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    as_json: options.Json = False,
) -> None:
    """Delete the records of a correlation id from the history table, after asking. It cannot be undone.

    Records alone: large inputs and results stay in the artefact bucket until they expire there. While an execution of
    the id is open, nothing is deleted. A call that comes back with an idempotency key of a deleted one runs again.

    Examples:

      tool-executor clear-history --remote order-4711

      tool-executor clear-history --remote load-test-17 --yes --local --json

    Exit code: 0 if they are gone, 1 if you said no, 2 if an execution is open, or AWS could not be called.
    """
    if not remote:
        err.print("A program's own history ends with it (executor.clear_history() clears it before).", markup=False)
        err.print(f"The deployment's table needs the option: --remote {plain(correlation_id)}")
        raise typer.Exit(ExitCode.REQUEST_OR_SETUP_WRONG)
    with chosen(local=local, stage=stage, region=region) as where:
        clearing = HistoryClearing(where.aws, where.deployment.history_table)
        found = clearing.find(correlation_id)
        told = f"{len(found.keys)} records of {correlation_id!r} (executions: {len(found.executions)})"
        question = f"Delete {told} from the table {where.deployment.history_table}?"  # nosec B608 - no SQL
        if found.keys and not (yes or _agreed(question)):
            err.print("Nothing was deleted.")
            raise typer.Exit(ExitCode.SOME_DID_NOT)
        deleted = clearing.delete(found)
    if as_json:
        print_json({"correlation_id": correlation_id, "deleted": deleted, "executions": list(found.executions)})
    elif not deleted:
        out.print(f"The history holds nothing of {plain(correlation_id)}.", soft_wrap=True)
    else:
        out.print(f"Deleted {plain(told)}.", soft_wrap=True)


def _agreed(question: str) -> bool:
    """Ask; an end of the input is a no."""
    try:
        return typer.confirm(question, default=False, err=True)
    except typer.Abort:
        return False
