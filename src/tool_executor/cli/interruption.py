"""What becomes of an execution whose command is interrupted, and that goes on without it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from tool_executor.cancellation import Canceller
from tool_executor.cli.cancel import print_cancellation
from tool_executor.cli.console import err

if TYPE_CHECKING:
    from tool_executor.cli.where import Where


def interrupted(where: Where, execution_id: str) -> None:
    """Cancel the execution, unless the person at the terminal says no or presses Ctrl-C once more."""
    try:
        if not sys.stdin.isatty() or typer.confirm(f"Cancel the execution {execution_id}?", default=True, err=True):
            err.print("Cancelling; Ctrl-C once more leaves the execution running.")
            print_cancellation(Canceller(where.aws, where.deployment).cancel(execution_id), err)
            return
    except (KeyboardInterrupt, typer.Abort):
        pass
    err.print(f"Not waiting any longer; the execution {execution_id} goes on, if it was not stopped already.")
    err.print(f"Watch it with: tool-executor watch {execution_id}{where.options}")
    err.print(f"Stop it with: tool-executor cancel {execution_id}{where.options}")
