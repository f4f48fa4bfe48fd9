"""``tool-executor watch``: the progress of an execution, whoever started it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import typer

from tool_contract.record import EXECUTION_CALL_ID, envelope_from_record
from tool_executor.cli import options, progress
from tool_executor.cli.console import ExitCode, err, print_json
from tool_executor.cli.outcome import exit_code, print_output
from tool_executor.cli.where import chosen
from tool_executor.errors import ExecutionNotFoundError
from tool_executor.execution import Runner
from tool_executor.execution_output import output_of
from tool_executor.history import History
from tool_executor.unplanned import still_runs, unplanned_execution

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tool_executor.cli.where import Where
    from tool_executor.history import Record

_POLL_SECONDS: Final = 0.25
_SLOWEST_POLL_SECONDS: Final = 2.0


def watch(
    execution_id: options.ExecutionId,
    *,
    local: options.Local = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    as_json: options.Json = False,
) -> None:
    """Watch an execution until it has ended, then show what came of it. Ctrl-C stops the watching alone.

    Examples:

      tool-executor watch 0b54e3f2-7c1e-4f8e-a7a5-5d3ce4c4f0aa

      tool-executor watch nightly-2026-11-20 --stage prod --json

    Exit code: as of run, by what came of the calls: 0 if all succeeded, 1 if some did not; 2 if there is no such
    execution, or AWS could not be called; 130 after Ctrl-C.
    """
    with chosen(local=local, stage=stage, region=region) as where:
        history = History(where.aws, where.deployment.history_table)
        try:
            own = _planned(where, history, execution_id, time.sleep)
            progress.show(_stages(history, own, time.sleep), int(own["calls"]))
        except KeyboardInterrupt:
            err.print(f"Not watching any longer; the execution {execution_id} goes on.", markup=False, soft_wrap=True)
            err.print(f"Stop it with: tool-executor cancel {execution_id}{where.options}", markup=False, soft_wrap=True)
            raise typer.Exit(ExitCode.INTERRUPTED) from None
        records = history.execution(execution_id)
        own = next(record for record in records if record["call_id"] == EXECUTION_CALL_ID)
        output = output_of(own, [envelope_from_record(record) for record in records if record is not own])
        print_json(output) if as_json else print_output(output, where)
    raise typer.Exit(exit_code(output))


def _planned(where: Where, history: History, execution_id: str, sleep: Callable[[float], None]) -> Record:
    """Return the execution's own record, as soon as there is one. Raises if there will be none."""
    runner = Runner(where.aws, where.deployment)
    execution = unplanned_execution(where.deployment, execution_id)
    runs = True
    while (own := history.call(execution_id, EXECUTION_CALL_ID)) is None:
        if not runs:
            runner.output(execution)  # it was refused: this raises why
            raise ExecutionNotFoundError(f"The history holds no execution {execution_id!r} any more.")
        runs = still_runs(runner, execution)
        sleep(_POLL_SECONDS if runs else 0)
    return own


def _stages(history: History, own: Record, sleep: Callable[[float], None]) -> Iterator[list[Record]]:
    """Yield how the calls stand again and again while the execution is open, then once more."""
    pause, now = _POLL_SECONDS, own
    while "open" in now:
        yield history.progress(own["execution_id"], own["correlation_id"])
        sleep(pause)
        pause = min(pause * 1.2, _SLOWEST_POLL_SECONDS)
        now = history.call(own["execution_id"], EXECUTION_CALL_ID) or {}
    yield history.progress(own["execution_id"], own["correlation_id"])
