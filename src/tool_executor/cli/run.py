"""``tool-executor run``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from tool_executor.cancellation import Canceller
from tool_executor.cli import options, progress
from tool_executor.cli.cancel import print_cancellation
from tool_executor.cli.console import ExitCode, err, out, plain, print_json, styled_status
from tool_executor.cli.request_file import read_request
from tool_executor.cli.where import chosen
from tool_executor.execution import Runner

if TYPE_CHECKING:
    from tool_executor.cli.where import Where

#: What the other columns of the table take: the rest is for the answer, in two lines.
_OTHER_COLUMNS: Final = 54


def run(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The request, a JSON file; - for standard input.")],
    *,
    local: options.Local = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    name: Annotated[str | None, typer.Option("--name", help="The execution's id; a new one by default.")] = None,
    extra_groups: Annotated[
        list[str] | None, typer.Option("--extra-group", help="With --local: deploy this folder's tool group, too.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Run the calls of a request and show what came of each.

    Examples:

      tool-executor run examples/morning_check.json --local

      tool-executor run request.json --stage prod --json > output.json

      some-program | tool-executor run - --local

    Exit code: 0 if all calls succeeded, 1 if some did not, 2 if the request or the set-up was wrong.
    """
    request = read_request(file)
    with chosen(
        local=local, stage=stage, region=region, extra_groups=tuple(extra_groups or ()), may_start=True
    ) as where:
        output = _run(where, request, name)
        if as_json:
            print_json(output)
        else:
            _print_output(output, where)
    raise typer.Exit(ExitCode.ALL_SUCCEEDED if output["status"] == "succeeded" else ExitCode.SOME_DID_NOT)


def _run(where: Where, request: Any, name: str | None) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    runner = Runner(where.aws, where.deployment)
    execution = runner.start(request, name)
    try:
        calls = request.get("calls") if isinstance(request, dict) else None
        progress.show(runner.follow(execution), len(calls) if isinstance(calls, list) else None)
    except KeyboardInterrupt:
        if not where.ends_with_command:
            _interrupted(where, execution.execution_id)
        raise
    return runner.output(execution)


def _interrupted(where: Where, execution_id: str) -> None:
    """Cancel the execution, unless the person at the terminal says no or presses Ctrl-C once more."""
    try:
        if not sys.stdin.isatty() or typer.confirm(f"Cancel the execution {execution_id}?", default=True, err=True):
            err.print("Cancelling; Ctrl-C once more leaves the execution running.")
            print_cancellation(Canceller(where.aws, where.deployment).cancel(execution_id), err)
            return
    except (KeyboardInterrupt, typer.Abort):
        pass
    err.print(f"Not waiting any longer; the execution {execution_id} goes on.")
    err.print(f"See it with: tool-executor history {execution_id}")
    err.print(f"Stop it with: tool-executor cancel {execution_id}")


def _print_output(output: dict[str, Any], where: Where) -> None:
    table = Table(
        title=f"Execution {output['execution_id']}", title_justify="left", header_style="bold", box=SIMPLE_HEAD
    )
    table.add_column("call and tool", overflow="fold")
    table.add_column("status")
    table.add_column("tries", justify="right")
    table.add_column("ms", justify="right")
    table.add_column("answer", overflow="fold", ratio=1)
    for envelope in output["results"]:
        table.add_row(
            f"{plain(envelope['call_id'])}\n[dim]{plain(envelope['tool_name'])}[/]",
            styled_status(envelope["status"]),
            str(envelope["attempts"]),
            f"{envelope['execution_time_ms']:.0f}",
            plain(_answer(envelope)),
        )
    out.print(table)
    counts = ", ".join(f"{count} {status}" for status, count in output["counts"].items() if count and status != "total")
    out.print(f"{styled_status(output['status'])}: {counts} in {output['execution_time_ms'] / 1000:.2f} s")
    out.print(f"History: table {where.deployment.history_table}, execution_id {output['execution_id']}", soft_wrap=True)
    if where.ends_with_command:
        out.print(
            "This local cloud ends now, and its history with it: 'tool-executor local up' serves one that stays.",
            soft_wrap=True,
        )
    else:
        out.print(f"Again: tool-executor history {output['execution_id']}{where.options}", soft_wrap=True)


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
