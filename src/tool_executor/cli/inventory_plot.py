"""``tool-executor inventory plot``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from inventory_data import CODE_PATTERN
from tool_executor.cli import options
from tool_executor.cli.console import ExitCode, err, out, plain, print_json
from tool_executor.cli.where import NewCloud, chosen
from tool_executor.errors import ToolExecutorError
from tool_executor.executor import ToolExecutor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tool_executor.calls import ToolCall
    from tool_executor.cli.where import Where
    from tool_executor.result import ToolExecutionResult


#: What is told of a tool that did not answer, in the contract's shape of an error.
_OF_FAILURE: Final = ("error_code", "error", "retryable", "details", "tool_name")


class PlaceUnusableError(ToolExecutorError):
    """There is no folder to write the picture into, or its name is a folder's."""

    code = "PlaceUnusable"


def _checked_code(code: str) -> str:
    """Refuse what no product and no warehouse is named, in the words of the command's own arguments."""
    if re.fullmatch(CODE_PATTERN, code) is None:
        raise typer.BadParameter(
            "A code has up to 40 letters, digits, '.', '_' and '-', and begins with a letter or a digit."
        )
    return code


def plot(
    product_code: Annotated[str, typer.Argument(metavar="PRODUCT", callback=_checked_code, help="The product's code.")],
    warehouse_code: Annotated[
        str, typer.Argument(metavar="WAREHOUSE", callback=_checked_code, help="The warehouse's code.")
    ],
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to draw it, a .png or .svg; PRODUCT-WAREHOUSE.png by default. A picture there is replaced.",
        ),
    ] = None,
    history_days: Annotated[
        int, typer.Option("--history-days", min=0, max=730, help="Days of recorded demand to show.")
    ] = 180,
    horizon_days: Annotated[int, typer.Option("--horizon-days", min=1, max=90, help="Days to look ahead.")] = 28,
    local: options.LocalOrNew = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    as_json: options.Json = False,
) -> None:
    """Draw a product: its demand and forecast, its stock day by day, and the risk that it runs out.

    Asks the deployed tools for the forecast, the reorder point and the risk, in one execution. It needs matplotlib, of
    the extra "plot", and no display.

    Examples:

      tool-executor inventory plot P001 WH001 --local

      tool-executor inventory plot P001 WH001 --output pictures/P001.svg --history-days 365 --horizon-days 60

      tool-executor inventory plot P001 WH001 --stage prod --json

    Exit code: 0 if it is drawn, 1 if a tool did not answer, 2 if the set-up was wrong or the file cannot be written.
    """
    from tool_executor import inventory_pictures as pictures  # noqa: PLC0415 - matplotlib is an extra, and slow to import

    path = output or Path(f"{product_code}-{warehouse_code}.png")
    pictures.format_of(path)
    _check_place(path)
    calls = pictures.product_calls(product_code, warehouse_code, history_days=history_days, horizon_days=horizon_days)
    with chosen(local=local, stage=stage, region=region, new=NewCloud()) as where, err.status("Asking the tools"):
        answers = _answers(where, calls, as_json=as_json)
    facts = pictures.ProductFacts.of(*answers)
    replaced = path.exists()
    with err.status("Drawing"):
        pictures.save_picture(pictures.draw_product(*answers), path)
    if as_json:
        print_json({"path": str(path), "replaced": replaced, **facts.key_numbers()})
        return
    out.print(plain(pictures.title_of(facts)), soft_wrap=True, highlight=False)
    for sentence in pictures.sentences_of(facts):
        out.print(plain(sentence), soft_wrap=True, highlight=False)
    out.print(f"{'Replaced' if replaced else 'Drew'} {plain(path)}", soft_wrap=True, highlight=False)


def _check_place(path: Path) -> None:
    """Tell what is wrong with the file's name before anybody waits for the tools."""
    if path.is_dir():
        raise PlaceUnusableError(f"{str(path)!r} is a folder.", hint="Give --output a file's name.")
    if not path.parent.is_dir():
        raise PlaceUnusableError(f"There is no folder {str(path.parent)!r}.", hint="Make it first, or choose another.")


def _answers(where: Where, calls: Sequence[ToolCall], *, as_json: bool) -> list[Any]:
    """Return the three answers. Ends the command with 1 where a tool did not answer."""
    with ToolExecutor(aws=where.aws, deployment=where.deployment, caller="tool-executor inventory plot") as executor:
        results = executor.execute_tools_sync(calls)
    failed = next((result for result in results if result.is_failure), None)
    if failed is not None:
        _print_failure(failed, where, as_json=as_json)
        raise typer.Exit(ExitCode.SOME_DID_NOT)
    return [result.result for result in results]


def _print_failure(result: ToolExecutionResult, where: Where, *, as_json: bool) -> None:
    """Tell why a tool did not answer, in its own words: the other two mostly say the same."""
    if as_json:
        told = result.to_json()
        print_json({name: told[name] for name in _OF_FAILURE if name in told})
        return
    err.print(f"[bold red]{plain(result.error_code)}[/]: {plain(result.error)}", soft_wrap=True)
    for hint in dict.fromkeys(detail.hint for detail in result.details if detail.hint):
        err.print(plain(hint), soft_wrap=True)
    if not where.ends_with_command:
        err.print(f"In detail: tool-executor show {result.execution_id}{where.options}", soft_wrap=True)
