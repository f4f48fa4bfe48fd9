"""``tool-executor breaker``: what the circuit breakers do, and how to overrule them."""

from __future__ import annotations

import re
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.markup import escape
from rich.table import Table

from tool_contract.breaker_item import Circuit
from tool_contract.catalog import load_catalog
from tool_contract.tool_spec import TOOL_NAME_PATTERN
from tool_executor.breakers import UNREADABLE, Breakers
from tool_executor.cli import options
from tool_executor.cli.completion import tool_names
from tool_executor.cli.console import err, out, print_json
from tool_executor.cli.tables import print_table
from tool_executor.cli.where import chosen
from tool_executor.errors import ToolNotFoundError

if TYPE_CHECKING:
    from tool_executor.breakers import BreakerState

ToolName = Annotated[str, typer.Argument(metavar="TOOL", help="The tool's name.", autocompletion=tool_names)]

_STYLES: Final = {
    Circuit.CLOSED: "green",
    Circuit.HALF_OPEN: "yellow",
    Circuit.OPEN: "red",
    Circuit.FORCED_OPEN: "red",
    Circuit.FORCED_CLOSED: "cyan",
    UNREADABLE: "red",
}

app = typer.Typer(
    no_args_is_help=True,
    help="Circuit breakers: a tool that mostly fails is not called for a while, in the whole deployment.",
)


@app.command("list")
def list_breakers(
    *,
    local: options.Local = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    as_json: options.Json = False,
) -> None:
    """List the breakers; a tool that is not listed is closed, and has hardly failed of late.

    It reads the whole tool state table.

    Examples:

      tool-executor breaker list --local

      tool-executor breaker list --stage prod --json
    """
    with chosen(local=local, stage=stage, region=region) as where:
        states = Breakers(where.aws, where.deployment.tool_state_table).all()
    if as_json:
        print_json([asdict(state) for state in states])
    elif not states:
        out.print("All circuits are closed.")
    else:
        print_table(_table(states))


@app.command("open")
def open_breaker(
    tool: ToolName,
    *,
    local: options.Local = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    as_json: options.Json = False,
) -> None:
    """Force a tool's circuit open: its calls are refused, until 'close' or 'reset'.

    Examples:

      tool-executor breaker open forecast_demand --stage prod
    """
    _set(tool, Circuit.FORCED_OPEN, local=local, stage=stage, region=region, as_json=as_json)


@app.command("close")
def close_breaker(
    tool: ToolName,
    *,
    local: options.Local = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    as_json: options.Json = False,
) -> None:
    """Force a tool's circuit closed: its calls run however many fail, until 'open' or 'reset'.

    Examples:

      tool-executor breaker close forecast_demand --stage prod
    """
    _set(tool, Circuit.FORCED_CLOSED, local=local, stage=stage, region=region, as_json=as_json)


@app.command("reset")
def reset_breaker(
    tool: ToolName,
    *,
    local: options.Local = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    as_json: options.Json = False,
) -> None:
    """Close a tool's circuit, forget what was counted, and let the breaker decide again.

    Examples:

      tool-executor breaker reset forecast_demand --stage prod
    """
    _set(tool, Circuit.CLOSED, local=local, stage=stage, region=region, as_json=as_json)


def _set(tool: str, circuit: Circuit, *, local: bool, stage: str, region: str | None, as_json: bool) -> None:
    _check_name(tool)
    with chosen(local=local, stage=stage, region=region) as where:
        now_ms = time.time_ns() // 1_000_000
        state = Breakers(where.aws, where.deployment.tool_state_table).set(tool, circuit, now_ms)
    if as_json:
        print_json(asdict(state))
        return
    said = f"The circuit of {escape(tool)} is {_styled(state.circuit)}. Calls follow within about a second."
    out.print(said, soft_wrap=True)


def _check_name(tool: str) -> None:
    """Refuse what can name no tool; warn of what the catalog at hand does not know, which need not be the deployed one.

    A breaker for a misspelt name does nothing, and would look like one that does.
    """
    catalog = load_catalog()
    if tool in catalog.by_name:
        return
    problem = catalog.unknown_tool(tool)
    if re.fullmatch(TOOL_NAME_PATTERN, tool) is None:
        raise ToolNotFoundError(problem.message, [problem.as_detail()], hint=problem.hint)
    hint = f" {problem.hint}" if problem.hint else ""
    err.print(
        f"The catalog here has no tool {tool!r}; the deployment may.{hint}",
        style="yellow",
        markup=False,
        soft_wrap=True,
    )


def _table(states: list[BreakerState]) -> Table:
    table = Table(header_style="bold")
    for heading in ("tool", "circuit", "until", "calls", "failed", "slow"):
        table.add_column(heading, overflow="fold")
    for state in states:
        counts = (str(count) for count in (state.calls, state.failed, state.slow))
        table.add_row(escape(state.tool_name), _styled(state.circuit), state.until or "", *counts)
    return table


def _styled(circuit: str) -> str:
    style = _STYLES[circuit]
    return f"[{style}]{circuit.replace('_', ' ')}[/{style}]"
