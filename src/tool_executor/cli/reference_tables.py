"""Where a call's input comes from that refers to earlier results, in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table

from tool_contract.references import references_in
from tool_executor.cli.console import out, plain
from tool_executor.cli.tables import print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tool_contract.reference_checks import Origin


def sources_of(request: object) -> dict[int, list[str]]:
    """Return the call_ids that the calls of a request refer to, by the calls' positions; of whatever was read."""
    calls = request.get("calls") if isinstance(request, dict) else None
    if not isinstance(calls, list):
        return {}
    found = {
        position: list(dict.fromkeys(reference.call_id for reference in references_in(call.get("input"))))
        for position, call in enumerate(calls)
        if isinstance(call, dict)
    }
    return {position: sources for position, sources in found.items() if sources}


def print_origins(origins: Sequence[Origin]) -> None:
    """Show which field of which call comes from where, and what is known of it before anything runs."""
    table = Table(header_style="bold", box=SIMPLE_HEAD, title="Earlier results in inputs", title_justify="left")
    for heading in ("call", "input", "from", "gives", "needs"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "call")
    for origin in origins:
        fallback = f"\n[dim]fallback {origin.candidate}[/]" if origin.candidate else ""
        note = f"\n[yellow]not if {plain(' or '.join(origin.may_fail_for))} answers[/]" if origin.may_fail_for else ""
        table.add_row(
            plain(origin.call_id) + fallback,
            plain(origin.reference.place or "(all of it)"),
            plain(f"{origin.reference.call_id} {origin.reference.pointer}") + note,
            origin.gives or "nothing known",
            origin.needs,
        )
    print_table(table, has_ids=True)
    out.print("What is really there is checked when the call begins, as any input is.")
