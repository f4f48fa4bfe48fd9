"""``tool-executor cost``: what a request or a month costs on AWS, before anything is run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tool_contract.express import timeout_problems
from tool_executor.cli import cost_options, options
from tool_executor.cli.catalog_file import read_catalog
from tool_executor.cli.checked_request import checked_request, read_options
from tool_executor.cli.console import print_json
from tool_executor.cli.cost_tables import print_comparison, print_month, print_prices, print_request
from tool_executor.cli.request_file import read_request
from tool_executor.costs.assumptions import Assumptions
from tool_executor.costs.bill import bill_of
from tool_executor.costs.comparison import by_express, options_for
from tool_executor.costs.execution_usage import parts_of
from tool_executor.costs.month import MonthReport, mean_execution
from tool_executor.costs.prices import list_prices
from tool_executor.costs.request_work import best_and_worst

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tool_executor.costs.bill import Bill
    from tool_executor.costs.work import ExecutionWork


@dataclass(frozen=True, slots=True)
class _Printed:
    """How the answer is to be given."""

    compare: bool
    as_json: bool

    def json(self, value: dict[str, Any], assumed: Assumptions, works: dict[str, ExecutionWork]) -> None:
        prices = list_prices()
        told = {"region": prices.region, "looked_up": prices.looked_up, **value}
        if self.compare:
            told["compared"] = {
                name: [option.to_json() for option in options_for(work, assumed)] for name, work in works.items()
            }
        print_json({**told, "assumed": assumed.model_dump()})


def cost(
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="The request, a JSON file; - for standard input.")
    ] = None,
    *,
    month: Annotated[bool, typer.Option("--month", help="A month of a deployment, in place of a request.")] = False,
    prices: Annotated[bool, typer.Option("--prices", help="List the prices, and where they are from.")] = False,
    calls: cost_options.Calls = None,
    calls_per_execution: cost_options.CallsPerExecution = None,
    tools: cost_options.Tools = None,
    retries: cost_options.Retries = None,
    fallbacks: cost_options.Fallbacks = None,
    failures: cost_options.Failures = None,
    cache_hits: cost_options.CacheHits = None,
    express: cost_options.Express = None,
    input_bytes: cost_options.InputBytes = None,
    result_bytes: cost_options.ResultBytes = None,
    tool_ms: cost_options.ToolMs = None,
    memory_mb: cost_options.MemoryMb = None,
    browser_sessions: cost_options.BrowserSessions = None,
    browser_seconds: cost_options.BrowserSeconds = None,
    assume: cost_options.Assume = None,
    compare: Annotated[bool, typer.Option("--compare", help="Other ways of running the same calls, too.")] = False,
    catalog_file: options.CatalogFile = None,
    options_file: Annotated[
        str | None, typer.Option("--options", metavar="FILE", help="The stage's options, if not the default ones.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Say what a request, or with --month a deployment, costs on AWS at list prices. Nothing is run or asked.

    A request is checked as by 'validate', then counted twice: all calls succeed at once, and at worst. docs/costs.md
    says what is counted, what is supposed, and what is left out.

    Examples:

      tool-executor cost examples/morning_check.json

      tool-executor cost --month --calls 2000000 --tool-ms 800 --retries 0.1

      tool-executor cost request.json --compare --json

    Exit code: 0; 2 if the request cannot be run, or what is supposed cannot be.
    """
    if (file is not None) + month + prices != 1:
        raise typer.BadParameter("Give a request's FILE, or --month, or --prices: one of them.")
    of_a_month = {
        "calls": calls,
        "calls_per_execution": calls_per_execution,
        "tools": tools,
        "retries": retries,
        "fallbacks": fallbacks,
        "failures": failures,
        "cache_hits": cache_hits,
        "express": express,
        "input_bytes": input_bytes,
        "browser_sessions": browser_sessions,
    }
    of_both = {
        "result_bytes": result_bytes,
        "tool_ms": tool_ms,
        "memory_mb": memory_mb,
        "browser_seconds": browser_seconds,
    }
    if prices:
        print_json(list_prices().to_json()) if as_json else print_prices(list_prices())
        return
    assumed, printed = Assumptions.read(assume, {**of_a_month, **of_both}), _Printed(compare, as_json)
    if file is None:
        _of_month(assumed, printed)
    else:
        _refuse_options_of_a_month(of_a_month)
        _of_request(file, catalog_file, options_file, assumed, printed)


def _refuse_options_of_a_month(said: Mapping[str, object]) -> None:
    """A request says these things itself: what is given besides would be passed over."""
    names = [f"--{name.replace('_', '-')}" for name, value in said.items() if value is not None]
    if names:
        raise typer.BadParameter(f"{', '.join(names)}: only with --month; a request says so itself.")


def _of_month(assumed: Assumptions, printed: _Printed) -> None:
    report, work = MonthReport.of(assumed), mean_execution(assumed)
    if printed.as_json:
        printed.json(report.to_json(), assumed, {"mean": work})
        return
    print_month(report)
    if printed.compare:
        print_comparison({"in the mean": options_for(work, assumed)}, len(work.calls))


def _of_request(
    file: str, catalog_file: Path | None, options_file: str | None, assumed: Assumptions, printed: _Printed
) -> None:
    catalog, stage = read_catalog(catalog_file), read_options(options_file)
    value = read_request(file)
    checked = checked_request(value, catalog, stage)
    best, worst = best_and_worst(checked.request, catalog, stage, assumed, checked.report.request_bytes)
    bills = _bills(best, worst, assumed)
    # With a longer timeout the Express state machine does not take it.
    waited = None if timeout_problems(value) else _bills(best, worst, by_express(assumed))
    if printed.as_json:
        told = {"calls": len(best.calls), **_courses(bills), "express": waited and _courses(waited)}
        printed.json(told, assumed, {"best": best, "worst": worst})
        return
    print_request(checked, *bills, waited)
    if printed.compare:
        compared = {"all succeed": options_for(best, assumed), "at worst": options_for(worst, assumed)}
        print_comparison(compared, len(best.calls))


def _bills(best: ExecutionWork, worst: ExecutionWork, assumed: Assumptions) -> tuple[Bill, Bill]:
    return bill_of(parts_of(best, assumed)), bill_of(parts_of(worst, assumed))


def _courses(bills: tuple[Bill, Bill]) -> dict[str, Any]:
    return {"best": bills[0].to_json(), "worst": bills[1].to_json()}
