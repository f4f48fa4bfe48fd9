"""The rows of one CSV file, each with its line's number: UTF-8, comma or semicolon, gzip where the name says so.

A row is one line: a quote that is not closed costs its own line, and not the file's rest. Bytes that are no UTF-8 come
as lone surrogates, for the cell's own check to name.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from contextlib import ExitStack, contextmanager
from itertools import chain, count
from typing import TYPE_CHECKING, Final

from tool_executor.inventory_files.errors import FileUnusable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from typing import TextIO

    from tool_executor.inventory_files.complaints import Complaints

    #: A line's number, from 1, and its cells.
    NumberedRow = tuple[int, list[str]]

LONGEST_LINE: Final = 10_000
GZIP: Final = ".gz"
_CHUNK: Final = 1 << 18
#: How files begin that are no CSV text, and what to do about them.
_NO_TEXT: Final = {
    b"\xff\xfe": ("is UTF-16, not UTF-8", "Save it as CSV UTF-8."),
    b"\xfe\xff": ("is UTF-16, not UTF-8", "Save it as CSV UTF-8."),
    b"PK\x03\x04": ("is a workbook or an archive, not CSV", "Save the sheet as CSV UTF-8."),
    b"\x1f\x8b": ("is compressed", "Name it so: .csv.gz"),
}


class CsvRows:
    """Iterates over the rows that are as wide as the header; the others are complained of, blank lines passed over."""

    def __init__(self, name: str, blocks: Iterator[tuple[int, list[str]]], complaints: Complaints) -> None:
        """Read the header. Raises :class:`FileUnusable`."""
        self.name = name
        self._complaints = complaints
        self._blocks = blocks
        _, lines = next(blocks, (1, [""]))
        if not lines[0].strip():
            what = "file" if len(lines) == 1 else "first line"
            raise FileUnusable(f"The {what} is empty.", hint="The first line names the columns.")
        self._delimiter = ";" if ";" in lines[0] and "," not in lines[0] else ","
        self._begun = (2, lines[1:])
        self.header = self._header(lines[0])

    def __iter__(self) -> Iterator[NumberedRow]:
        """Yield each row once. Raises :class:`FileUnusable` where the file breaks off."""
        return chain.from_iterable(self._parsed(first, lines) for first, lines in chain([self._begun], self._blocks))

    def _header(self, line: str) -> list[str]:
        if "\0" in line:
            raise FileUnusable("The file is no CSV text: its first line holds NUL characters.")
        try:
            return [name.strip() for name in self._of_line(line)]
        except csv.Error as error:
            raise FileUnusable(f"The first line names no columns: {error}.", line=1) from None

    def _parsed(self, first: int, lines: list[str]) -> Iterable[NumberedRow]:
        rows = self._of_lines(lines)
        if rows is None:
            return filter(self._fits, self._one_by_one(first, lines))
        numbered = zip(count(first), rows, strict=False)
        return numbered if set(map(len, rows)) == {len(self.header)} else filter(self._fits, numbered)

    def _of_lines(self, lines: list[str]) -> list[list[str]] | None:
        """Parse many lines at once, which is quick; None if not each line is a row."""
        if max(map(len, lines), default=0) > LONGEST_LINE:
            return None
        try:
            rows = list(csv.reader(lines, delimiter=self._delimiter, strict=True))
        except csv.Error:
            return None
        return rows if len(rows) == len(lines) else None

    def _one_by_one(self, first: int, lines: list[str]) -> Iterator[NumberedRow]:
        for number, line in enumerate(lines, first):
            if len(line) > LONGEST_LINE:
                message = f"The line is longer than {LONGEST_LINE:,} characters."
                self._complaints.add(self.name, message, line=number)
                continue
            try:
                yield number, self._of_line(line)
            except csv.Error as error:
                message = f"The quotes of this line do not fit together ({error})."
                hint = 'A cell in quotes ends in its line; write "" for a quote inside of it.'
                self._complaints.add(self.name, message, line=number, hint=hint)

    def _of_line(self, line: str) -> list[str]:
        (row,) = csv.reader([line], delimiter=self._delimiter, strict=True)
        return row

    def _fits(self, numbered: NumberedRow) -> bool:
        line, row = numbered
        if len(row) == len(self.header):
            return True
        if any(row):
            more = len(row) > len(self.header)
            hint = "A comma in a cell needs quotes; decimals follow a point." if more else None
            message = f"The row has {len(row)} cells, the header {len(self.header)}."
            self._complaints.add(self.name, message, line=line, hint=hint)
        return False


@contextmanager
def opened(path: Path, complaints: Complaints, progress: Callable[[int], None] | None = None) -> Iterator[CsvRows]:
    """Open a file; ``progress`` is told how many of its bytes are read. Raises :class:`FileUnusable`."""
    with ExitStack() as at_end:
        with _failures_told():
            file = at_end.enter_context(path.open("rb"))
            _refuse_what_is_no_text(file.peek(4)[:4], compressed=path.name.endswith(GZIP))
        unpacked = gzip.GzipFile(fileobj=file) if path.name.endswith(GZIP) else file
        stream = at_end.enter_context(io.TextIOWrapper(unpacked, encoding="utf-8-sig", errors="surrogateescape"))
        yield CsvRows(path.name, _blocks(stream, lambda: progress and progress(file.tell())), complaints)


def _blocks(stream: TextIO, after_each: Callable[[], object]) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines in blocks, each with its first one's number. A line without end comes cut, and still too long."""
    first, rest = 1, ""
    while True:
        with _failures_told(first):
            chunk = stream.read(_CHUNK)
        if not chunk:
            break
        after_each()
        *lines, rest = (rest + chunk).split("\n")
        rest = rest[: LONGEST_LINE + 1]
        if lines:
            yield first, lines
            first += len(lines)
    if rest:
        yield first, [rest]


@contextmanager
def _failures_told(line: int | None = None) -> Iterator[None]:
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FileUnusable(f"The compressed file is damaged or cut off: {error}", line=line) from None
    except OSError as error:
        raise FileUnusable(f"The file cannot be read: {error.strerror or error}.") from None


def _refuse_what_is_no_text(beginning: bytes, *, compressed: bool) -> None:
    for magic, (what, hint) in _NO_TEXT.items():
        if beginning.startswith(magic) and not compressed:
            raise FileUnusable(f"The file {what}.", hint=hint)
