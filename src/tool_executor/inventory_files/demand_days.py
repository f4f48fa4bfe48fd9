"""Daily demand of many products, held compactly: eight bytes a day, and no object for it."""

from __future__ import annotations

import calendar
from array import array
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from inventory_data import DemandYear

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tool_executor.inventory_files.places import Location

#: Marks of a day.
STOCKOUT: Final = 1
PROMOTION: Final = 2

_NO_ROW: Final = float("nan")
_LONGEST_YEAR: Final = 366
_EMPTY_YEAR: Final = array("d", [_NO_ROW]) * _LONGEST_YEAR


class _Year:
    """One calendar year of one product: a quantity for each day that has a row, NaN for the others."""

    __slots__ = ("marks", "quantities", "returns")

    def __init__(self) -> None:
        self.quantities = _EMPTY_YEAR[:]
        self.marks: bytearray | None = None
        self.returns: dict[int, float] = {}


class ProductDays:
    """The rows of one product. ``first`` and ``last`` are the ordinals of the days that may have one."""

    __slots__ = ("_years", "first", "last", "rows")

    def __init__(self, first: int, last: int) -> None:
        self.first = first
        self.last = last
        self.rows = 0
        self._years: dict[int, _Year] = {}

    def add(self, year: int, offset: int, quantity: float, mark: int, returns: float) -> bool:
        """Add a day, by its offset in its year; False if it has a row already."""
        days = self._years.get(year)
        if days is None:
            days = self._years[year] = _Year()
        quantities = days.quantities
        if quantities[offset] == quantities[offset]:  # only NaN differs from itself
            return False
        quantities[offset] = quantity
        self.rows += 1
        if mark:
            if days.marks is None:
                days.marks = bytearray(_LONGEST_YEAR)
            days.marks[offset] = mark
        if returns:
            days.returns[offset] = returns
        return True

    def recorded(self) -> tuple[date, date] | None:
        """Return the first and the last day with a row; None if there is none."""
        if not self._years:
            return None
        first, last = min(self._years), max(self._years)
        begin = next(offset for offset in range(_LONGEST_YEAR) if self._has_row(first, offset))
        end = next(offset for offset in reversed(range(_LONGEST_YEAR)) if self._has_row(last, offset))
        return _day(first, begin), _day(last, end)

    def packed(self, location: Location, begin: date, end: date) -> Iterator[DemandYear]:
        """Yield the days from ``begin`` to ``end`` by calendar years; those without a row have no demand."""
        for year in range(begin.year, end.year + 1):
            start = _offset(begin) if year == begin.year else 0
            stop = (_offset(end) if year == end.year else _last_offset(year)) + 1
            yield _demand_year(location, _day(year, start), self._years.get(year, _Year()), start, stop)

    def _has_row(self, year: int, offset: int) -> bool:
        quantity = self._years[year].quantities[offset]
        return quantity == quantity  # noqa: PLR0124 - as above


@dataclass(frozen=True, slots=True)
class ProductHistory:
    """A product's history: its rows, and the days from ``begin`` to ``end`` that they stand for."""

    days: ProductDays
    begin: date
    end: date

    @property
    def years(self) -> int:
        """How many calendar years the days are of."""
        return self.end.year - self.begin.year + 1

    @property
    def filled(self) -> int:
        """How many days without a row count as days without demand."""
        return (self.end - self.begin).days + 1 - self.days.rows


class DemandHistory(Collection[DemandYear]):
    """All demand as years, in the order of the items; each is packed when it is asked for."""

    def __init__(self, products: Mapping[Location, ProductHistory]) -> None:
        self.products = products
        self._length = sum(one.years for one in products.values())

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[DemandYear]:
        for location, one in self.products.items():
            yield from one.days.packed(location, one.begin, one.end)

    def __contains__(self, year: object) -> bool:
        return any(year == own for own in self)


def _demand_year(location: Location, first_day: date, days: _Year, start: int, stop: int) -> DemandYear:
    quantities = days.quantities[start:stop]
    marks = () if days.marks is None else tuple(enumerate(days.marks[start:stop]))
    return DemandYear(
        warehouse_code=location[0],
        product_code=location[1],
        first_day=first_day,
        quantities=tuple([q if q == q else 0.0 for q in quantities]),  # noqa: PLR0124 - NaN: the day has no row
        stockout_days=tuple(offset for offset, mark in marks if mark & STOCKOUT),
        promotion_days=tuple(offset for offset, mark in marks if mark & PROMOTION),
        returns={offset - start: days.returns[offset] for offset in sorted(days.returns)},
    )


def _day(year: int, offset: int) -> date:
    return date(year, 1, 1) + timedelta(days=offset)


def _offset(day: date) -> int:
    return day.timetuple().tm_yday - 1


def _last_offset(year: int) -> int:
    return 365 if calendar.isleap(year) else 364
