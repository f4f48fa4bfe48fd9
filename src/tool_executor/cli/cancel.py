"""``tool-executor cancel`` and ``tool-executor reconcile``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from tool_executor.cancellation import Canceller
from tool_executor.cli import options
from tool_executor.cli.console import ExitCode, calls_of, err, out, print_json
from tool_executor.cli.where import chosen

if TYPE_CHECKING:
    from rich.console import Console

    from tool_executor.cancellation import Cancellation, Reconciliation


def cancel(
    execution_id: Annotated[
        str, typer.Argument(metavar="EXECUTION_ID", callback=options.not_empty, help="The execution to stop.")
    ],
    *,
    local: options.Local = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    as_json: options.Json = False,
) -> None:
    """Stop an execution: finished calls keep their results, the rest are cancelled.

    What a tool is doing at that moment is not interrupted, but its result is not taken any more.

    Examples:

      tool-executor cancel 0b54e3f2-7c1e-4f8e-a7a5-5d3ce4c4f0aa

      tool-executor cancel nightly-2026-11-20 --local --json

    Exit code: 0 if the execution has ended now, by this or before; 2 if there is none, or AWS could not be called.
    """
    with chosen(local=local, stage=stage, region=region) as where:
        cancellation = Canceller(where.aws, where.deployment).cancel(execution_id)
    if as_json:
        print_json(cancellation.to_json())
    else:
        print_cancellation(cancellation, out)


def reconcile(
    *,
    older_than: Annotated[
        float | None,
        typer.Option("--older-than", min=0, metavar="SECONDS", help="Past the deadline by so much; 30 by default."),
    ] = None,
    local: options.Local = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    as_json: options.Json = False,
) -> None:
    """End what an outage left open: every execution past its deadline, as the deployment does each minute.

    Examples:

      tool-executor reconcile

      tool-executor reconcile --stage prod --older-than 0 --json

    Exit code: 0 if nothing is left open, 1 if an execution could not be ended, 2 if AWS could not be called.
    """
    with chosen(local=local, stage=stage, region=region) as where:
        done = Canceller(where.aws, where.deployment).reconcile(older_than)
    if as_json:
        print_json(done.to_json())
    else:
        _print_reconciliation(done)
    raise typer.Exit(ExitCode.SOME_DID_NOT if done.failed else ExitCode.ALL_SUCCEEDED)


def print_cancellation(cancellation: Cancellation, console: Console) -> None:
    """Say what a cancel ended, call by call."""
    name = escape(cancellation.execution_id)
    if not cancellation.stopped:
        console.print(f"The execution {name} had ended already: {cancellation.status}.", soft_wrap=True)
        return
    if not cancellation.calls:
        console.print(f"Cancelled the execution {name} before any call of it was planned.", soft_wrap=True)
        return
    ended = len(cancellation.calls) - len(cancellation.cancelled)
    console.print(
        f"Cancelled the execution {name}: {calls_of(len(cancellation.cancelled))} cancelled, {ended} had ended before.",
        soft_wrap=True,
    )
    for call in cancellation.cancelled:
        begun = "was running" if call["attempts"] else "had not begun"
        effect = f"effect {call['effect']}"
        console.print(f"  {escape(call['call_id'])}  {escape(call['tool_name'])}: {begun}, {effect}", soft_wrap=True)


def _print_reconciliation(done: Reconciliation) -> None:
    if not done.ended and not done.failed:
        out.print("Nothing was left open past its deadline.")
    for execution_id in done.ended:
        out.print(f"Ended {escape(execution_id)}", soft_wrap=True)
    for execution_id in done.failed:
        err.print(f"Could not end {escape(execution_id)}; the finisher's log says why.", soft_wrap=True)
