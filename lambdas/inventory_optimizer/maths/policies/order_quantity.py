"""How much to order: economic quantity, whole packs, minimum and caps, and the order that a position calls for.

EOQ Q* = sqrt(2 K D / h); cost per year of a quantity Q: K D / Q + h Q / 2 (Harris 1913; Silver, Pyke & Thomas 2017,
ch. 4). That cost is convex in Q, so among whole packs the best is a neighbour of Q*, or the nearer bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.maths.arrays import Flags, Floats

#: Guards whole packs against the rounding of a division such as 0.3 / 0.1.
_SLACK: Final = 1e-9


@dataclass(frozen=True, slots=True)
class LotRules:
    """What an order must keep to, in units: whole packs, at least ``moq``, at most ``maximum`` (inf: no cap)."""

    pack: Floats
    moq: Floats
    maximum: Floats

    @property
    def smallest(self) -> Floats:
        """Smallest order, in units: one pack or the minimum order in whole packs."""
        return self.pack * np.maximum(np.ceil(self.moq / self.pack - _SLACK), 1.0)

    @property
    def largest(self) -> Floats:
        """Largest order, in units; never under the smallest."""
        return np.maximum(self.pack * np.floor(self.maximum / self.pack + _SLACK), self.smallest)

    def capped(self, maximum: Floats) -> LotRules:
        """Return the rules with a further cap."""
        return LotRules(self.pack, self.moq, np.minimum(self.maximum, maximum))


def economic_quantity(annual_demand: Floats, ordering_cost: Floats, holding_cost: Floats) -> Floats:
    """Return the EOQ in units: zero without demand or ordering cost, infinite where holding is free.

    ``annual_demand`` in units a year, ``ordering_cost`` per order, ``holding_cost`` per unit and year.
    """
    numerator = np.asarray(2.0 * annual_demand * ordering_cost, float)
    squared = np.divide(numerator, holding_cost, out=np.full(numerator.shape, np.inf), where=holding_cost > 0)
    return np.where(numerator > 0, np.sqrt(squared), 0.0)


def annual_cost(quantity: Floats, annual_demand: Floats, ordering_cost: Floats, holding_cost: Floats) -> Floats:
    """Return ordering plus holding cost of cycle stock per year. ``quantity`` must be positive."""
    return ordering_cost * annual_demand / quantity + holding_cost * quantity / 2


def best_lot(annual_demand: Floats, ordering_cost: Floats, holding_cost: Floats, rules: LotRules) -> Floats:
    """Return the cheapest order quantity in whole packs within the rules.

    Where holding is free every larger quantity is cheaper: the cap if there is one, else the smallest order.
    """
    economic = economic_quantity(annual_demand, ordering_cost, holding_cost)
    smallest, largest = rules.smallest, rules.largest
    bounded = np.where(np.isfinite(economic), economic, np.where(np.isfinite(largest), largest, smallest))
    below = np.clip(rules.pack * np.floor(bounded / rules.pack + _SLACK), smallest, largest)
    above = np.clip(below + rules.pack, smallest, largest)
    cost_below = annual_cost(below, annual_demand, ordering_cost, holding_cost)
    cost_above = annual_cost(above, annual_demand, ordering_cost, holding_cost)
    return np.where(np.isfinite(economic) & (cost_above < cost_below), above, below)


def rounded_order(need: Floats, rules: LotRules) -> Floats:
    """Return the smallest order in whole packs that covers ``need``, within the rules; zero where need is not positive.

    A cap may leave part of the need: compare the two.
    """
    packs = rules.pack * np.ceil(need / rules.pack - _SLACK)
    return np.where(need > 0, np.clip(packs, rules.smallest, rules.largest), 0.0)


def triggers(position: Floats, reorder_point: Floats, review_days: Floats) -> Flags:
    """Return where an order is due.

    Under periodic review an order is due when the position is below s: at s the next review is soon enough. Under
    continuous review (``review_days`` 0) it is due at s already, for one unit later is too late.
    """
    at_point = (review_days == 0) & (position == reorder_point) & (reorder_point > 0)
    due: Flags = (position < reorder_point) | at_point
    return due


def multiples_above(position: Floats, reorder_point: Floats, quantity: Floats) -> Floats:
    """Return the order of an (s, nQ) policy: the fewest quantities that lift the position above s."""
    count = np.floor((reorder_point - position) / quantity + _SLACK) + 1
    order: Floats = quantity * np.maximum(count, 0.0)
    return order
