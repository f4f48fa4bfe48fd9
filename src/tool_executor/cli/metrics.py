"""``tool-executor metrics``: what CloudWatch shows of a deployment, and whether the history agrees."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from tool_contract.metrics import Metric
from tool_executor.cli import options
from tool_executor.cli.console import ExitCode, err, out, plain, print_json
from tool_executor.cli.tables import print_table
from tool_executor.cli.where import chosen
from tool_executor.history_statistics import Window
from tool_executor.metrics.dashboard_lines import widgets_of
from tool_executor.metrics.deployment_metrics import PERCENTILES, DeploymentMetrics
from tool_executor.metrics.history_check import differences
from tool_executor.time_window import moment_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tool_executor.cli.where import Where
    from tool_executor.metrics.deployment_metrics import MetricsReport, ToolFigures
    from tool_executor.metrics.history_check import Difference

_OUTCOMES: Final = {
    "calls": Metric.CALLS,
    "ok": Metric.CALLS_SUCCESS,
    "failed": Metric.CALLS_FAILED,
    "timeout": Metric.CALLS_TIMEOUT,
    "skipped": Metric.CALLS_SKIPPED,
    "cancelled": Metric.CALLS_CANCELLED,
}
_ATTEMPTS: Final = {
    "tries": Metric.ATTEMPTS,
    "again": Metric.RETRIES,
    "fallback": Metric.FALLBACKS,
    "timeout": Metric.TIMEOUTS,
    "cached": Metric.CACHE_HITS,
    "replayed": Metric.REPLAYS,
}
_TROUBLE: Final = {
    "cold": Metric.COLD_START,
    "late": Metric.LATE_ATTEMPTS,
    "twice": Metric.REDELIVERIES,
    "refused": Metric.BREAKER_OPEN,
    "opened": Metric.BREAKER_OPENED,
    "no retry": Metric.RETRY_BUDGET_EMPTY,
    "bare": Metric.UNRECORDED_ATTEMPTS,
}
_GAUGES: Final = {
    Metric.OPEN_EXECUTIONS: "open executions",
    Metric.OLDEST_OPEN_SECONDS: "s that the oldest is late",
    Metric.OPEN_CIRCUITS: "open circuits",
}


def metrics(
    *,
    tool: options.ToolFilter = None,
    since: options.Since = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="WHEN", help="Up to then, as in --since; now by default.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Hold the counts against the history, and say what differs.")
    ] = False,
    picture: Annotated[
        Path | None,
        typer.Option("--picture", metavar="FILE", help="Draw the dashboard's own widgets, as PNG or SVG."),
    ] = None,
    local: options.Local = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    as_json: options.Json = False,
) -> None:
    """Show the metrics that the functions wrote, by tool: today's by default.

    Outcomes are the tool's that was asked for, tries the tool's that was tried; "again" are retries. "late": an attempt
    came when its call had gone on; "twice": the platform delivered an event once more; "refused", "opened": by the
    circuit breaker; "no retry": the retry budget was used up; "bare": the tool was invoked outside of any execution.
    Times are milliseconds: of calls (p95: 95 % took no longer), of waiting to begin, of tries.

    On AWS a metric shows up about a minute after the execution has ended.

    Examples:

      tool-executor metrics --local

      tool-executor metrics --since 24h --stage prod

      tool-executor metrics --since 2h --check --json

      tool-executor metrics --since 1h --local --picture dashboard.png

    Exit code: 0; 1 if --check finds a difference; 2 if the window cannot be used, or AWS could not be called.
    """
    now = datetime.now(UTC)
    begin, end = (None if text is None else moment_of(text, now) for text in (since, until))
    window = Window.of(begin, end, now)
    if picture is not None:
        _check_picture(picture)
    with chosen(local=local, stage=stage, region=region) as where:
        report = DeploymentMetrics(where.aws, stage).read(window, tool)
        found = differences(where.aws, where.deployment, report, window, tool) if check else None
        if picture is not None:
            _draw(where, stage, window, picture)
    if as_json:
        checked = {} if found is None else {"differences": [one.to_json() for one in found]}
        print_json({**report.to_json(), **checked})
    else:
        _print(report)
        if found is not None:
            _print_check(report, found)
    if found:
        raise typer.Exit(ExitCode.SOME_DID_NOT)


def _check_picture(path: Path) -> None:
    """Raise PicturesError, before anything is asked for, where the file tells no format or matplotlib is missing."""
    from tool_executor.pictures.picture_file import format_of  # noqa: PLC0415 - matplotlib is an extra, slow to import

    format_of(path)


def _draw(where: Where, stage: str, window: Window, path: Path) -> None:
    from tool_executor.metrics.dashboard_picture import draw_dashboard  # noqa: PLC0415 - as above
    from tool_executor.pictures.picture_file import save_picture  # noqa: PLC0415 - as above

    widgets = widgets_of(DeploymentMetrics(where.aws, stage), where.deployment, window)
    title = f"Tool Executor {stage}: {window.since:%Y-%m-%d %H:%M} to {window.until:%Y-%m-%d %H:%M} UTC"
    save_picture(draw_dashboard(widgets, title, window), path)
    err.print(f"The dashboard is in {path}.", markup=False, highlight=False)


def _print(report: MetricsReport) -> None:
    if not report.by_tool:
        out.print("No metrics were written in that time.")
    else:
        _print_counts(report, _OUTCOMES)
        _print_counts(report, _ATTEMPTS)
        _print_times(report)
        _print_counts(report, _TROUBLE)
    if report.gauges:
        told = [f"{report.gauges[metric]:,.0f} {words}" for metric, words in _GAUGES.items() if metric in report.gauges]
        out.print(f"At the last sweep: {', '.join(told)}.", highlight=False)


def _table() -> Table:
    table = Table(header_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("tool", overflow="fold", min_width=20)
    return table


def _print_counts(report: MetricsReport, columns: Mapping[str, Metric]) -> None:
    table = _table()
    for heading in columns:
        table.add_column(heading, justify="right", no_wrap=True)
    for name, figures in report.by_tool.items():
        table.add_row(plain(name), *(_number(figures.count(metric)) for metric in columns.values()))
    if len(report.by_tool) > 1:
        table.add_row("all", *(_number(report.total(metric)) for metric in columns.values()), style="bold")
    print_table(table)


def _print_times(report: MetricsReport) -> None:
    table = _table()
    for heading in (*PERCENTILES, "wait p95", "try p50", "try p95"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, figures in report.by_tool.items():
        table.add_row(
            plain(name),
            *(_time(figures, Metric.EXECUTION_TIME, stat) for stat in PERCENTILES),
            _time(figures, Metric.QUEUE_TIME, "p95"),
            *(_time(figures, Metric.ATTEMPT_TIME, stat) for stat in ("p50", "p95")),
        )
    print_table(table)


def _number(count: int) -> str:
    return f"{count:,}" if count else "-"


def _time(figures: ToolFigures, metric: Metric, stat: str) -> str:
    value = figures.times.get(metric, {}).get(stat)
    return "-" if value is None else f"{value:,.0f}"


def _print_check(report: MetricsReport, found: list[Difference]) -> None:
    if not found:
        out.print(
            f"The history agrees: {report.total(Metric.CALLS):,} calls, {report.total(Metric.ATTEMPTS):,} attempts.",
            highlight=False,
        )
        return
    for one in found:
        err.print(f"{one.tool}: {one.metric} {one.told:,}, the history says {one.recorded:,}", markup=False)
    err.print("An execution that began or ended at the window's edge is in one of them alone.", markup=False)
