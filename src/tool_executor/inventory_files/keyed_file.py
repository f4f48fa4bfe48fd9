"""Reads a file whose rows have a key: items.csv, stock.csv, orders.csv."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic

from tool_contract.problems import shortened
from tool_executor.inventory_files.formats import RecordT
from tool_executor.inventory_files.records import RecordReader, columns_of

if TYPE_CHECKING:
    from tool_executor.inventory_files.complaints import Complaints
    from tool_executor.inventory_files.csv_rows import CsvRows
    from tool_executor.inventory_files.formats import FileFormat
    from tool_executor.inventory_files.places import Location


@dataclass
class KeyedRows(Generic[RecordT]):
    """Rows by their keys, in the file's order.

    ``lines`` says where each key stands first, also that of a row that is not right. ``complete`` is false where the
    file could not be read to its end: then nothing can be said of what it lacks.
    """

    file: str
    lines: dict[tuple[str, ...], int] = field(default_factory=dict)
    records: dict[tuple[str, ...], RecordT] = field(default_factory=dict)
    complete: bool = False

    @property
    def locations(self) -> dict[Location, int]:
        """The locations that rows are of, each with the line of its first row."""
        found: dict[Location, int] = {}
        for key, line in self.lines.items():
            found.setdefault((key[0], key[1]), line)
        return found


def read_keyed(
    into: KeyedRows[RecordT], rows: CsvRows, file_format: FileFormat[RecordT], complaints: Complaints
) -> None:
    """Read all rows into ``into``. Raises FileUnusable."""
    into.file = rows.name
    columns = columns_of(rows, file_format, complaints)
    if columns is None:
        return
    reader = RecordReader(rows.name, file_format, columns, complaints)
    names = [column.name for column in columns]
    places = [names.index(name) for name in file_format.key]
    for line, row in rows:
        if not any(map(str.strip, row)):
            continue
        key = tuple(row[place].strip() for place in places)
        record = reader.record(line, row)
        if key in into.lines and all(key):
            message = f"A row of {shortened(' '.join(key))} stands in line {into.lines[key]} already."
            complaints.add(rows.name, message, line=line)
            continue
        into.lines.setdefault(key, line)
        if record is not None:
            into.records[key] = record
    into.complete = True
