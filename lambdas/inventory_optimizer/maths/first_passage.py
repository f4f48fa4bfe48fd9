"""Probability that stock runs out on any day of a horizon: a first passage, with receipts on their dates.

Stock out is net stock (on hand less allocated and backorders, plus receipts) below zero at the end of a day; a day's
receipts are there before its demand, and what is short is backordered. Let C_t be demand of the first t days and L_t
the net stock at the start plus receipts up to day t. Stock lasts through day t if C_u <= L_u for each u <= t. The
distribution of C over the paths that have lasted is carried from day to day by convolution with the day's demand and
cut at L_t; what is left of it is the chance of having lasted. The test "short on the last day" alone would miss any
dip that a late receipt has filled by then (one worked case: 60 % against 0.007 %).

Exact for independent days on a lattice of whole units. Beyond ``MAX_CELLS`` units, and for measured demand, the
lattice is coarser, each day's demand rounded to the nearest point: ``Lattice.step`` says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lambdas.inventory_optimizer.maths.distributions import Demand, Family, cdf, loss, quantile

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.maths.arrays import Floats

MAX_CELLS: Final = 4096
#: Above so many products of cells the transform is faster than the sum.
_DIRECT_LIMIT: Final = 400_000
_TAIL: Final = 1e-12
#: Points of a measured day's standard deviation.
_POINTS_PER_SD: Final = 20


@dataclass(frozen=True, slots=True)
class Lattice:
    """Distribution of one day's demand on multiples of ``step`` units: ``mass[k]`` belongs to k steps."""

    mass: Floats
    step: float


def day_lattice(demand: Demand, limit: float) -> Lattice:
    """Put one product's demand per day (arrays of one element) on a lattice for net stock up to ``limit`` units."""
    if demand.family[0] == Family.NONE:
        return _known_demand(float(demand.mean[0]), limit)
    counted = demand.family[0] in (Family.POISSON, Family.NEGATIVE_BINOMIAL)
    coarse = max(limit, 1.0) / MAX_CELLS
    step = max(1.0, np.ceil(coarse)) if counted else max(float(demand.sd[0]) / _POINTS_PER_SD, coarse)
    top = max(float(quantile(demand, 1 - _TAIL)[0]), 0.0)
    cells = int(min(np.ceil(top / step), np.floor(max(limit, 0.0) / step))) + 1
    half = 0.5 * step if step != 1.0 or not counted else 0.0
    mass = np.diff(cdf(demand, np.arange(cells) * step + half), prepend=0.0)
    return Lattice(mass, step)


def stockout_by_day(lattice: Lattice, net_stock: float, receipts: Floats) -> Floats:
    """Return P(stock has run out by the end of day t) for t = 1 to ``len(receipts)``; it never falls.

    ``net_stock`` at the start and ``receipts`` per day are in units.
    """
    limits = np.floor((net_stock + np.cumsum(receipts)) / lattice.step + 1e-9).astype(np.int64)
    lasting, probability = np.ones(1), np.ones(receipts.size)
    for day, limit in enumerate(limits):
        if limit < 0:
            break
        lasting = _convolved(lasting, lattice.mass, int(limit) + 1)
        probability[day] = 1.0 - lasting.sum()
    return np.maximum.accumulate(np.clip(probability, 0.0, 1.0))


def stockout_without_receipts(per_day: Demand, net_stock: Floats, days: int) -> Floats:
    """Return P(stock has run out by the end of each day) if nothing arrives, (products, days).

    Without receipts net stock only falls, so this is P(C_t > net stock) in closed form: an upper bound of the
    probability with receipts.
    """
    elapsed = np.arange(1, days + 1, dtype=np.float64)
    return 1.0 - cdf(_by_day(per_day, elapsed), net_stock[:, None])


def units_short(per_day: Demand, net_stock: Floats, receipts: Floats) -> Floats:
    """Return the expected units of the horizon's demand that stock does not cover on their day, per product.

    Sum over days of E[(C_t - L_t)^+] - E[(C_(t-1) - L_t)^+]: what a day adds to what is short. Backorders that stand
    at the start are not demand of the horizon and are not counted. ``receipts`` is (products, days).
    """
    elapsed = np.arange(1, receipts.shape[1] + 1, dtype=np.float64)
    exact = net_stock[:, None] + np.cumsum(receipts, axis=1)
    limits = np.where((per_day.family == Family.GAMMA)[:, None], exact, np.floor(exact + 1e-9))
    after = loss(_by_day(per_day, elapsed), limits)
    before = loss(_by_day(per_day, elapsed - 1), limits)
    short: Floats = np.maximum(after - before, 0.0).sum(axis=1)
    return short


def _by_day(per_day: Demand, elapsed: Floats) -> Demand:
    column = Demand(per_day.mean[:, None], per_day.variance[:, None], per_day.family[:, None])
    summed = column.over(elapsed)
    return Demand(summed.mean, summed.variance, np.where(elapsed > 0, summed.family, int(Family.NONE)))


def _known_demand(mean: float, limit: float) -> Lattice:
    if mean <= 0:
        return Lattice(np.ones(1), 1.0)
    step = mean if limit < mean * MAX_CELLS else limit / MAX_CELLS
    mass = np.zeros(int(np.rint(mean / step)) + 1)
    mass[-1] = 1.0
    return Lattice(mass, step)


def _convolved(lasting: Floats, mass: Floats, size: int) -> Floats:
    """Return the first ``size`` values of the convolution."""
    left, right = lasting[:size], mass[:size]
    if left.size * right.size <= _DIRECT_LIMIT:
        return np.convolve(left, right)[:size]
    width = left.size + right.size - 1
    points = 1 << (width - 1).bit_length()
    product = np.fft.irfft(np.fft.rfft(left, points) * np.fft.rfft(right, points), points)
    return np.maximum(product[: min(width, size)], 0.0)
