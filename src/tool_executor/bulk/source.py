"""The lines of a bulk: of a JSON Lines file, one at a time, however large it is."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from tool_contract import strict_json
from tool_contract.errors import ErrorCode
from tool_contract.limits import MAX_REQUEST_BYTES_BY_REFERENCE
from tool_contract.problems import Problem
from tool_executor.errors import RequestUnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

_BOM: Final = b"\xef\xbb\xbf"
_TOO_LARGE: Final = f"The line has more than {MAX_REQUEST_BYTES_BY_REFERENCE:,} bytes, which no request may have."


@dataclass(frozen=True, slots=True)
class LineProblem:
    """One thing that is wrong with a line. The problem's pointer is into the call on that line."""

    line: int
    problem: Problem

    def __str__(self) -> str:
        """Return it as a person reads it."""
        where = f"line {self.line}{': ' + self.problem.pointer if self.problem.pointer else ''}"
        return f"{where}  {self.problem.message}{' ' + self.problem.hint if self.problem.hint else ''}"

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {"line": self.line, **self.problem.as_detail()}


@dataclass(frozen=True, slots=True)
class Line:
    """A line: the value on it, or what is wrong with it. ``number`` counts from 1, empty lines too."""

    number: int
    value: Any
    problem: Problem | None = None


@contextmanager
def opened(name: str) -> Iterator[IO[bytes]]:
    """Open a file, or standard input for ``-``. Raises RequestUnreadableError."""
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - closed below; an error of the body is not this one's
    except FileNotFoundError:
        message = f"There is no file {name!r}."
        raise RequestUnreadableError(message, hint="Give a file with a call a line, or - for standard input.") from None
    except OSError as error:
        message = f"The file {name!r} cannot be read: {error.strerror}."
        raise RequestUnreadableError(message) from None
    with file:
        yield file


def lines_of(file: IO[bytes]) -> Iterator[Line]:
    """Yield the lines that are not empty. A byte order mark, Windows' line ends and a missing last one are well."""
    most = MAX_REQUEST_BYTES_BY_REFERENCE
    for number, text in enumerate(_texts(file, most), 1):
        body = text.removeprefix(_BOM) if number == 1 else text
        if len(body.rstrip(b"\r\n")) > most:
            yield Line(number, None, Problem(pointer="", message=_TOO_LARGE, error_code=ErrorCode.INVALID_REQUEST))
        elif body.strip():
            yield _line(number, body)


def _texts(file: IO[bytes], most: int) -> Iterator[bytes]:
    """Yield each line, of one that is too long no more than it takes to say so."""
    room = most + 2
    while text := file.readline(room):
        yield text
        while len(text) == room and not text.endswith(b"\n"):
            text = file.readline(room)


def _line(number: int, body: bytes) -> Line:
    try:
        return Line(number, strict_json.parse(body))
    except strict_json.JsonError as error:
        return Line(number, None, error.problem.model_copy(update={"error_code": ErrorCode.INVALID_REQUEST}))
    except UnicodeDecodeError:
        message = "The text is not UTF-8."
        return Line(number, None, Problem(pointer="", message=message, error_code=ErrorCode.INVALID_REQUEST))
