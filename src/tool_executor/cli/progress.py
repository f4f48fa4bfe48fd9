"""How the calls of an execution stand, live in a terminal, one line per ended call elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from tool_contract.envelope import CallStatus
from tool_executor.cli.console import err, plain, styled_status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tool_executor.history import Record

#: More rows than this would scroll a terminal; the ended ones go first.
_MAX_ROWS = 24


def show(stages: Iterable[list[Record]], total: int | None) -> None:
    """Show each stage of an execution as it comes."""
    if err.is_terminal:
        with Live(console=err, refresh_per_second=8, transient=True) as live:
            for calls in stages:
                live.update(_table(calls, total))
        return
    told: set[str] = set()
    for calls in stages:
        for call in calls:
            if _ended(call) and call["call_id"] not in told:
                told.add(call["call_id"])
                err.print(f"{call['call_id']} {call['tool_name']}: {call['status']}", markup=False, highlight=False)


def _table(calls: list[Record], total: int | None) -> Table:
    ended, of = sum(map(_ended, calls)), total or len(calls)
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_row(ProgressBar(total=of or 1, completed=ended, width=24), f"{ended} of {of}")
    shown = [call for call in calls if not _ended(call)] or calls
    for call in shown[:_MAX_ROWS]:
        attempts = f"attempt {call['attempts']}" if call.get("attempts", 0) > 1 else ""
        name = f"{plain(call['call_id'])}  {plain(call['tool_name'])}"
        table.add_row(name, f"{styled_status(call['status'])} {attempts}")
    return table


def _ended(call: Record) -> bool:
    return CallStatus(call["status"]).is_terminal
