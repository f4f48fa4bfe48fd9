"""Loads records into a deployment's tables as a command does: with progress, and a sentence if it is cut short."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from tool_executor.cli.console import ExitCode, err, print_error
from tool_executor.cli.inventory_progress import progress
from tool_executor.inventory_tables import LoadCutShortError, load_into, what_cut_short_means

if TYPE_CHECKING:
    from tool_executor.cli.where import Where
    from tool_executor.inventory_tables import LoadPlan, Records


def write(where: Where, records: Records, *, replace: bool, as_json: bool) -> LoadPlan:
    """Load, and return what was planned and is done. Ends the command with 1 where a part was written."""
    try:
        with progress() as tell:
            return load_into(
                where.aws,
                where.deployment,
                records,
                replace=replace,
                progress=lambda done, total: tell("Writing", done, total),
            )
    except LoadCutShortError as error:
        print_error(error, as_json=as_json)
        raise typer.Exit(ExitCode.SOME_DID_NOT) from None
    except KeyboardInterrupt:
        err.print(what_cut_short_means(records), markup=False, soft_wrap=True)
        raise
