"""Tables of the command line: an id in one is never folded, so that it can be copied; in a file nothing is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.measure import Measurement

from tool_executor.cli.console import out

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.table import Column, Table

_ENDLESS: Final = 1_000_000
#: How narrow a column may become whose words may be folded.
_FOLDED: Final = 12


@dataclass(frozen=True, slots=True)
class _OfWidth:
    """A table that is as wide as is said: Rich lets nothing be wider than the terminal."""

    table: Table
    width: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from console.render(self.table, options.update(width=self.width))


def print_table(table: Table, *, has_ids: bool = False) -> None:
    """Print a table. One that ``has_ids`` keeps columns with ``no_wrap`` whole, if need be in lines that are too long.

    What is no terminal has no width: a file or another program gets each row as one line.
    """
    if out.is_terminal and not has_ids:
        out.print(table)
        return
    width = max(out.width, _least_width(table)) if out.is_terminal else _width(table)
    out.print(_OfWidth(table, width), crop=False)


def fits(table: Table) -> bool:
    """Whether a table can be printed without a line that is longer than the terminal's."""
    return not out.is_terminal or _least_width(table) <= out.width


def _least_width(table: Table) -> int:
    """Return how wide a table is whose columns without ``no_wrap`` are folded as far as may be."""
    folding = (column for column in table.columns if not column.no_wrap)
    return _width(table) - sum(max(0, _widest(column) - max(_FOLDED, column.min_width or 0)) for column in folding)


def _widest(column: Column) -> int:
    return max(map(_width, (column.header, *column.cells)))


def _width(what: RenderableType) -> int:
    return Measurement.get(out, out.options.update(max_width=_ENDLESS), what).maximum
