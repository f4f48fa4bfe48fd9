"""Demand histories of many products as one matrix: a row per product, a column per day, the last day last.

Days that say nothing about demand are masked, not set to zero: days before a product's first record, days out of
stock (sales understate demand then) and promotions (planned apart from the base demand).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdas.inventory_optimizer.maths.arrays import Flags, Floats, Integers


@dataclass(frozen=True, slots=True)
class DemandSeries:
    """``quantities`` and ``usable``, both (products, days). Quantities of unusable days are zero."""

    quantities: Floats
    usable: Flags

    def __post_init__(self) -> None:
        """Raise ``ValueError`` unless both are matrices of one shape with finite demand that is not negative."""
        if self.quantities.ndim != 2 or self.quantities.shape != self.usable.shape:  # noqa: PLR2004 - a matrix
            message = "quantities and usable must be matrices of one shape"
            raise ValueError(message)
        if not np.isfinite(self.quantities).all() or (self.quantities < 0).any():
            message = "demand must be finite and not negative"
            raise ValueError(message)

    def take(self, rows: Integers | Flags) -> DemandSeries:
        """Return the rows of these indices or flags."""
        return DemandSeries(self.quantities[rows], self.usable[rows])

    @property
    def demanded(self) -> Flags:
        """Usable days with demand."""
        demanded: Flags = np.logical_and(self.usable, self.quantities > 0)
        return demanded

    @property
    def usable_days(self) -> Integers:
        """Number of usable days of each product."""
        return np.asarray(self.usable.sum(axis=1), dtype=np.int64)

    @property
    def counted(self) -> Flags:
        """Whether all of a product's demand came in whole units."""
        return np.asarray((self.quantities == np.floor(self.quantities)).all(axis=1), dtype=np.bool_)


def aligned_right(series: Sequence[Sequence[float]], usable: Sequence[Sequence[bool]] | None = None) -> DemandSeries:
    """Build the matrix from series of unequal length that end on the same day.

    Raises ``ValueError`` if a series and its flags differ in length.
    """
    flags = usable if usable is not None else [[True] * len(row) for row in series]
    if len(flags) != len(series) or any(len(row) != len(marks) for row, marks in zip(series, flags, strict=True)):
        message = "each series needs as many flags as days"
        raise ValueError(message)
    days = max((len(row) for row in series), default=0)
    quantities, mask = np.zeros((len(series), days)), np.zeros((len(series), days), dtype=bool)
    for index, (row, marks) in enumerate(zip(series, flags, strict=True)):
        if row:
            quantities[index, -len(row) :], mask[index, -len(row) :] = row, marks
    return DemandSeries(np.where(mask, quantities, 0.0), mask)


def compressed(series: DemandSeries) -> DemandSeries:
    """Leave out each product's unusable days: its usable days follow each other and end in the last column."""
    if series.usable.all():
        return series
    order = np.argsort(series.usable, axis=1, kind="stable")
    return DemandSeries(
        np.take_along_axis(series.quantities, order, axis=1), np.take_along_axis(series.usable, order, axis=1)
    )
