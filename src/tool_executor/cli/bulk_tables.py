"""What a person is shown of bulks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table

from tool_executor.cli.console import ExitCode, calls_of, err, out, plain, styled_status
from tool_executor.cli.tables import print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tool_executor.bulk.machine import RunState
    from tool_executor.bulk.manifest import BulkManifest
    from tool_executor.bulk.preparation import PreparedRun
    from tool_executor.bulk.report import BulkReport

_WORDS: Final = {
    "success": "succeeded",
    "failed": "failed",
    "held": "failed, and may have had an effect",
    "missing": "not run",
    "open": "under way",
}


def report_code(report: BulkReport) -> ExitCode:
    """Return what a command ends with."""
    return ExitCode.ALL_SUCCEEDED if report.all_succeeded else ExitCode.SOME_DID_NOT


def print_estimate(prepared: PreparedRun) -> None:
    """Say what a run will do, and what it costs about."""
    settings, estimate = prepared.settings, prepared.estimate
    best, worst = estimate.dollars
    at_once = settings.max_concurrency * settings.calls_at_once
    err.print(
        f"{calls_of(prepared.calls)} in {estimate.batches:,} batches; {settings.max_concurrency:,} batches of"
        f" {settings.calls_at_once} calls at once, so up to {at_once:,} tools.",
        soft_wrap=True,
    )
    err.print(
        f"Costs about ${best:,.4f} if every call succeeds at once, ${worst:,.2f} at the very worst"
        f" ({round(estimate.best.state_transitions):,} to {round(estimate.worst.state_transitions):,} state"
        " transitions; list prices, docs/bulk.md has the arithmetic).",
        soft_wrap=True,
    )


def print_report(report: BulkReport, options: str, *, ends_with_command: bool = False) -> None:
    """Say how a bulk stands, and what may be typed next."""
    counts = report.counts
    told = [f"{counts[name]:,} {words}" for name, words in _WORDS.items() if counts[name]]
    out.print(f"Bulk {plain(report.bulk_id)}: {styled_status(report.status)}", soft_wrap=True)
    out.print(f"{calls_of(counts['total'])}: {', '.join(told)}", soft_wrap=True)
    for run, state in zip(report.runs, report.states, strict=True):
        if state.cause:
            out.print(f"Run {run.run}: {plain(state.error or '')}: {plain(state.cause)}", soft_wrap=True)
    if ends_with_command:
        out.print("This local cloud ends now, and the bulk with it: 'tool-executor local up' serves one that stays.")
        return
    bulk_id = report.bulk_id
    if report.is_running:
        out.print(f"Stop it: tool-executor bulk cancel {bulk_id}{options}", soft_wrap=True)
        return
    out.print(f"Results: tool-executor bulk results {bulk_id}{options}", soft_wrap=True)
    if counts["missing"]:
        out.print(f"Run the rest: tool-executor bulk resume {bulk_id}{options}", soft_wrap=True)
    if counts["failed"]:
        out.print(f"Try again: tool-executor bulk resume {bulk_id} --retry-failed{options}", soft_wrap=True)


def print_list(bulks: Sequence[tuple[BulkManifest, RunState]]) -> None:
    """List bulks."""
    if not bulks:
        out.print("There are no bulks.")
        return
    table = Table(header_style="bold", box=SIMPLE_HEAD)
    for name in ("bulk", "created", "latest run", "file"):
        table.add_column(name, overflow="fold", no_wrap=name in {"bulk", "created"})
    table.add_column("calls", justify="right")
    for manifest, state in bulks:
        status = state.status.lower()
        table.add_row(
            plain(manifest.bulk_id),
            manifest.created_at[:19].replace("T", " "),
            styled_status(status),
            plain(manifest.source),
            f"{manifest.calls:,}",
        )
    print_table(table, has_ids=True)
