"""Demand classes by how often demand occurs and how much its size varies.

ADI, the average interval between demands, is the number of usable days over the number of days with demand; CV^2 is
the squared coefficient of variation of the sizes of demand (population variance). Cut-offs 1.32 and 0.49: Syntetos,
Boylan & Croston (2005), "On the categorization of demand patterns".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.maths.arrays import Floats, Integers
    from lambdas.inventory_optimizer.maths.demand.series import DemandSeries

ADI_CUTOFF: Final = 1.32
CV2_CUTOFF: Final = 0.49
ClassName: TypeAlias = Literal["no_demand", "smooth", "erratic", "intermittent", "lumpy"]


class DemandClass(IntEnum):
    """The four classes, and the one of products without any demand."""

    NO_DEMAND = 0
    SMOOTH = 1
    ERRATIC = 2
    INTERMITTENT = 3
    LUMPY = 4

    @property
    def label(self) -> ClassName:
        """The name that results show."""
        return _NAMES[self]


_NAMES: Final[dict[DemandClass, ClassName]] = {
    DemandClass.NO_DEMAND: "no_demand",
    DemandClass.SMOOTH: "smooth",
    DemandClass.ERRATIC: "erratic",
    DemandClass.INTERMITTENT: "intermittent",
    DemandClass.LUMPY: "lumpy",
}


@dataclass(frozen=True, slots=True)
class Pattern:
    """How demand occurs, per product. ``adi`` and ``cv2`` are NaN, ``size_*`` zero, where there is no demand.

    ``size_mean`` and ``size_variance`` (population) are of the days with demand. ``quiet_days`` counts the usable
    days since the last demand; ``adi_before`` is the ADI up to that demand.
    """

    demand_class: Integers
    adi: Floats
    cv2: Floats
    size_mean: Floats
    size_variance: Floats
    quiet_days: Integers
    adi_before: Floats


def classify(series: DemandSeries) -> Pattern:
    """Classify each product of a matrix of daily demand."""
    demanded = series.demanded
    count, days = demanded.sum(axis=1), series.usable_days
    some = count > 0
    divisor = np.maximum(count, 1)
    size_mean = series.quantities.sum(axis=1, where=demanded) / divisor
    deviations = np.where(demanded, series.quantities - size_mean[:, None], 0.0)
    size_variance = (deviations**2).sum(axis=1) / divisor
    adi = np.where(some, days / divisor, np.nan)
    # The root first: squares of tiny sizes are zero in floating point.
    cv = np.divide(np.sqrt(size_variance), size_mean, out=np.full(count.shape, np.nan), where=some)
    quiet = _quiet_days(series)
    return Pattern(
        demand_class=_classes(adi, cv**2),
        adi=adi,
        cv2=cv**2,
        size_mean=size_mean,
        size_variance=size_variance,
        quiet_days=quiet,
        adi_before=np.where(some, (days - quiet) / divisor, np.nan),
    )


def _classes(adi: Floats, cv2: Floats) -> Integers:
    often, steady = adi <= ADI_CUTOFF, cv2 <= CV2_CUTOFF
    choices = [DemandClass.NO_DEMAND, DemandClass.SMOOTH, DemandClass.ERRATIC, DemandClass.INTERMITTENT]
    conditions = [np.isnan(adi), often & steady, often, steady]
    return np.select(conditions, [int(choice) for choice in choices], int(DemandClass.LUMPY)).astype(np.int64)


def _quiet_days(series: DemandSeries) -> Integers:
    demand_so_far_from_the_end = np.cumsum(series.demanded[:, ::-1], axis=1)
    quiet: Integers = (series.usable[:, ::-1] & (demand_so_far_from_the_end == 0)).sum(axis=1)
    return quiet
