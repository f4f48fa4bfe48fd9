"""Where the command line writes: answers to standard output, everything about them to standard error."""

from __future__ import annotations

import io
import sys
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

import typer
from rich.console import Console
from rich.markup import escape

from tool_contract import strict_json
from tool_executor.errors import InvalidRequestError, ToolExecutorError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# A terminal that cannot show a character gets a question mark, not a stack trace after the tools have run.
for _stream in (sys.stdout, sys.stderr):
    if isinstance(_stream, io.TextIOWrapper):
        _stream.reconfigure(errors="replace")


class _Output(Console):
    """Standard output. What is no terminal has no width: a file or another program gets sentences unfolded."""

    def print(self, *objects: Any, soft_wrap: bool | None = None, **named: Any) -> None:  # noqa: ANN401 - as Rich's
        """Print as Rich does."""
        super().print(*objects, soft_wrap=not self.is_terminal if soft_wrap is None else soft_wrap, **named)


out: Final = _Output(soft_wrap=False, emoji=False)
err: Final = Console(stderr=True, emoji=False)

STATUS_STYLES: Final = {
    "success": "green",
    "succeeded": "green",
    "partial": "yellow",
    "running": "cyan",
    "retrying": "yellow",
    "failed": "red",
    "timeout": "red",
    "skipped": "dim",
    "cancelled": "dim",
    "pending": "dim",
}


class ExitCode(IntEnum):
    """What the command line's exit code says."""

    ALL_SUCCEEDED = 0
    SOME_DID_NOT = 1
    REQUEST_OR_SETUP_WRONG = 2
    INTERRUPTED = 130


def visible(text: object) -> str:
    """Return foreign text without anything that steers the terminal. Printed as markup, it needs :func:`plain`."""
    return "".join(
        letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in str(text)
    )


def plain(text: object) -> str:
    """Return foreign text fit for a terminal: no markup, and nothing that steers the terminal."""
    return escape(visible(text))


def calls_of(number: int) -> str:
    """Return a number of calls in words."""
    return f"{number:,} {'call' if number == 1 else 'calls'}"


def styled_status(status: str) -> str:
    """Return a status with its colour, as markup."""
    style = STATUS_STYLES.get(status, "none")
    return f"[{style}]{plain(status)}[/{style}]"


def print_json(value: object) -> None:
    """Print one JSON text, alone, for machines."""
    typer.echo(strict_json.dumps(value))


def print_error(error: ToolExecutorError, *, as_json: bool) -> None:
    """Tell a person, or with ``as_json`` a machine, what went wrong and what to do."""
    if as_json:
        print_json(error.to_json())
        return
    err.print(f"[bold red]{error.code}[/]: {plain(error.sentence)}", soft_wrap=True)
    if isinstance(error, InvalidRequestError):
        print_problems(error.problems)
    if error.details:
        err.print(plain(error.details), soft_wrap=True, style="dim")
    told = [problem.get("hint") for problem in error.problems] if isinstance(error, InvalidRequestError) else []
    if error.hint and error.hint not in told:
        err.print(plain(error.hint), soft_wrap=True)


def print_problems(problems: Sequence[Mapping[str, str]]) -> None:
    """List the problems of a request, each at its JSON pointer."""
    for problem in problems:
        hint = f" {problem['hint']}" if problem.get("hint") else ""
        where = problem["pointer"] or "(the whole request)"
        err.print(f"  [bold]{plain(where)}[/]  {plain(problem['message'] + hint)}", soft_wrap=True)
