"""Probability that stock runs out on any day of a horizon: a first passage, with demand and receipts by day.

Stock out is net stock (on hand less allocated and backorders, plus receipts) below zero at the end of a day; a day's
receipts are there before its demand, and what is short is backordered. Let C_t be demand of the first t days and L_t
the net stock at the start plus receipts up to day t. Stock lasts through day t if C_u <= L_u for each u <= t. The
test "short on the last day" alone would miss any dip that a late receipt has filled by then (one worked case: 60 %
against 0.007 %).

- Nothing arrives: net stock only falls, so the chance is P(C_t > net stock), in closed form for all products at once.
  It bounds the chance with receipts from above: whom it clears needs nothing more.
- Something arrives, on days that are certain or spread (``receipts.py``): the joint distribution of what has arrived
  and of C over the paths that have lasted is carried from day to day. Each day moves probability between the states of
  arrivals, convolves with the day's demand, and cuts at what the state's receipts allow. Exact for independent days, on
  whole units or on the lattice whose step is told.
- Too many orders are uncertain at once: a simulation, which says so and gives its standard error.

Units short need no path: what a day adds to them is E[(C_t - L_t)^+] - E[(C_(t-1) - L_t)^+] in closed form (Zipkin
2000, ch. 6 and appendix C), and receipts being independent of demand, its mean over the states of arrivals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from lambdas.inventory_optimizer.maths.distributions import Demand
from lambdas.inventory_optimizer.maths.stockouts.demand_by_day import by_day, cumulated, exceeds, short_of
from lambdas.inventory_optimizer.maths.stockouts.lattice import MAX_CELLS, Lasting, Lattice, day_lattice, day_lattices
from lambdas.inventory_optimizer.maths.stockouts.receipts import (
    ArrivalStates,
    ExpectedReceipt,
    arrival_states,
    certain_states,
    expected_arrivals,
)
from lambdas.inventory_optimizer.maths.stockouts.stockout_simulation import simulate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdas.inventory_optimizer.maths.arrays import Floats

__all__ = [
    "MAX_CELLS",
    "ExpectedReceipt",
    "Lattice",
    "OutlookMethod",
    "StockOutlook",
    "StockOutlooks",
    "day_lattice",
    "stockout_bound",
    "stockout_by_day",
    "stockout_without_receipts",
    "units_short",
    "with_receipts",
    "without_receipts",
]

OutlookMethod: TypeAlias = Literal["exact", "monte_carlo"]


@dataclass(frozen=True, slots=True)
class StockOutlook:
    """What becomes of one product's stock, at the end of each day t = 1 to ``days`` where an array.

    ``probability``: that stock has run out on any day up to t; it never falls. ``net_stock``: its mean, in units,
    backorders counted as negative. ``available``: mean of its positive part. ``units_short``: mean of the horizon's
    demand that is not covered on its day; backorders that stand at the start are not counted. ``step``: units between
    the lattice's points, 1 for whole units, 0 where no lattice was needed. The standard errors are zero if exact;
    ``standard_error`` is the largest of any day's probability.
    """

    probability: Floats
    units_short: float
    net_stock: Floats
    available: Floats
    method: OutlookMethod = "exact"
    step: float = 0.0
    standard_error: float = 0.0
    units_short_error: float = 0.0


@dataclass(frozen=True, slots=True)
class StockOutlooks:
    """The exact outlooks of many products that receive nothing: arrays (products, days), ``units_short`` (products,).

    Meanings and units are those of ``StockOutlook``.
    """

    probability: Floats
    units_short: Floats
    net_stock: Floats
    available: Floats

    def of(self, row: int) -> StockOutlook:
        """Return one product's outlook."""
        return StockOutlook(
            self.probability[row], float(self.units_short[row]), self.net_stock[row], self.available[row]
        )


def stockout_bound(per_day: Demand, net_stock: Floats, receipts: Floats | None = None) -> Floats:
    """Return what each product's chance of a stock-out within the horizon is at most, (products,).

    If nothing arrives, that is P(C_days > net stock), and exact; receipts only lower it. With ``receipts``, (products,
    days), on days by which they have come for certain (``latest_receipts``): between two of them stock only falls, so
    each stretch ends short with P(C_t > L_t) at its last day t, and the sum over the stretches is a bound (Boole).
    ``per_day`` is (products, days).
    """
    total = cumulated(per_day)
    bound = exceeds(_columns(total, slice(-1, None)), net_stock[:, None])[:, 0]
    if receipts is None or not receipts.any():
        return bound
    ends = np.zeros(receipts.shape, dtype=bool)
    ends[:, -1], ends[:, :-1] = True, receipts[:, 1:] > 0
    row, day = np.nonzero(ends)
    at_end = Demand(total.mean[row, day + 1], total.variance[row, day + 1], total.family[row, day + 1])
    short = exceeds(at_end, (net_stock[:, None] + np.cumsum(receipts, axis=1))[row, day])
    return np.minimum(bound, np.bincount(row, weights=short, minlength=bound.size))


def without_receipts(per_day: Demand, net_stock: Floats) -> StockOutlooks:
    """Return the outlooks of products that receive nothing within the horizon; ``per_day`` is (products, days)."""
    elapsed, limit = _columns(cumulated(per_day), slice(1, None)), net_stock[:, None]
    backorders = short_of(elapsed, limit)
    net = limit - elapsed.mean
    return StockOutlooks(
        probability=np.maximum.accumulate(exceeds(elapsed, limit), axis=1),
        units_short=np.maximum(backorders[:, -1] - np.maximum(-net_stock, 0.0), 0.0),
        net_stock=net,
        available=np.maximum(net + backorders, 0.0),
    )


