"""Demand of each day and of all days up to it, (products, days) or (days,) for one product, against what can be had.

Days are independent given the level, and each has moments of its own (day of the week, trend). Where all days of a
product share one ratio of variance to mean, their sum stays in the family, and means and variances add: negative
binomials of one p, Poissons, gammas of one scale (Johnson, Kemp & Kotz 2005, ch. 5; Burgin 1975). With unequal
ratios the sum's distribution is the family's with the sum's moments: close, but no longer exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lambdas.inventory_optimizer.maths.distributions import Demand, Family, cdf, loss

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.maths.arrays import Flags, Floats

#: Only above this ratio of variance to mean has a sum of counted demand the parameters of a negative binomial.
_LEAST_RATIO: Final = 1.0 + 1e-6


def by_day(per_day: Demand, days: int) -> Demand:
    """Return the demand of each day, (products, days), of products whose days are all alike, (products,)."""
    shape = (*per_day.mean.shape, days)
    return Demand(
        np.broadcast_to(per_day.mean[..., None], shape),
        np.broadcast_to(per_day.variance[..., None], shape),
        np.broadcast_to(per_day.family[..., None], shape),
    )


def cumulated(per_day: Demand) -> Demand:
    """Return the demand of the first t days, t = 0 to days: the last axis is one longer than that of ``per_day``.

    Days without demand do not change the family; known demand (``Family.NONE``) shifts the sum.
    """
    mean, variance = _sums(per_day.mean), _sums(own_variance(per_day))
    family = np.zeros(mean.shape, dtype=np.int64)
    kinds = np.where(per_day.mean > 0, per_day.family, int(Family.NONE))
    np.maximum.accumulate(kinds, axis=-1, out=family[..., 1:])
    regular = (family == Family.NEGATIVE_BINOMIAL) & (variance < mean * _LEAST_RATIO)
    return Demand(mean, variance, np.where(regular, int(Family.POISSON), family))


def own_variance(demand: Demand) -> Floats:
    """Return the family's own variance, which is the mean for a Poisson."""
    return np.where(demand.family == Family.POISSON, demand.mean, demand.variance)


def is_counted(demand: Demand) -> Flags:
    """Say which demand stands on amounts that occur (whole units, or a known amount), not on a continuum."""
    return demand.family <= Family.NEGATIVE_BINOMIAL


def rounding(limit: Floats) -> Floats:
    """Return what sums of quantities may be off by: a limit this little under a demand still covers it."""
    return 1e-9 + 1e-12 * np.abs(limit)


def exceeds(demand: Demand, limit: Floats) -> Floats:
    """Return P(demand > limit), element by element; demand and limit broadcast. ``limit`` is in units, of any sign."""
    return 1.0 - cdf(demand, limit + rounding(limit))


def short_of(demand: Demand, limit: Floats) -> Floats:
    """Return E[(demand - limit)^+] in units. ``limit`` may be negative, and a fraction for counted demand too.

    For counted demand it is linear between whole limits, and falls by P(demand > n) from n to n + 1.
    """
    whole = np.where(is_counted(demand) & (demand.family != Family.NONE), np.floor(limit + rounding(limit)), limit)
    part = np.maximum(limit - whole, 0.0)
    short = loss(demand, whole)
    if part.any():
        short = short - part * (1.0 - cdf(demand, whole))
    return np.maximum(short, 0.0)


def _sums(values: Floats) -> Floats:
    sums = np.zeros((*values.shape[:-1], values.shape[-1] + 1))
    np.cumsum(values, axis=-1, out=sums[..., 1:])
    return sums
