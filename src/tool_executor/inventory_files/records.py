"""Rows as records: a header is held to its file's columns, a row to its model, and what is wrong is complained of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic

from pydantic import ValidationError

from inventory_data import CODE_PATTERN, CURRENCY_PATTERN
from tool_contract.problems import close_names, problems_from, shortened
from tool_executor.inventory_files.cells import CellError, told
from tool_executor.inventory_files.formats import RecordT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tool_executor.inventory_files.complaints import Complaints
    from tool_executor.inventory_files.csv_rows import CsvRows
    from tool_executor.inventory_files.formats import Column, FileFormat

_MOST_COLUMNS: Final = 100
_PATTERNS: Final = {
    CODE_PATTERN: "is no code: it has 1 to 40 letters, digits, '.', '_' and '-', and begins with a letter or digit.",
    CURRENCY_PATTERN: "is no currency: write three capitals (ISO 4217), such as EUR.",
}


def columns_of(rows: CsvRows, file_format: FileFormat[RecordT], complaints: Complaints) -> list[Column] | None:
    """Return the column that stands in each place of the header; None, after complaints, where they are not right."""
    known = file_format.by_name
    before = len(complaints)
    if len(rows.header) > _MOST_COLUMNS:
        complaints.add(rows.name, f"The first line names {len(rows.header)} columns.", line=1)
        return None
    for place, name in enumerate(rows.header, 1):
        if not name:
            complaints.add(rows.name, f"Column {place} has no name.", line=1)
        elif name not in known:
            near = close_names(name.casefold().replace(" ", "_"), known)
            complaints.add(
                rows.name, f"There is no column {shortened(name)!r}.", line=1, column=shortened(name), hint=near
            )
        elif name in rows.header[: place - 1]:
            complaints.add(rows.name, f"The column {name!r} stands twice.", line=1, column=name)
    for column in file_format.columns:
        if column.required and column.name not in rows.header:
            complaints.add(rows.name, f"The column {column.name!r} is missing.", line=1, column=column.name)
    return [known[name] for name in rows.header] if len(complaints) == before else None


class RecordReader(Generic[RecordT]):
    """Turns rows of one file into records of its model."""

    def __init__(
        self, name: str, file_format: FileFormat[RecordT], columns: list[Column], complaints: Complaints
    ) -> None:
        self.name = name
        self._model = file_format.model
        self._columns = columns
        self._complaints = complaints

    def record(self, line: int, row: list[str]) -> RecordT | None:
        """Return the row's record; None, after a complaint of each cell that is not right."""
        values: dict[str, Any] = {}
        bad = set()
        for column, cell in zip(self._columns, row, strict=True):
            try:
                said = told(cell)
                if said:
                    _put(values, column.name, column.read(said))
                elif column.required:
                    raise CellError("This cell is empty.")  # noqa: TRY301 - one place complains of cells
            except CellError as error:
                bad.add(column.name)
                self._complaints.add(self.name, error.message, line=line, column=column.name, hint=error.hint)
        try:
            record = self._model.model_validate(values)
        except ValidationError as error:
            for column_name, message in self._told_of(error, values, row):
                if column_name not in bad and (column_name or not bad):
                    self._complaints.add(self.name, message, line=line, column=column_name or None)
            return None
        return None if bad else record

    def _told_of(self, error: ValidationError, values: object, row: list[str]) -> Iterator[tuple[str, str]]:
        cell_of = {column.name: cell.strip() for column, cell in zip(self._columns, row, strict=True)}
        for problem in problems_from(error.errors(include_url=False), values, patterns=_PATTERNS):
            name = problem.pointer.removeprefix("/").replace("/", ".")
            said = problem.message.removeprefix("Input ").removeprefix("String ")
            yield name, f"{shortened(cell_of.get(name, ''))!r} {said}" if name else said


def _put(values: dict[str, Any], name: str, value: object) -> None:
    """Put a cell's value where the model has it: ``overrides.reorder_point`` is a field of a field."""
    outer, _, inner = name.partition(".")
    if inner:
        values.setdefault(outer, {})[inner] = value
    else:
        values[outer] = value
