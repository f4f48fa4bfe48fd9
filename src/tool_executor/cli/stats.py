"""``tool-executor stats``: figures from the history."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from tool_executor.cli import options
from tool_executor.cli.console import out, plain, print_json
from tool_executor.cli.deployed_tools import require_tool
from tool_executor.cli.tables import print_table
from tool_executor.cli.where import chosen
from tool_executor.history_statistics import HistoryStatistics
from tool_executor.planner_catalog import deployed_catalog
from tool_executor.time_window import moment_of

if TYPE_CHECKING:
    from tool_executor.history_statistics import Basis, StatisticsReport
    from tool_executor.statistics import ToolStatistics

_COUNTS: Final = ("calls", "ok", "failed", "timeout", "cached", "ok %")
_TIMES: Final = ("mean", "p50", "p95", "p99")
_ATTEMPTS: Final = ("tries", "again %", "fallback %")


def stats(
    *,
    tool: options.ToolFilter = None,
    correlation_id: options.CorrelationId = None,
    since: options.Since = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="WHEN", help="Up to then, as in --since; now by default.")
    ] = None,
    local: options.Local = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    as_json: options.Json = False,
) -> None:
    """Show figures of calls that have ended, overall and by the tool that was asked for: today's by default.

    Times are milliseconds from the first attempt's start to the call's end; p95: 95 % took no longer. "again": it took
    more than one attempt; "fallback": it took one.

    Examples:

      tool-executor stats --since 24h

      tool-executor stats --tool forecast_demand --since 2026-11-01 --until 2026-11-20 --stage prod

      tool-executor stats --correlation-id morning-check --json

    Exit code: 0; 2 if there is no such tool, the window cannot be used (400 days at most), or AWS could not be called.
    """
    now = datetime.now(UTC)
    begin, end = (None if text is None else moment_of(text, now) for text in (since, until))
    with chosen(local=local, stage=stage, region=region) as where:
        names = (
            deployed_catalog(where.aws, where.deployment.planner_function).by_name
            if tool is None and correlation_id is None
            else ()
        )
        figures = HistoryStatistics(where.aws, where.deployment)
        report = figures.query(tool, correlation_id, begin, end, tool_names=names, now=now)
        if tool is not None and not report["overall"].total_executions:
            require_tool(where, tool)
    if as_json:
        print_json({"overall": report["overall"].to_json(), "by_tool": _by_tool(report), "basis": report["basis"]})
    elif not report["overall"].total_executions:
        out.print("No calls have ended there.")
    else:
        _print(report)
        _tell_basis(report["basis"], begin)


def _tell_basis(basis: Basis, begin: datetime | None) -> None:
    """Say what is not as it was asked for, or not exact."""
    if basis["by_hour_since"] is not None:
        share = f"{basis['percentile_error']:.0%}"
        out.print(f"[dim]p50, p95 and p99 are within {share}: {basis['by_hour_since']} to {basis['by_hour_until']} is")
        out.print("[dim]told by totals of each hour, which count a call when its execution has ended.[/]")
    if begin is not None and basis["since"] is not None and moment_of(basis["since"], begin) < begin:
        out.print(f"[dim]Its first hour has so many calls that all of it is counted: from {basis['since']} on.[/]")


def _by_tool(report: StatisticsReport) -> dict[str, object]:
    return {name: figures.to_json() for name, figures in report["by_tool"].items()}


def _print(report: StatisticsReport) -> None:
    """Print two tables: all figures in one would not fit into 80 columns."""
    rows = [*report["by_tool"].items()]
    if len(rows) > 1:
        rows.append(("all", report["overall"]))
    for headings in (_COUNTS, (*_TIMES, *_ATTEMPTS)):
        table = Table(header_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
        table.add_column("tool", overflow="fold", min_width=20)
        for heading in headings:
            table.add_column(heading, justify="right", no_wrap=True)
        for name, figures in rows:
            cells = _cells(figures)
            style = "bold" if figures is report["overall"] and len(rows) > 1 else None
            table.add_row(plain(name), *(cells[heading] for heading in headings), style=style)
        print_table(table)


def _cells(figures: ToolStatistics) -> dict[str, str]:
    return {
        "calls": f"{figures.total_executions:,}",
        "ok": f"{figures.success_count:,}",
        "failed": f"{figures.failure_count:,}",
        "timeout": f"{figures.timeout_count:,}",
        "ok %": f"{figures.success_rate:.1f}",
        "mean": f"{figures.avg_execution_time_ms:,.0f}",
        "p50": f"{figures.p50_ms:,.0f}",
        "p95": f"{figures.p95_ms:,.0f}",
        "p99": f"{figures.p99_ms:,.0f}",
        "tries": f"{figures.avg_attempts:.2f}",
        "again %": f"{figures.retry_rate:.1f}",
        "fallback %": f"{figures.fallback_rate:.1f}",
        "cached": f"{figures.cache_hits:,}",
    }
