"""Years of demand put together to one matrix of days, and what there is to say about each product's history."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from lambdas.inventory_optimizer.maths.demand.series import DemandSeries

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from inventory_data import DemandYear
    from lambdas.inventory_optimizer.maths.arrays import Flags, Floats


@dataclass(frozen=True, slots=True)
class History:
    """A product's recorded days within the window; ``after_window``: days later than it were recorded, and ignored."""

    first_day: date | None = None
    last_day: date | None = None
    stockout_days: int = 0
    promotion_days: int = 0
    returned_units: float = 0.0
    after_window: bool = False


@dataclass(frozen=True, slots=True)
class Histories:
    """Of each product: what there is to say, its usable demand, and demand as it was recorded, (products, days)."""

    of_product: tuple[History, ...]
    series: DemandSeries
    recorded: Floats


def read_histories(
    product_codes: Sequence[str], years: Iterable[DemandYear], first_day: date, last_day: date
) -> Histories:
    """Put the years together to all days from ``first_day`` to ``last_day``.

    Days out of stock, of promotions, and without a record are not usable.
    """
    shape = (len(product_codes), (last_day - first_day).days + 1)
    quantities, usable = np.zeros(shape), np.zeros(shape, dtype=bool)
    # Rows are views: filling them fills the matrix.
    rows = {code: _Row(first_day, quantities[i], usable[i]) for i, code in enumerate(product_codes)}
    for year in years:
        if year.product_code in rows:
            rows[year.product_code].add(year)
    recorded = quantities.copy()
    return Histories(tuple(rows[code].close() for code in product_codes), DemandSeries(quantities, usable), recorded)


@dataclass(slots=True)
class _Row:
    """One product's row of the matrix, being filled."""

    window_start: date
    quantities: Floats
    usable: Flags
    recorded: set[int] = field(default_factory=set)
    stockouts: set[int] = field(default_factory=set)
    promotions: set[int] = field(default_factory=set)
    returned: float = 0.0
    after_window: bool = False

    def add(self, year: DemandYear) -> None:
        shift = (year.first_day - self.window_start).days
        inside = range(max(shift, 0), min(shift + len(year.quantities), self.quantities.size))
        self.after_window |= shift + len(year.quantities) > self.quantities.size
        if not inside:
            return
        here = slice(inside.start, inside.stop)
        self.quantities[here] = year.quantities[inside.start - shift : inside.stop - shift]
        self.usable[here] = True
        self.recorded.update((inside[0], inside[-1]))
        self.stockouts.update(shift + day for day in year.stockout_days if shift + day in inside)
        self.promotions.update(shift + day for day in year.promotion_days if shift + day in inside)
        self.returned += sum(units for day, units in year.returns.items() if shift + day in inside)

    def close(self) -> History:
        self.usable[sorted(self.stockouts | self.promotions)] = False
        self.quantities[~self.usable] = 0.0
        return History(
            first_day=self._day(min(self.recorded)) if self.recorded else None,
            last_day=self._day(max(self.recorded)) if self.recorded else None,
            stockout_days=len(self.stockouts),
            promotion_days=len(self.promotions),
            returned_units=self.returned,
            after_window=self.after_window,
        )

    def _day(self, offset: int) -> date:
        return self.window_start + timedelta(days=offset)
