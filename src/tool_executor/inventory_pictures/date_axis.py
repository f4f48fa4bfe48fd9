"""Axes of days: where their ticks are and what they say."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from matplotlib.dates import MO, DayLocator, MonthLocator, WeekdayLocator, date2num, num2date
from matplotlib.ticker import Formatter, FuncFormatter

from tool_executor.inventory_pictures.amounts import short_day, tick
from tool_executor.pictures import style

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from matplotlib.axes import Axes
    from matplotlib.dates import DateLocator

#: Room for a day's name.
_INCHES_PER_TICK: Final = 0.75
_WEEK, _MONTH = 7, 30.5
#: Beyond so many ticks of weeks a month is easier to read.
_MOST_WEEKS: Final = 18


def number_of(day: date) -> float:
    """Return a day as its place on an axis."""
    return float(date2num(day))  # type: ignore[no-untyped-call] # matplotlib's


def numbers_of(days: Iterable[date]) -> list[float]:
    """Return days as their places on an axis."""
    return [number_of(day) for day in days]


def set_up(axes: Axes, first: float, last: float, inches: float) -> None:
    """Make ``axes``, ``inches`` wide, run from a place to another one, with quantities upwards."""
    axes.set_xlim(first, last)
    axes.xaxis.set_major_locator(_locator(last - first, max(int(inches / _INCHES_PER_TICK), 2)))
    axes.xaxis.set_major_formatter(_DayFormatter())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))


def say(axes: Axes, sentence: str) -> None:
    """Write in the middle what there is to see instead."""
    axes.text(0.5, 0.5, sentence, transform=axes.transAxes, ha="center", va="center", color=style.GREY)


def _locator(days: float, ticks: int) -> DateLocator:
    """Return a tick for each day, Monday or month, or every few of them, so many at most."""
    if days <= ticks:
        return DayLocator()  # type: ignore[no-untyped-call] # matplotlib's
    if days <= _MOST_WEEKS * _WEEK:
        return WeekdayLocator(MO, interval=math.ceil(days / _WEEK / ticks))  # type: ignore[no-untyped-call] # matplotlib's
    return MonthLocator(interval=math.ceil(days / _MONTH / ticks))  # type: ignore[no-untyped-call] # matplotlib's


class _DayFormatter(Formatter):
    """Writes the year under the first tick and wherever it changes."""

    def __call__(self, x: float, pos: int | None = None) -> str:  # noqa: ARG002 - matplotlib's
        return short_day(num2date(x))  # type: ignore[no-untyped-call] # matplotlib's

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        texts, year = [], None
        for value in values:
            day = num2date(value)  # type: ignore[no-untyped-call] # matplotlib's
            texts.append(short_day(day) + ("" if day.year == year else f"\n{day.year}"))
            year = day.year
        return texts
