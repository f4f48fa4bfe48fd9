"""Demand on a lattice: each day's distribution on points ``start + k step``, sums of days, and what a limit lets pass.

Counted demand stands on whole units as long as all that may happen up to the limit fits into ``MAX_CELLS`` points, and
is exact then. Otherwise, and for measured demand, step is coarser, and what lies between two points is split between
them so that the mean is kept (local moment matching: Klugman, Panjer & Willmot 2012, ch. 9); a limit between
two points lets pass the share of a point's mass that lies below it. Both errors are of the order of step squared.

No point is spent on what hardly ever happens: a day's points reach from m - sqrt(2 v u) to m + sqrt(2 v u) + c u, with
u = ``_REACH`` and c = v / m, beyond which lie less than exp(-u) (sub-gamma tails: Boucheron, Lugosi & Massart 2013,
sect. 2.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lambdas.inventory_optimizer.maths.distributions import Demand, Family, cdf, loss
from lambdas.inventory_optimizer.maths.stockouts.demand_by_day import cumulated, is_counted, own_variance, rounding

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.maths.arrays import Floats

MAX_CELLS: Final = 4096
#: exp(-28) is under 1e-12.
_REACH: Final = 28.0
#: Points of a measured day's standard deviation.
_POINTS_PER_SD: Final = 20
#: Above so many products of cells the transform is faster than the sum.
_DIRECT_LIMIT: Final = 200_000
#: Mass at either end that is dropped after each day.
_DROPPED: Final = 1e-13
_FEW: Final = 128


@dataclass(frozen=True, slots=True)
class Lattice:
    """Distribution of one day's demand: ``mass[k]`` is the probability of ``start + k step`` units.

    ``counted``: the points are amounts that occur, rather than what stands for the amounts about them.
    """

    mass: Floats
    step: float
    start: float = 0.0
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Lasting:
    """Cumulated demand over the paths that have lasted, on ``start + k step`` units: a row per state of arrivals."""

    mass: Floats
    start: float = 0.0
    counted: bool = True

    def through(self, day: Lattice, limits: Floats) -> Lasting:
        """Return what lasts through a day of that demand: cumulated demand is at most ``limits``, one for each row."""
        start, counted = self.start + day.start, self.counted and day.counted
        room = limits - start + rounding(limits)
        cells = max(int(np.floor(room.max() / day.step)), -1) + 2
        mass = _convolved(self.mass, day.mass, cells)
        mass = mass * _passing(room, mass.shape[1], day.step, counted=counted)
        kept = _kept(mass.sum(axis=0))
        return Lasting(mass[:, kept], start + kept.start * day.step, counted)


def day_lattice(demand: Demand, limit: float) -> Lattice:
    """Put one product's demand per day (arrays of one element) on a lattice for net stock up to ``limit`` units."""
    return _on_lattice(demand, _step(demand, limit), limit)[0]


def day_lattices(per_day: Demand, limit: float) -> list[Lattice]:
    """Put one product's demand by day, (days,), on lattices of one step for net stock up to ``limit`` units.

    Raises ``ValueError`` if some days are counted and others measured.
    """
    spans = (_span(cumulated(per_day)), _span(per_day))
    width = max(float((np.minimum(highest, limit) - lowest).max()) for lowest, highest in spans)
    return _on_lattice(per_day, _step(per_day, width), limit)


def _step(per_day: Demand, width: float) -> float:
    coarse = max(width, 0.0) / MAX_CELLS
    measured = per_day.family >= Family.GAMMA
    if not measured.any():
        return float(max(1.0, np.ceil(coarse)))
    if (is_counted(per_day) & (per_day.family != Family.NONE)).any():
        message = "the days of a product must all be counted or all be measured"
        raise ValueError(message)
    return float(max(np.sqrt(own_variance(per_day)[measured].mean()) / _POINTS_PER_SD, coarse))


