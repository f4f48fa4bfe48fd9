"""How far a load is: a bar in a terminal, a line for each file and step elsewhere."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

from tool_executor.cli.console import err

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Is told what is done, how much of it is, and how much there is.
Telling: TypeAlias = "Callable[[str, int, int], None]"


@contextmanager
def progress() -> Iterator[Telling]:
    """Yield what is to be told of the progress; nothing of it stays in a terminal."""
    if not err.is_terminal:
        yield _Lines().tell
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what)
            bars.update(tasks[what], completed=done, total=total or 1)

        yield tell


class _Lines:
    """A line when something new begins."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def tell(self, what: str, _done: int, _total: int) -> None:
        if what not in self._told:
            self._told.add(what)
            err.print(f"{what} …", markup=False, highlight=False)
