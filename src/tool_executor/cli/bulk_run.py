"""``tool-executor bulk run``, and what a resume shares with it: ask, start, follow, report."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tool_executor.bulk.bulks import Bulks, repeatable_tools
from tool_executor.bulk.settings import MOST_EXPRESS_SECONDS, BulkSettings
from tool_executor.bulk.source import lines_of, opened
from tool_executor.cli import bulk_options, options
from tool_executor.cli.bulk_progress import checking, follow
from tool_executor.cli.bulk_tables import print_estimate, print_report, report_code
from tool_executor.cli.console import ExitCode, err, print_json
from tool_executor.cli.where import NewCloud, chosen
from tool_executor.planner_catalog import deployed_catalog

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tool_contract.catalog import Catalog
    from tool_executor.bulk.manifest import RunManifest
    from tool_executor.bulk.preparation import PreparedRun
    from tool_executor.cli.where import Where


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person has asked for. ``settings`` are those that were given."""

    yes: bool
    detach: bool
    as_json: bool
    settings: Mapping[str, Any] = field(default_factory=dict)

    def over(self, settings: BulkSettings) -> BulkSettings:
        """Return settings with what was given in their place."""
        return replace(settings, **self.settings)


def run(
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="A call a line, as JSON; - for standard input. With --resume also an id."),
    ],
    *,
    resume: Annotated[
        bool, typer.Option("--resume", help="Run what is missing of the bulk of this file or id.")
    ] = False,
    retry_failed: bulk_options.RetryFailed = False,
    max_concurrency: bulk_options.MaxConcurrency = None,
    calls_at_once: bulk_options.CallsAtOnce = None,
    batch_size: bulk_options.BatchSize = None,
    timeout: bulk_options.Timeout = None,
    tolerate: bulk_options.Tolerate = None,
    caller: Annotated[str | None, typer.Option("--caller", help="Kept in the history; policies go by it.")] = None,
    yes: bulk_options.Yes = False,
    detach: bulk_options.Detach = False,
    local: options.LocalOrNew = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    extra_groups: Annotated[
        list[str] | None, typer.Option("--extra-group", help="With --local: deploy this folder's tool group, too.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Run the calls of a file, one JSON object a line: {"tool_name": …, "input": {…}}, as in a request's calls.

    Every line is checked before anything is run; then you are told what it costs about, and asked.

    Examples:

      tool-executor bulk examples/bulk.jsonl --local

      tool-executor bulk calls.jsonl --stage prod --max-concurrency 200 --yes --json > report.json

      tool-executor bulk calls.jsonl --resume

    Exit code: 0 if all calls succeeded, 1 if some did not, 2 if the file or the set-up was wrong: then nothing was run.
    """
    settings = bulk_options.said(
        max_concurrency=max_concurrency,
        calls_at_once=calls_at_once,
        batch_size=batch_size,
        timeout_seconds=timeout,
        tolerate=tolerate,
        caller=caller,
    )
    if extra_groups and not local:
        raise typer.BadParameter("--extra-group is of a local cloud: it needs --local.")
    if retry_failed and not resume:
        raise typer.BadParameter("--retry-failed is of a resume: it needs --resume.")
    asked = Asked(yes=yes, detach=detach, as_json=as_json, settings=settings)
    _require_consent(asked, file)
    with chosen(local=local, stage=stage, region=region, new=NewCloud(tuple(extra_groups or ()))) as where:
        if resume:
            by_file = Path(file).is_file()
            bulk_id = _bulk_of(where, file) if by_file else file
            code = resume_bulk(where, bulk_id, asked, retry_failed=retry_failed)
        else:
            code = _run_new(where, file, asked)
    raise typer.Exit(code)


def resume_bulk(where: Where, bulk_id: str, asked: Asked, *, retry_failed: bool, file: str | None = None) -> ExitCode:
    """Run what is missing of a bulk, after asking."""
    _require_consent(asked, "")
    bulks, catalog = Bulks(where.aws, where.deployment), _catalog(where)
    if file is not None:
        prepared = _prepared(where, file, catalog, Asked(yes=True, detach=False, as_json=True))
        prepared.discard()
        bulks.check_content(bulk_id, prepared.sha256)
    settings = asked.over(bulks.last_run(bulk_id).settings)
    with err.status("Looking for what is missing"):
        missing = bulks.resumption(bulk_id, catalog, retry_failed=retry_failed, settings=settings)
    if missing is None:
        err.print("Nothing of it is missing.")
        return _reported(where, bulk_id, catalog, asked, {})
    return _begin(where, missing, catalog, asked, kind="retry" if retry_failed else "resume", source="")


def _run_new(where: Where, file: str, asked: Asked) -> ExitCode:
    if asked.detach and where.ends_with_command:
        raise typer.BadParameter("--detach needs a local cloud that goes on: start one with 'tool-executor local up'.")
    catalog = _catalog(where)
    prepared = _prepared(where, file, catalog, asked)
    return _begin(where, prepared, catalog, asked, kind="first", source="" if file == "-" else Path(file).name)


def _prepared(where: Where, file: str, catalog: Catalog, asked: Asked) -> PreparedRun:
    settings = asked.over(_defaults(where))
    with opened(file) as lines, Bulks(where.aws, where.deployment).new(catalog, settings) as preparation:
        for line in checking(lines_of(lines)):
            preparation.add(line)
        return preparation.prepared()


def _begin(where: Where, prepared: PreparedRun, catalog: Catalog, asked: Asked, *, kind: str, source: str) -> ExitCode:
    bulks = Bulks(where.aws, where.deployment)
    try:
        if not asked.as_json:
            print_estimate(prepared)
        if not asked.yes and not typer.confirm("Begin?", err=True):
            err.print("Nothing was run.")
            return ExitCode.REQUEST_OR_SETUP_WRONG
        with err.status("Uploading the batches"):
            run = bulks.start(prepared, kind=kind, source=source)
    finally:
        prepared.discard()
    told = {"estimate": prepared.estimate.to_json()}
    if asked.detach:
        _print_detached(run, where, asked, told)
        return ExitCode.ALL_SUCCEEDED
    err.print(f"The bulk {run.bulk_id} is running.", markup=False)
    _follow(bulks, run, where)
    return _reported(where, run.bulk_id, catalog, asked, told)


def _follow(bulks: Bulks, run: RunManifest, where: Where) -> None:
    try:
        follow(lambda: bulks.state(run), run)
    except KeyboardInterrupt:
        if not where.ends_with_command:
            err.print(f"Not waiting any longer; the bulk {run.bulk_id} goes on.", markup=False)
            err.print(f"See it with: tool-executor bulk status {run.bulk_id}{where.options}", markup=False)
            err.print(f"Stop it with: tool-executor bulk cancel {run.bulk_id}{where.options}", markup=False)
        raise


def _reported(where: Where, bulk_id: str, catalog: Catalog, asked: Asked, told: Mapping[str, Any]) -> ExitCode:
    report = Bulks(where.aws, where.deployment).report(bulk_id, repeatable_tools(catalog))
    if asked.as_json:
        print_json({**report.to_json(), **told})
    else:
        print_report(report, where.options, ends_with_command=where.ends_with_command)
    return report_code(report)


def _print_detached(run: RunManifest, where: Where, asked: Asked, told: Mapping[str, Any]) -> None:
    if asked.as_json:
        print_json({"bulk_id": run.bulk_id, "run": run.run, "status": "running", **told})
        return
    err.print(f"The bulk {run.bulk_id} is running.", markup=False)
    err.print(f"See it with: tool-executor bulk status {run.bulk_id}{where.options}", markup=False)


def _require_consent(asked: Asked, file: str) -> None:
    """Refuse early what cannot be asked: nobody is at the terminal, or standard input holds the calls."""
    if not asked.yes and (file == "-" or not sys.stdin.isatty()):
        message = "There is nobody to ask whether to begin: give --yes. 'tool-executor cost' says what calls cost."
        raise typer.BadParameter(message)


def _bulk_of(where: Where, file: str) -> str:
    prepared = _prepared(where, file, _catalog(where), Asked(yes=True, detach=False, as_json=True))
    prepared.discard()
    return Bulks(where.aws, where.deployment).made_of(prepared.sha256, Path(file).name)


def _catalog(where: Where) -> Catalog:
    return deployed_catalog(where.aws, where.deployment.planner_function)


def _defaults(where: Where) -> BulkSettings:
    express = where.deployment.outputs.get("BulkChildType") == "EXPRESS"
    return BulkSettings(timeout_seconds=MOST_EXPRESS_SECONDS) if express else BulkSettings()