def _span(demand: Demand) -> tuple[Floats, Floats]:
    """Return the least and the greatest demand worth a point."""
    random = demand.family != Family.NONE
    spread = np.where(random, demand.sd * np.sqrt(2 * _REACH), 0.0)
    scale = np.divide(own_variance(demand), demand.mean, out=np.zeros(demand.mean.shape), where=random)
    return np.maximum(demand.mean - spread, 0.0), demand.mean + spread + _REACH * scale


def _on_lattice(per_day: Demand, step: float, limit: float) -> list[Lattice]:
    """Return each day's lattice; days of equal moments share one."""
    keys = list(zip(per_day.mean.tolist(), per_day.variance.tolist(), per_day.family.tolist(), strict=True))
    different = list(dict.fromkeys(keys))
    mean, variance, family = (np.array(column) for column in zip(*different, strict=True))
    demand = Demand(mean, variance, family)
    lowest, highest = _span(demand)
    counted = is_counted(demand)
    start = np.where((family == Family.NONE) | ~counted, lowest, np.floor(lowest))
    cells = np.ceil((np.clip(limit, start, highest) - start) / step).astype(np.int64) + 2
    mass = _masses(demand, start[:, None] + step * np.arange(cells.max()), step)
    found = {
        key: Lattice(mass[row, : cells[row]], step, float(start[row]), bool(counted[row]))
        for row, key in enumerate(different)
    }
    return [found[key] for key in keys]


def _masses(demand: Demand, points: Floats, step: float) -> Floats:
    """Return the mass of each point, (days, points); what lies below the first belongs to it."""
    column = Demand(demand.mean[:, None], demand.variance[:, None], demand.family[:, None])
    up_to = cdf(column, points)
    mass = np.maximum(np.diff(up_to, axis=1, prepend=0.0), 0.0)
    if step == 1.0 and is_counted(demand).all():
        return mass
    # E[(X - x_k) / step] over x_k < X <= x_(k+1): the part of that mass which its upper point takes over.
    upper = -np.diff(loss(column, points), axis=1) / step - (1.0 - up_to[:, 1:])
    moved = mass[:, 1:] - np.clip(upper, 0.0, mass[:, 1:])
    mass[:, 1:] -= moved
    mass[:, :-1] += moved
    return mass


def _passing(room: Floats, cells: int, step: float, *, counted: bool) -> Floats:
    """Return the share of each point's mass that lies within ``room`` units, (rows, points)."""
    if counted and step == 1.0:
        return (np.arange(cells) <= np.floor(room)[:, None]).astype(np.float64)
    edge = (np.floor(room) + 0.5) / step if counted else room / step
    share: Floats = np.clip(edge[:, None] + 0.5 - np.arange(cells), 0.0, 1.0)
    # Nothing lies below the first point: all of its mass is its own, or the half cell above it.
    share[:, 0] = 1.0 if counted else np.clip(2.0 * edge, 0.0, 1.0)
    share[room < 0] = 0.0
    return share


def _convolved(lasting: Floats, mass: Floats, cells: int) -> Floats:
    """Return the first ``cells`` values of each row's convolution."""
    left, right = lasting[:, :cells], mass[:cells]
    width = left.shape[1] + right.size - 1
    if left.size * right.size <= _DIRECT_LIMIT:
        return np.array([np.convolve(row, right)[:cells] for row in left])
    points = 1 << (width - 1).bit_length()
    product = np.fft.irfft(np.fft.rfft(left, points, axis=1) * np.fft.rfft(right, points), points, axis=1)
    return np.maximum(product[:, : min(width, cells)], 0.0)


def _kept(mass: Floats) -> slice:
    """Return the points that hold all but a negligible mass: at least one, and all if they are few."""
    if mass.size <= _FEW:
        return slice(0, mass.size)
    total = np.cumsum(mass)
    first, last = np.searchsorted(total, (_DROPPED, total[-1] - _DROPPED))
    first = min(int(first), mass.size - 1)
    return slice(first, max(int(last), first) + 1)
