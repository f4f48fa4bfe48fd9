"""``tool-executor run``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tool_contract.record import envelope_from_record
from tool_executor.cli import options, progress
from tool_executor.cli.console import print_json
from tool_executor.cli.interruption import interrupted
from tool_executor.cli.outcome import exit_code, print_output
from tool_executor.cli.request_file import read_request
from tool_executor.cli.run_direct import run_direct
from tool_executor.cli.run_sync import run_sync
from tool_executor.cli.where import NewCloud, chosen
from tool_executor.errors import ExecutionFailedError
from tool_executor.execution import Runner
from tool_executor.execution_output import output_of
from tool_executor.hedge_option import new_hedging
from tool_executor.history import History
from tool_executor.ways import Wait

if TYPE_CHECKING:
    from tool_executor.cli.where import Where

#: How often, and how far apart, the records are looked at of an execution that somebody else has stopped.
_LOOKS_AT_RECORDS: Final = 20
_BETWEEN_LOOKS_SECONDS: Final = 0.25


def run(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The request, a JSON file; - for standard input.")],
    *,
    local: options.LocalOrNew = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    name: Annotated[str | None, typer.Option("--name", help="The execution's id; a new one by default.")] = None,
    extra_groups: Annotated[
        list[str] | None, typer.Option("--extra-group", help="With --local: deploy this folder's tool group, too.")
    ] = None,
    private_origins: options.PrivateOrigins = None,
    direct: Annotated[
        bool, typer.Option("--direct", help="Without the state machine: this process invokes the tools itself.")
    ] = False,
    hedge: Annotated[
        bool, typer.Option("--hedge", help="With --direct: a second attempt beside slow ones of tools that only read.")
    ] = False,
    hedge_after: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS", min=0.001, help="Hedge after so long, rather than after the tool's 95th percentile."
        ),
    ] = None,
    wait: Annotated[
        Wait, typer.Option("--wait", help="poll the Standard state machine, or have the Express one answer in one go.")
    ] = Wait.POLL,
    as_json: options.Json = False,
) -> None:
    """Run the calls of a request and show what came of each.

    Examples:

      tool-executor run examples/morning_check.json --local

      tool-executor run request.json --stage prod --json > output.json

      some-program | tool-executor run - --local --direct

      tool-executor run request.json --wait sync

    Exit code: 0 if all calls succeeded, 1 if some did not, 2 if the request or the set-up was wrong.
    """
    if not local and (extra_groups or private_origins):
        message = "--extra-group and --private-origin are of a local cloud: they need --local."
        raise typer.BadParameter(message)
    if not direct and (hedge or hedge_after is not None):
        message = "The state machine makes one attempt at a time: --hedge and --hedge-after need --direct."
        raise typer.BadParameter(message)
    hedging = new_hedging(hedge_after) if hedge or hedge_after is not None else None
    if direct and wait is Wait.SYNC:
        message = "--direct is without the state machines: nothing is left for --wait sync."
        raise typer.BadParameter(message)
    request = read_request(file)
    new = NewCloud(tuple(extra_groups or ()), tuple(private_origins or ()))
    by_machine = run_sync if wait is Wait.SYNC else _run
    with chosen(local=local, stage=stage, region=region, new=new) as where:
        output = run_direct(where, request, name, hedging) if direct else by_machine(where, request, name)
        if as_json:
            print_json(output)
        else:
            print_output(output, where, request)
    raise typer.Exit(exit_code(output))


def _run(where: Where, request: Any, name: str | None) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    runner = Runner(where.aws, where.deployment)
    execution = runner.start(request, name)
    try:
        calls = request.get("calls") if isinstance(request, dict) else None
        progress.show(runner.follow(execution), len(calls) if isinstance(calls, list) else None)
    except KeyboardInterrupt:
        if not where.ends_with_command:
            interrupted(where, execution.execution_id)
        raise
    try:
        return runner.output(execution)
    except ExecutionFailedError:
        stopped = _recorded(where, execution.execution_id)
        if stopped is None:
            raise
        return stopped


def _recorded(where: Where, execution_id: str) -> dict[str, Any] | None:
    """Return what an execution came to that somebody else has stopped; None if its records do not say."""
    history = History(where.aws, where.deployment.history_table)
    for _ in range(_LOOKS_AT_RECORDS):
        records = history.execution(execution_id)
        if records and "open" not in records[0]:
            return output_of(records[0], [envelope_from_record(call) for call in records[1:]])
        time.sleep(_BETWEEN_LOOKS_SECONDS)
    return None
