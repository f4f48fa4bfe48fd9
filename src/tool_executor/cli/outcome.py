"""What came of an execution, as a person sees it: the table and the exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table

from tool_executor.cli.console import ExitCode, out, plain, styled_status
from tool_executor.cli.reference_tables import sources_of
from tool_executor.cli.tables import print_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tool_executor.cli.where import Where

#: What the other columns of the table take: the rest is for the answer, in two lines.
_OTHER_COLUMNS: Final = 54


def exit_code(output: Mapping[str, Any]) -> ExitCode:
    """Return what a command ends with that has run an execution, or watched one."""
    return ExitCode.ALL_SUCCEEDED if output["status"] == "succeeded" else ExitCode.SOME_DID_NOT


def print_output(output: Mapping[str, Any], where: Where, request: object = None) -> None:
    """Show an execution's output as a table, and where the history is.

    With the ``request`` it says whose results a call has used.
    """
    sources = sources_of(request)
    out.print(f"[italic]Execution {plain(output['execution_id'])}[/]", soft_wrap=True)
    table = Table(header_style="bold", box=SIMPLE_HEAD)
    table.add_column("call and tool", no_wrap=True)
    table.add_column("status")
    table.add_column("tries", justify="right")
    table.add_column("ms", justify="right")
    table.add_column("answer", overflow="fold", ratio=1)
    for position, envelope in enumerate(output["results"]):
        used = f"\n[dim]uses {plain(', '.join(sources[position]))}[/]" if position in sources else ""
        table.add_row(
            f"{plain(envelope['call_id'])}\n[dim]{plain(envelope['tool_name'])}[/]{used}",
            styled_status(envelope["status"]),
            str(envelope["attempts"]),
            f"{envelope['execution_time_ms']:.0f}",
            plain(_answer(envelope)),
        )
    print_table(table, has_ids=True)
    counts = ", ".join(f"{count} {status}" for status, count in output["counts"].items() if count and status != "total")
    out.print(f"{styled_status(output['status'])}: {counts} in {output['execution_time_ms'] / 1000:.2f} s")
    out.print(f"History: table {where.deployment.history_table}, execution_id {output['execution_id']}", soft_wrap=True)
    if where.ends_with_command:
        out.print(
            "This local cloud ends now, and its history with it: 'tool-executor local up' serves one that stays.",
            soft_wrap=True,
        )
    else:
        out.print(f"In detail: tool-executor show {output['execution_id']}{where.options}", soft_wrap=True)


def _answer(envelope: dict[str, Any]) -> str:
    metadata = envelope["metadata"]
    fallback = f"fallback {metadata['fallback_index'] + 1} answered: " if metadata.get("fallback_used") else ""
    if not envelope["success"]:
        hint = next((f" {detail['hint']}" for detail in envelope.get("details", ()) if detail.get("hint")), "")
        return f"{fallback and 'after fallbacks: '}{envelope['error_code']}: {envelope['error']}{hint}"
    if "result_ref" in envelope:
        return f"{fallback}{envelope['result_ref']['bytes']:,} bytes in S3"
    return fallback + _gist(envelope["result"])


def _gist(result: object) -> str:
    """Say in a line or two what a result holds: its numbers and how long its lists are, then its texts."""
    if not isinstance(result, dict):
        return _shortened(str(result))
    numbers, texts = [], []
    for name, value in result.items():
        words = name.replace("_", " ")
        if isinstance(value, list):
            numbers.append(f"{len(value)} {words}")
        elif isinstance(value, dict):
            numbers.extend(
                f"{inner.replace('_', ' ')} {number:g}" for inner, number in value.items() if _is_number(number)
            )
        elif _is_number(value):
            numbers.append(f"{words} {value:g}")
        else:
            texts.append(f"{words} {value}")
    return _shortened(", ".join(numbers + texts))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _shortened(text: str) -> str:
    room = max(40, 2 * (out.width - _OTHER_COLUMNS) - 6)
    return text if len(text) <= room else text[: room - 1] + "…"
