"""Prints what ``tool-executor cost`` has found, in 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table

from tool_executor.cli.console import calls_of, out
from tool_executor.cli.tables import print_table
from tool_executor.costs.prices import list_prices

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tool_executor.cli.checked_request import CheckedRequest
    from tool_executor.costs.bill import Bill, Line
    from tool_executor.costs.comparison import Option
    from tool_executor.costs.month import MonthReport
    from tool_executor.costs.prices import PriceList

_MILLION: Final = 1_000_000
_LEAST_SHOWN: Final = 0.0005


def print_request(checked: CheckedRequest, best: Bill, worst: Bill, waited: tuple[Bill, Bill] | None) -> None:
    """Print both courses of a request's execution side by side; ``waited`` are those by the Express state machine."""
    calls = len(checked.request.calls)
    told = f"{calls_of(calls)}, {checked.request.mode}, of {', '.join(checked.tool_names)}. {_basis()}"
    out.print(told, highlight=False)
    table = _table("service and part", "all succeed", "US $", "at worst", "US $")
    counted = [{(line.service, line.what): line for line in bill.lines} for bill in (best, worst)]
    for service, dollars in worst.by_service.items():
        table.add_row(service, "", _small(best.by_service.get(service, 0)), "", _small(dollars), style="bold")
        for key in (key for key in counted[1] if key[0] == service):
            cells = [cell for lines in counted for cell in _cells(lines.get(key))]
            table.add_row(f"  {key[1]}", *cells)
    table.add_section()
    table.add_row("an execution", "", _small(best.dollars), "", _small(worst.dollars), style="bold")
    table.add_row("a call", "", _small(best.dollars / calls), "", _small(worst.dollars / calls))
    if waited is not None:
        table.add_row("with --wait sync", "", _small(waited[0].dollars), "", _small(waited[1].dollars))
    print_table(table)


def print_month(report: MonthReport) -> None:
    """Print a month's bill, its fixed part, and how it grows."""
    assumed, bill = report.assumed, report.bill
    out.print(
        f"{assumed.calls:,} calls a month, {assumed.calls_per_execution} an execution. {_basis()}", highlight=False
    )
    table = _table("service and part", "a month", "US $", "")
    for service, dollars in bill.by_service.items():
        table.add_row(service, "", f"{dollars:,.2f}", "", style="bold")
        for line in _worth_showing(line for line in bill.lines if line.service == service):
            table.add_row(f"  {line.what}", _count(line.count), f"{line.dollars:,.2f}", "fixed" if line.fixed else "")
    table.add_section()
    table.add_row("fixed", "", f"{bill.fixed_dollars:,.2f}", "")
    table.add_row("grows with the work", "", f"{bill.dollars - bill.fixed_dollars:,.2f}", "")
    table.add_row("a month", "", f"{bill.dollars:,.2f}", "", style="bold")
    print_table(table)
    _print_growth(report)


def print_comparison(compared: Mapping[str, Sequence[Option]], calls: int) -> None:
    """Print the ways of running an execution, for each course in US dollars a million calls."""
    table = Table(header_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("US $ a million calls", no_wrap=True)
    for course in compared:
        table.add_column(course, justify="right", no_wrap=True)
    table.add_column("does without", overflow="fold")
    dollars = [{option.name: option.bill.dollars for option in options} for options in compared.values()]
    for option in next(iter(compared.values())):
        cells = (f"{course[option.name] / calls * _MILLION:,.2f}" for course in dollars)
        table.add_row(option.name, *cells, option.without or "-")
    print_table(table)
    out.print("Of all of these the executions alone: fixed costs and what is kept are not in them.", highlight=False)


def print_prices(prices: PriceList) -> None:
    """Print the list prices, each with its source."""
    table = Table(header_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("service", no_wrap=True)
    table.add_column("US $", justify="right", no_wrap=True)
    table.add_column("for", no_wrap=True)
    table.add_column("looked up", overflow="fold", min_width=10)
    for price in prices.prices.values():
        per = f"{price.per:,} {price.unit}" if price.per > 1 else price.unit
        table.add_row(price.service, f"{price.dollars:g}", per, price.looked_up)
    print_table(table)
    out.print(f"List prices of {prices.region}. With --json: where AWS states each, and what it was read in.")


def _print_growth(report: MonthReport) -> None:
    table = _table("calls a month", "US $ a month", "US $ a million calls")
    for calls, dollars in report.growth:
        table.add_row(f"{calls:,}", f"{dollars:,.2f}", f"{dollars / calls * _MILLION:,.2f}")
    print_table(table)
    out.print(f"Each further million calls: ${report.next_million:,.2f}.", highlight=False)


def _basis() -> str:
    prices = list_prices()
    return f"List prices of {prices.region}, looked up {prices.looked_up}, without free tiers."


def _table(first: str, *others: str) -> Table:
    table = Table(header_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column(first, no_wrap=True)
    for heading in others:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _cells(line: Line | None) -> tuple[str, str]:
    return ("-", "-") if line is None else (_count(line.count), _small(line.dollars))


def _worth_showing(lines: Iterable[Line]) -> Iterable[Line]:
    """Leave out what is less than a tenth of a cent, unless it is free and many."""
    return (line for line in lines if line.dollars >= _LEAST_SHOWN or line.count >= _MILLION / 1000)


def _small(dollars: float) -> str:
    return f"{dollars:.6f}"


def _count(count: float) -> str:
    """Write a count short: whole where it is large or whole, else with three digits that tell something."""
    if count >= 100 or count == int(count):  # noqa: PLR2004 - three digits
        return f"{count:,.0f}"
    return f"{count:.3g}" if count >= 0.001 else f"{count:.6f}"  # noqa: PLR2004 - below it %g writes exponents