def with_receipts(per_day: Demand, net_stock: float, receipts: Sequence[ExpectedReceipt], *, seed: int) -> StockOutlook:
    """Return the outlook of one product, whose demand by day is ``per_day``, (days,), and whose orders may be late.

    ``seed`` (not negative) is used only where the orders are too many for the exact method: the same seed, the same
    answer. Raises ``ValueError`` if net stock is not finite, there is no day, or counted and measured days are mixed.
    """
    if not np.isfinite(net_stock) or per_day.mean.ndim != 1 or not per_day.mean.size:
        message = "an outlook needs a finite net stock and the demand of at least one day"
        raise ValueError(message)
    states = arrival_states(receipts, per_day.mean.size)
    net = net_stock + expected_arrivals(receipts, per_day.mean.size) - np.cumsum(per_day.mean)
    return _exact(per_day, net_stock, states, net) if states else _simulated(per_day, net_stock, receipts, net, seed)


def stockout_by_day(
    lattice: Lattice | Sequence[Lattice], net_stock: float, receipts: Floats | Sequence[ArrivalStates]
) -> Floats:
    """Return P(stock has run out by the end of day t) for t = 1 to ``len(receipts)``; it never falls.

    ``lattice`` is one for all days or one for each (of one step). ``net_stock`` at the start and ``receipts`` per day
    are in units; receipts on days that are uncertain come as their states.
    """
    states = certain_states(receipts) if isinstance(receipts, np.ndarray) else receipts
    lattices = [lattice] * len(states) if isinstance(lattice, Lattice) else lattice
    lasting, probability = Lasting(np.ones((1, 1))), np.ones(len(states))
    for day, (demand, state) in enumerate(zip(lattices, states, strict=True)):
        moved = Lasting(state.moved(lasting.mass), lasting.start, lasting.counted)
        lasting = moved.through(demand, net_stock + state.arrived)
        probability[day] = 1.0 - lasting.mass.sum()
        if probability[day] >= 1.0:
            break
    return np.maximum.accumulate(np.clip(probability, 0.0, 1.0))


def stockout_without_receipts(per_day: Demand, net_stock: Floats, days: int) -> Floats:
    """Return P(stock has run out by the end of each day) if nothing arrives, (products, days).

    ``per_day`` is (products,), all days being alike, or (products, days).
    """
    elapsed = _columns(cumulated(_each_day(per_day, days)), slice(1, None))
    return np.maximum.accumulate(exceeds(elapsed, net_stock[:, None]), axis=1)


def units_short(per_day: Demand, net_stock: Floats, receipts: Floats) -> Floats:
    """Return the expected units of the horizon's demand that stock does not cover on their day, per product.

    ``per_day`` is (products,), all days being alike, or (products, days); ``receipts``, on days that are certain, is
    (products, days).
    """
    total = cumulated(_each_day(per_day, receipts.shape[1]))
    limits = net_stock[:, None] + np.cumsum(receipts, axis=1)
    short = short_of(_columns(total, slice(1, None)), limits) - short_of(_columns(total, slice(None, -1)), limits)
    return np.asarray(np.maximum(short, 0.0).sum(axis=1))


def _exact(per_day: Demand, net_stock: float, states: Sequence[ArrivalStates], net: Floats) -> StockOutlook:
    lattices = day_lattices(per_day, net_stock + max(float(state.arrived.max()) for state in states))
    short, backorders = _shortage(per_day, net_stock, states)
    return StockOutlook(
        probability=stockout_by_day(lattices, net_stock, states),
        units_short=float(short.sum()),
        net_stock=net,
        available=np.maximum(net + backorders, 0.0),
        step=lattices[0].step,
    )


def _simulated(
    per_day: Demand, net_stock: float, receipts: Sequence[ExpectedReceipt], net: Floats, seed: int
) -> StockOutlook:
    found = simulate(per_day, net_stock, receipts, seed=seed)
    return StockOutlook(
        probability=found.probability,
        units_short=found.units_short,
        net_stock=net,
        # The mean is exact and this is drawn: it is kept to what is possible beside the mean.
        available=np.maximum(found.available, net),
        method="monte_carlo",
        standard_error=found.standard_error,
        units_short_error=found.units_short_error,
    )


def _shortage(per_day: Demand, net_stock: float, states: Sequence[ArrivalStates]) -> tuple[Floats, Floats]:
    """Return means by day, over the states: units newly short, and all backorders at the end of the day."""
    sizes = np.array([state.arrived.size for state in states])
    first = np.cumsum(sizes) - sizes
    day = np.repeat(np.arange(1, sizes.size + 1), sizes)
    limit = net_stock + np.concatenate([state.arrived for state in states])
    weight = np.concatenate([state.weight for state in states])
    total = cumulated(per_day)
    after, before = short_of(total.take(day), limit), short_of(total.take(day - 1), limit)
    short = np.add.reduceat(weight * np.maximum(after - before, 0.0), first)
    return short, np.add.reduceat(weight * after, first)


def _each_day(per_day: Demand, days: int) -> Demand:
    return by_day(per_day, days) if per_day.mean.ndim == 1 else per_day


def _columns(demand: Demand, days: slice) -> Demand:
    return Demand(demand.mean[:, days], demand.variance[:, days], demand.family[:, days])
