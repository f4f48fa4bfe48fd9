"""``tool-executor run``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tool_executor.cancellation import Canceller
from tool_executor.cli import options, progress
from tool_executor.cli.cancel import print_cancellation
from tool_executor.cli.console import err, print_json
from tool_executor.cli.outcome import exit_code, print_output
from tool_executor.cli.request_file import read_request
from tool_executor.cli.run_direct import run_direct
from tool_executor.cli.where import chosen
from tool_executor.execution import Runner

if TYPE_CHECKING:
    from tool_executor.cli.where import Where


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
    direct: Annotated[
        bool, typer.Option("--direct", help="Without the state machine: this process invokes the tools itself.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Run the calls of a request and show what came of each.

    Examples:

      tool-executor run examples/morning_check.json --local

      tool-executor run request.json --stage prod --json > output.json

      some-program | tool-executor run - --local --direct

    Exit code: 0 if all calls succeeded, 1 if some did not, 2 if the request or the set-up was wrong.
    """
    request = read_request(file)
    with chosen(
        local=local, stage=stage, region=region, extra_groups=tuple(extra_groups or ()), may_start=True
    ) as where:
        output = (run_direct if direct else _run)(where, request, name)
        if as_json:
            print_json(output)
        else:
            print_output(output, where)
    raise typer.Exit(exit_code(output))


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
    err.print(f"Watch it with: tool-executor watch {execution_id}{where.options}")
    err.print(f"Stop it with: tool-executor cancel {execution_id}{where.options}")
