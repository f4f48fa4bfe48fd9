"""``tool-executor history``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from tool_contract.record import EXECUTION_CALL_ID, attempt_log_of
from tool_executor.cli import options
from tool_executor.cli.console import out, plain, print_json, styled_status
from tool_executor.cli.where import chosen
from tool_executor.errors import ExecutionNotFoundError
from tool_executor.history import History

if TYPE_CHECKING:
    from tool_contract.attempt import AttemptEntry
    from tool_executor.history import Record

_COLUMNS: Final = ("execution_id", "call_id", "tool_name", "status", "attempts", "execution_time_ms", "started_at")
_DAY_FORMAT: Final = "%Y-%m-%d"


def history(
    execution_id: Annotated[str | None, typer.Argument(metavar="[EXECUTION_ID]", help="One execution's calls.")] = None,
    *,
    correlation_id: Annotated[str | None, typer.Option("--correlation-id", help="All of one correlation id.")] = None,
    tool: Annotated[str | None, typer.Option("--tool", help="Calls of one tool, on --day.")] = None,
    day: Annotated[
        datetime | None, typer.Option("--day", formats=[_DAY_FORMAT], help="The day, in UTC; today by default.")
    ] = None,
    open_only: Annotated[bool, typer.Option("--open", help="Executions that have not ended.")] = False,
    limit: options.Limit = 50,
    local: options.Local = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    as_json: options.Json = False,
) -> None:
    """Show what was run: the executions of a day, or one execution's calls.

    Examples:

      tool-executor history --local

      tool-executor history 0b54e3f2-7c1e-4f8e-a7a5-5d3ce4c4f0aa --json

      tool-executor history --tool forecast_demand --day 2026-11-20
    """
    with chosen(local=local, stage=stage, region=region) as where:
        rows = History(where.aws, where.deployment.history_table)
        chosen_day = (day or datetime.now(UTC)).strftime(_DAY_FORMAT)
        if execution_id is not None:
            records = rows.execution(execution_id)
            if not records:
                message = f"The history holds no execution {execution_id!r}."
                raise ExecutionNotFoundError(message, hint="'tool-executor history' lists today's executions.")
        elif correlation_id is not None:
            records = rows.by_correlation(correlation_id, limit)
        elif tool is not None:
            records = rows.by_tool(tool, chosen_day, limit)
        elif open_only:
            records = rows.open_executions(limit)
        else:
            records = rows.by_day(chosen_day, limit)
    if as_json:
        print_json(records)
    elif not records:
        out.print("Nothing there.")
    else:
        _print(records, with_attempts=execution_id is not None)


def _print(records: list[Record], *, with_attempts: bool) -> None:
    hidden = set()
    if with_attempts:  # one execution: what is the same in every row stands above
        hidden = {"execution_id", "started_at"}
        out.print(f"Execution {plain(records[0]['execution_id'])}, started {records[0]['started_at']}")
    columns = [name for name in _COLUMNS if name not in hidden and any(name in record for record in records)]
    table = Table(header_style="bold", box=SIMPLE_HEAD)
    for name in columns:
        table.add_column(name.replace("execution_time_ms", "ms").replace("_", " "), overflow="fold")
    for record in records:
        table.add_row(*(_cell(name, record.get(name)) for name in columns))
    out.print(table)
    if with_attempts:
        for record in records:
            _print_attempts(record)


def _cell(name: str, value: Any) -> str:  # noqa: ANN401 - an attribute is any value
    if value is None:
        return ""
    if name == "status":
        return styled_status(str(value))
    if name == "call_id" and value == EXECUTION_CALL_ID:
        return "[dim](the execution)[/]"
    return f"{value:.0f}" if isinstance(value, float) else plain(str(value))


def _print_attempts(record: Record) -> None:
    log = attempt_log_of(record)
    if len(log) > 1 or (log and log[0].error_code):
        out.print(f"[bold]{plain(record['call_id'])}[/]")
        for entry in log:
            out.print("  " + plain(_told(entry)), soft_wrap=True)


def _told(entry: AttemptEntry) -> str:
    outcome = f"{entry.error_code}: {entry.error}" if entry.error_code else "answered"
    wait = f" in {entry.delay_seconds:g} s" if entry.delay_seconds else ""
    after = {"retry": f"; retried{wait}", "fallback": "; next the fallback", "end": "; failed for good", "done": ""}
    return f"attempt {entry.attempt} of {entry.tool_name}, {entry.duration_ms:.0f} ms: {outcome}{after[entry.decision]}"
