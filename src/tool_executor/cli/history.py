"""``tool-executor history``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from tool_contract.record import EXECUTION_CALL_ID, asked_tool, attempt_log_of
from tool_executor.attempt_words import attempt_words
from tool_executor.cli import options
from tool_executor.cli.console import out, plain, print_json, styled_status
from tool_executor.cli.deployed_tools import require_tool
from tool_executor.cli.tables import fits, print_table
from tool_executor.cli.where import chosen
from tool_executor.errors import ExecutionNotFoundError
from tool_executor.history import Among, History
from tool_executor.history_statistics import Window, among_of
from tool_executor.time_window import moment_of

if TYPE_CHECKING:
    from tool_executor.history import Record

_COLUMNS: Final = ("execution_id", "call_id", "tool_name", "status", "attempts", "execution_time_ms", "started_at")
#: What a narrow terminal does without, in this order.
_LESS_NEEDED: Final = ("attempts", "execution_time_ms", "started_at")
_DAY_FORMAT: Final = "%Y-%m-%d"


class AnyStatus(StrEnum):
    """What a call or an execution may be."""

    PENDING = "pending"
    RUNNING = "running"
    RETRYING = "retrying"
    SUCCESS = "success"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    TIMEOUT = "timeout"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be listed. ``day`` is None where it was not said."""

    execution_id: str | None
    correlation_id: str | None
    tool: str | None
    day: datetime | None
    open_only: bool
    among: Among
    limit: int


def history(
    execution_id: Annotated[
        str | None,
        typer.Argument(metavar="[EXECUTION_ID]", callback=options.not_empty, help="One execution's calls."),
    ] = None,
    *,
    correlation_id: options.CorrelationId = None,
    tool: options.ToolFilter = None,
    day: Annotated[
        datetime | None, typer.Option("--day", formats=[_DAY_FORMAT], help="The day, in UTC; today by default.")
    ] = None,
    since: options.Since = None,
    status: Annotated[
        AnyStatus | None, typer.Option("--status", help="Only calls, or executions, that are so.")
    ] = None,
    open_only: Annotated[bool, typer.Option("--open", help="Executions that have not ended.")] = False,
    limit: options.Limit = 50,
    local: options.Local = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    as_json: options.Json = False,
) -> None:
    """List what was run: the executions of a day, a tool's calls, or one execution's calls. Newest first.

    Examples:

      tool-executor history --local

      tool-executor history 0b54e3f2-7c1e-4f8e-a7a5-5d3ce4c4f0aa --json

      tool-executor history --tool forecast_demand --status failed --since 24h
    """
    if since is not None and (day is not None or open_only or execution_id is not None):
        raise typer.BadParameter("--since goes with neither --day nor --open nor an execution's id.")
    if open_only and status is not None:
        raise typer.BadParameter("--open lists what is running: --status says nothing more.")
    begin = None if since is None else moment_of(since, datetime.now(UTC))
    among = among_of(begin, None, None if status is None else status.value)
    wanted = _Wanted(execution_id, correlation_id, tool, day, open_only, among, limit)
    with chosen(local=local, stage=stage, region=region) as where:
        records = _listed(History.of(where.aws, where.deployment), wanted, begin)
        if tool is not None and not records:
            require_tool(where, tool)
    if as_json:
        print_json(records)
    elif not records:
        out.print("Nothing there.")
    else:
        _print(records, with_attempts=execution_id is not None)


def _listed(rows: History, wanted: _Wanted, begin: datetime | None) -> list[Record]:
    if wanted.execution_id is not None:
        return _of_execution(rows, wanted.execution_id, wanted.among)
    if wanted.correlation_id is not None:
        listed = rows.by_correlation(wanted.correlation_id, wanted.limit, wanted.among)
        if wanted.tool is None:
            return rows.with_own_records(listed)
        return [record for record in listed if "position" in record and asked_tool(record) == wanted.tool]
    if wanted.open_only:
        return rows.open_executions(wanted.limit)
    days = [(wanted.day or datetime.now(UTC)).strftime(_DAY_FORMAT)]
    if begin is not None:
        days = Window.of(begin, None, datetime.now(UTC)).days[::-1]
    records: list[Record] = []
    for day in days:
        room = wanted.limit - len(records)
        if room > 0 and wanted.tool is not None:
            records += rows.by_tool(wanted.tool, day, room, wanted.among)
        elif room > 0:
            records += rows.by_day(day, room, wanted.among)
    return records


def _of_execution(rows: History, execution_id: str, among: Among) -> list[Record]:
    records = rows.execution(execution_id)
    if not records:
        message = f"The history holds no execution {execution_id!r}."
        raise ExecutionNotFoundError(message, hint="'tool-executor history' lists today's executions.")
    return [record for record in records if among.status in {None, record["status"]}]


def _print(records: list[Record], *, with_attempts: bool) -> None:
    hidden = set()
    if with_attempts:  # one execution: what is the same in every row stands above
        hidden = {"execution_id", "started_at"}
        said = f"Execution {plain(records[0]['execution_id'])}, started {records[0]['started_at']}"
        out.print(said, soft_wrap=True)
    if all(record.get("call_id", EXECUTION_CALL_ID) == EXECUTION_CALL_ID for record in records):
        hidden.add("call_id")
    columns = [name for name in _COLUMNS if name not in hidden and any(name in record for record in records)]
    print_table(_table(records, columns), has_ids=True)
    if with_attempts:
        for record in records:
            _print_attempts(record)


def _table(records: list[Record], columns: list[str]) -> Table:
    """Return what the terminal has room for: ids in full, which are there to be copied."""
    table = _table_of(records, columns)
    if fits(table):
        return table
    short = [{**record, "started_at": _to_the_second(record.get("started_at"))} for record in records]
    for given_up in (None, *_LESS_NEEDED):
        columns = [name for name in columns if name != given_up]
        table = _table_of(short, columns)
        if fits(table):
            break
    return table


def _table_of(records: list[Record], columns: list[str]) -> Table:
    table = Table(header_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for name in columns:
        heading = name.replace("execution_time_ms", "ms").replace("_", " ")
        table.add_column(heading, overflow="fold", no_wrap=name != "tool_name")
    for record in records:
        table.add_row(*(_cell(name, record.get(name)) for name in columns))
    return table


def _to_the_second(moment: object) -> str | None:
    return None if moment is None else str(moment)[:19].replace("T", " ")


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
        out.print(f"[bold]{plain(record['call_id'])}[/]", soft_wrap=True)
        for entry in log:
            out.print("  " + plain(attempt_words(entry)), soft_wrap=True)
