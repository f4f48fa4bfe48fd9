"""``tool-executor validate``: what the planner would say of a request, and what running it would take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from tool_contract.limits import (
    MAX_HISTORY_EVENTS,
    MAX_PLAN_BYTES,
    MAX_REQUEST_BYTES,
    MAX_REQUEST_BYTES_BY_REFERENCE,
)
from tool_contract.preflight import NOT_IN_COST
from tool_executor.cli import options
from tool_executor.cli.catalog_file import read_catalog
from tool_executor.cli.checked_request import checked_request, read_options
from tool_executor.cli.console import calls_of, out, print_json
from tool_executor.cli.reference_tables import print_origins
from tool_executor.cli.request_file import read_request
from tool_executor.cli.tables import print_table

if TYPE_CHECKING:
    from tool_executor.cli.checked_request import CheckedRequest


def validate(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The request, a JSON file; - for standard input.")],
    *,
    catalog_file: options.CatalogFile = None,
    options_file: Annotated[
        str | None, typer.Option("--options", metavar="FILE", help="The stage's options, if not the default ones.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Check a request as the planner would, without running it: every problem at once, each with a JSON pointer.

    Of a request that can be run, say what that takes: bytes, history events, state transitions and their cost. Where
    inputs are parts of earlier results, say which, and what is known of them.

    Examples:

      tool-executor validate examples/morning_check.json

      tool-executor validate request.json --json

    Exit code: 0 if it can be run, 2 if not.
    """
    stage = read_options(options_file)
    checked = checked_request(read_request(file), read_catalog(catalog_file), stage)
    print_json(_to_json(checked)) if as_json else _print(checked)


def _to_json(checked: CheckedRequest) -> dict[str, Any]:
    report = checked.report
    return {
        "valid": True,
        "calls": report.calls,
        "mode": checked.request.mode,
        "tools": checked.tool_names,
        "request_bytes": {"value": report.request_bytes, "limit": MAX_REQUEST_BYTES_BY_REFERENCE},
        "by_s3": report.request_bytes > MAX_REQUEST_BYTES,
        "plan_bytes": {"value": report.plan_bytes, "limit": MAX_PLAN_BYTES},
        "worst_case_events": {"value": report.worst_case_events, "limit": MAX_HISTORY_EVENTS},
        "happy": report.happy.to_json(),
        "worst": report.worst.to_json(),
        "not_in_cost": list(NOT_IN_COST),
        "references": [origin.to_json() for origin in checked.origins],
    }


def _print(checked: CheckedRequest) -> None:
    report, happy, worst = checked.report, checked.report.happy, checked.report.worst
    out.print(
        f"The request is valid: {calls_of(report.calls)}, {checked.request.mode}, of {', '.join(checked.tool_names)}."
    )
    table = Table(header_style="bold", box=SIMPLE_HEAD)
    table.add_column("what it takes")
    for heading in ("all succeed", "at worst", "limit"):
        table.add_column(heading, justify="right")
    table.add_row("bytes of the request", "", f"{report.request_bytes:,}", f"{MAX_REQUEST_BYTES_BY_REFERENCE:,}")
    table.add_row("bytes of the plan", "", f"{report.plan_bytes:,}", f"{MAX_PLAN_BYTES:,}")
    table.add_row("history events", "", f"{report.worst_case_events:,}", f"{MAX_HISTORY_EVENTS:,}")
    table.add_row("attempts", f"{happy.attempts:,}", f"{worst.attempts:,}", "")
    table.add_row("state transitions", f"{happy.state_transitions:,}", f"{worst.state_transitions:,}", "")
    table.add_row("US dollars of them", f"{happy.cost_usd:.6f}", f"{worst.cost_usd:.6f}", "")
    print_table(table)
    if checked.origins:
        print_origins(checked.origins)
    if report.request_bytes > MAX_REQUEST_BYTES:
        out.print(f"Over {MAX_REQUEST_BYTES:,} bytes: the client sends the request by S3.")
    out.print(
        "The dollars are those of a Standard workflow's state transitions, at $25 a million. Not in them:"
        f" {', '.join(NOT_IN_COST)}; 'tool-executor cost' counts them."
    )
