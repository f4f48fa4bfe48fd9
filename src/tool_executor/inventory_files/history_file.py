"""Reads history.csv: millions of rows in one pass, each held to the rules of the models.

A row that is right costs a few look-ups, for a file says the same days, quantities and flags again and again. Only a
row that is not right is read cell by cell, to say why.
"""

from __future__ import annotations

from datetime import date
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from inventory_data import LARGEST_AMOUNT
from tool_executor.inventory_files import cells
from tool_executor.inventory_files.demand_days import PROMOTION, STOCKOUT, ProductDays
from tool_executor.inventory_files.formats import HISTORY
from tool_executor.inventory_files.places import are_codes
from tool_executor.inventory_files.records import RecordReader, columns_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tool_executor.inventory_files.complaints import Complaints
    from tool_executor.inventory_files.csv_rows import CsvRows
    from tool_executor.inventory_files.formats import DemandRow
    from tool_executor.inventory_files.places import KnownPlaces, Location

#: Ten years. A day mistyped as of 1926 would otherwise fill a century with days without demand.
HISTORY_DAYS: Final = 3653
_CACHED: Final = 1 << 16
#: Columns that may be missing, and so are looked up together.
_OPTIONAL: Final = ("stockout", "promotion", "returns")
_NOTHING: Final = (0, 0.0)

_ValueT = TypeVar("_ValueT")


class _Cache(dict[Any, "_ValueT | None"], Generic[_ValueT]):
    """What cells say, each read once; None for what cannot be."""

    def __init__(self, read: Callable[[Any], _ValueT | None]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, cell: Any) -> _ValueT | None:  # noqa: ANN401 - one cell, or several together
        value = self._read(cell)
        if len(self) < _CACHED:
            self[cell] = value
        return value


class HistoryReader:
    """Puts the rows of the file into the days of the products that ``known`` names, or of any if it is None.

    ``as_of`` is the last day that each warehouse may have a history of.
    """

    def __init__(
        self,
        locations: Iterable[Location],
        as_of: Mapping[str, date],
        known: KnownPlaces | None,
        complaints: Complaints,
    ) -> None:
        self._as_of = as_of
        self._known = known
        self._complaints = complaints
        self.products: dict[Location, ProductDays] = {
            location: self._no_days(location) for location in locations if are_codes(location)
        }

    def read(self, rows: CsvRows) -> None:
        """Read all rows. Raises FileUnusable."""
        columns = columns_of(rows, HISTORY, self._complaints)
        if columns is None:
            return
        records = RecordReader(rows.name, HISTORY, columns, self._complaints)
        names = [column.name for column in columns]
        location_of = itemgetter(names.index("warehouse_code"), names.index("product_code"))
        day_at, quantity_at = names.index("day"), names.index("qty_demanded")
        optional = [name for name in _OPTIONAL if name in names]
        extra_of = itemgetter(*map(names.index, optional)) if optional else None
        places, days, amounts = _Cache(self._place), _Cache(_day), _Cache(_amount)
        extras = _Cache(_reading_of(optional))
        for line, row in rows:
            place, day, quantity = places[location_of(row)], days[row[day_at]], amounts[row[quantity_at]]
            extra = _NOTHING if extra_of is None else extras[extra_of(row)]
            if (
                place is None
                or day is None
                or quantity is None
                or extra is None
                or not place.first <= day[2] <= place.last
            ):
                self._explain(records, line, row, location_of(row))
            elif not place.add(day[0], day[1], quantity, *extra):
                message = f"There is a row of {location_of(row)[1].strip()} on {row[day_at].strip()} already."
                self._complaints.add(rows.name, message, line=line, column="day")

    def _no_days(self, location: Location) -> ProductDays:
        last = self._as_of.get(location[0])
        if last is None:
            return ProductDays(cells.FIRST_DAY.toordinal(), cells.LAST_DAY.toordinal())
        return ProductDays(last.toordinal() - HISTORY_DAYS + 1, last.toordinal())

    def _place(self, told: Location) -> ProductDays | None:
        location = (told[0].strip(), told[1].strip())
        found = self.products.get(location)
        if found is None and self._known is None and are_codes(location):
            # What items.csv holds is not known: the rows can be held against each other, at least.
            found = self.products[location] = self._no_days(location)
        return found

    def _explain(self, records: RecordReader[DemandRow], line: int, row: list[str], told: Location) -> None:
        """Complain of everything that is wrong with a row; of a blank one there is nothing to say."""
        if not any(map(str.strip, row)):
            return
        before = len(self._complaints)
        location = (told[0].strip(), told[1].strip())
        record = records.record(line, row)
        if location not in self.products and self._known is not None:
            self._known.complain_if_unknown(records.name, line, location)
        elif record is not None:
            self._explain_day(records.name, line, record)
        if len(self._complaints) == before:
            self._complaints.add(records.name, "The row cannot be used.", line=line)

    def _explain_day(self, file: str, line: int, record: DemandRow) -> None:
        as_of = self._as_of.get(record.warehouse_code)
        if as_of is None:
            return
        if record.day > as_of:
            message = f"{record.day} is after {as_of}, the day that the stock of {record.warehouse_code} is of."
            self._complaints.add(file, message, line=line, column="day")
        elif record.day.toordinal() <= as_of.toordinal() - HISTORY_DAYS:
            message = f"{record.day} is more than ten years before {as_of}, the day that the stock is of."
            self._complaints.add(file, message, line=line, column="day", hint="Is the year mistyped?")


def _day(cell: str) -> tuple[int, int, int] | None:
    """Return a day's year, its offset in it, and its ordinal."""
    try:
        day = cells.day(cells.told(cell))
    except cells.CellError:
        return None
    return day.year, day.timetuple().tm_yday - 1, day.toordinal()


def _amount(cell: str) -> float | None:
    try:
        amount = cells.number(cells.told(cell))
    except cells.CellError:
        return None
    return amount if 0 <= amount <= LARGEST_AMOUNT else None


def _reading_of(names: Sequence[str]) -> Callable[[str | tuple[str, ...]], tuple[int, float] | None]:
    """Return what reads the cells of the optional columns ``names`` together: marks and returns."""

    def read(told: str | tuple[str, ...]) -> tuple[int, float] | None:
        by_name = dict(zip(names, (told,) if isinstance(told, str) else told, strict=True))
        try:
            marks = STOCKOUT * _flag(by_name.get("stockout", "")) + PROMOTION * _flag(by_name.get("promotion", ""))
        except cells.CellError:
            return None
        returns = _amount(by_name.get("returns", "").strip() or "0")
        return None if returns is None else (marks, returns)

    return read


def _flag(cell: str) -> bool:
    said = cells.told(cell)
    return cells.flag(said) if said else False
