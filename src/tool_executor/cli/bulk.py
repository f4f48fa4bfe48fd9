"""``tool-executor bulk``: calls by the hundred thousand, from a file with a call a line."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from tool_contract import strict_json
from tool_executor.bulk.bulks import Bulks, repeatable_tools
from tool_executor.cli import bulk_options, options
from tool_executor.cli.bulk_run import Asked, resume_bulk, run
from tool_executor.cli.bulk_tables import print_list, print_report, report_code
from tool_executor.cli.console import ExitCode, err, print_json
from tool_executor.cli.where import chosen
from tool_executor.planner_catalog import deployed_catalog

if TYPE_CHECKING:
    from tool_executor.cli.where import Where


class _RunByDefault(TyperGroup):
    """A group whose first argument may be a file, or an option of ``run``: then that is meant."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer has a click of its own
        """Put ``run`` before what is no command."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["run", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_RunByDefault,
    no_args_is_help=True,
    help="Calls by the hundred thousand, from a file with a call a line: 'bulk FILE.jsonl' is 'bulk run FILE.jsonl'.",
)
app.command()(run)


@app.command()
def resume(
    bulk_id: bulk_options.BulkId,
    *,
    file: Annotated[
        str | None, typer.Option("--file", metavar="FILE", help="Check first that the file is still what it was.")
    ] = None,
    retry_failed: bulk_options.RetryFailed = False,
    max_concurrency: bulk_options.MaxConcurrency = None,
    calls_at_once: bulk_options.CallsAtOnce = None,
    batch_size: bulk_options.BatchSize = None,
    timeout: bulk_options.Timeout = None,
    tolerate: bulk_options.Tolerate = None,
    yes: bulk_options.Yes = False,
    detach: bulk_options.Detach = False,
    local: options.Local = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    as_json: options.Json = False,
) -> None:
    """Run what is missing of a bulk: calls that were not run, or were cut off where running them again is harmless.

    The calls lie in S3; no file is needed. What has ended stays as it is; --retry-failed also runs again what failed,
    unless it may have had an effect that must not be had twice.

    Examples:

      tool-executor bulk resume bulk-20261129-101500123-0a1b2c

      tool-executor bulk resume bulk-20261129-101500123-0a1b2c --retry-failed --yes

    Exit code: 0 if all calls of the bulk have succeeded, 1 if some have not, 2 if nothing could be begun.
    """
    asked = Asked(
        yes=yes,
        detach=detach,
        as_json=as_json,
        settings=bulk_options.said(
            max_concurrency=max_concurrency,
            calls_at_once=calls_at_once,
            batch_size=batch_size,
            timeout_seconds=timeout,
            tolerate=tolerate,
        ),
    )
    with chosen(local=local, stage=stage, region=region) as where:
        code = resume_bulk(where, bulk_id, asked, retry_failed=retry_failed, file=file)
    raise typer.Exit(code)


@app.command()
def status(
    bulk_id: bulk_options.BulkId,
    *,
    local: options.Local = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    as_json: options.Json = False,
) -> None:
    """Say how a bulk stands, counted from its records.

    Example:

      tool-executor bulk status bulk-20261129-101500123-0a1b2c

    Exit code: 0 while it runs or if all calls have succeeded, 1 otherwise, 2 if there is no such bulk.
    """
    with chosen(local=local, stage=stage, region=region) as where:
        report = Bulks(where.aws, where.deployment).report(bulk_id, _repeatable(where))
        print_json(report.to_json()) if as_json else print_report(report, where.options)
    raise typer.Exit(ExitCode.ALL_SUCCEEDED if report.is_running else report_code(report))


@app.command()
def results(
    bulk_id: bulk_options.BulkId,
    *,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write there; to standard output by default.")
    ] = None,
    local: options.Local = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
) -> None:
    """Print the results of a bulk, one JSON object a line, in the order of its lines.

    Each has the line's number, the id of its execution, and the envelope. A call that has not been run has the status
    'missing'. Large results are fetched.

    Examples:

      tool-executor bulk results bulk-20261129-101500123-0a1b2c --out results.jsonl

      tool-executor bulk results bulk-20261129-101500123-0a1b2c | jq 'select(.success | not)'

    Exit code: 0 if all calls have succeeded, 1 if some have not, 2 if there is no such bulk.
    """
    with ExitStack() as at_end:
        where = at_end.enter_context(chosen(local=local, stage=stage, region=region))
        found = Bulks(where.aws, where.deployment).results(bulk_id, _repeatable(where))
        file = at_end.enter_context(out.open("w", encoding="utf-8")) if out else sys.stdout
        failed = count = 0
        for result in found:
            count, failed = count + 1, failed + (not result.success)
            file.write(strict_json.dumps(result.to_json()) + "\n")
    if out:
        err.print(f"Wrote {count:,} results to {out}.", markup=False, soft_wrap=True)
    raise typer.Exit(ExitCode.SOME_DID_NOT if failed else ExitCode.ALL_SUCCEEDED)


@app.command()
def cancel(
    bulk_id: bulk_options.BulkId,
    *,
    local: options.Local = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    as_json: options.Json = False,
) -> None:
    """Stop a bulk and all its batches, and end their open records. Finished calls keep their results.

    Example:

      tool-executor bulk cancel bulk-20261129-101500123-0a1b2c

    Exit code: 0 if it is stopped, or had ended before; 2 if there is no such bulk, or AWS does not answer.
    """
    with chosen(local=local, stage=stage, region=region) as where:
        report = Bulks(where.aws, where.deployment).cancel(bulk_id, _repeatable(where))
        print_json(report.to_json()) if as_json else print_report(report, where.options)


@app.command("list")
def list_bulks(
    *,
    limit: options.Limit = 20,
    local: options.Local = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    as_json: options.Json = False,
) -> None:
    """List bulks, the newest first, and how their latest runs stand.

    Example:

      tool-executor bulk list --limit 5

    Exit code: 0; 2 if AWS does not answer.
    """
    with chosen(local=local, stage=stage, region=region) as where:
        found = Bulks(where.aws, where.deployment).listed(limit)
    if as_json:
        told = [{**manifest.to_json(), "status": state.status.lower()} for manifest, state in found]
        print_json({"bulks": told})
    else:
        print_list(found)


def _repeatable(where: Where) -> frozenset[str]:
    return repeatable_tools(deployed_catalog(where.aws, where.deployment.planner_function))
