"""When open orders arrive: days that are certain, or spread about the promised one, as states with probabilities.

An order promised for day e (1 is tomorrow), whose lead time has a standard deviation of sd days, arrives on day d with
probability Phi((d + 1/2 - e) / sd) - Phi((d - 1/2 - e) / sd): a normal delay in whole days (Silver, Pyke & Thomas 2017,
ch. 6, on variable lead times). That it has not arrived by today is known, so all is conditional on d >= 1; what
lies beyond the horizon stays "after". Delays of different orders are independent; orders may overtake each other.

What has arrived by day t is one of a few states. Orders of one quantity and one distribution of dates are told apart
by their number alone (n of them have n + 1 states, a day's arrivals among those outstanding being binomial in the
hazard); orders that must or cannot have arrived yet have one state. So states multiply only over orders whose dates
are uncertain at the same time.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import isfinite, prod
from typing import TYPE_CHECKING, Final

import numpy as np

from lambdas.inventory_optimizer.maths.special import special

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lambdas.inventory_optimizer.maths.arrays import Floats, Integers

#: States that the exact method carries: six orders of their own dates and quantities, all uncertain on one day.
MAX_STATES: Final = 64
#: An order is certain to have arrived, or not to have, to within this probability.
_CERTAIN: Final = 1e-9
#: A delay of a smaller standard deviation makes a day of difference less often than that.
_SHARP: Final = 0.084


@dataclass(frozen=True, slots=True)
class ExpectedReceipt:
    """What an open order will bring: ``quantity`` units, promised for ``day`` (1 is tomorrow).

    ``sd`` is the standard deviation of its lead time in days; 0 (in fact, anything under 0.084) is certain.

    Raises ``ValueError`` if quantity or sd is negative or not finite, or the day is not a whole one from 1 on: an order
    that is overdue is the caller's to judge.
    """

    quantity: float
    day: int
    sd: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what no order can be."""
        if not (isfinite(self.quantity) and isfinite(self.sd) and self.quantity >= 0 and self.sd >= 0):
            message = "quantity and sd of a receipt must be finite and not negative"
            raise ValueError(message)
        if self.day < 1 or not float(self.day).is_integer():
            message = "a receipt must be promised for a whole day from tomorrow (1) on; overdue orders are not supply"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class ArrivalStates:
    """What may have arrived by one day, that day's receipts included: one element or row per state.

    ``arrived`` is in units, ``weight`` the state's probability. ``steps`` leads there from the day before's states,
    one group of orders after the other: ``steps[g][i, j]`` is the chance that i of its orders have arrived if j had
    the day before. States are in the order of the groups' numbers, the last group's running fastest.
    """

    arrived: Floats
    weight: Floats
    steps: tuple[Floats, ...] = ()

    def moved(self, mass: Floats) -> Floats:
        """Move a distribution over the day before's states, (states, points), to this day's."""
        points, after, before = mass.shape[1], 1, mass.shape[0]
        for step in self.steps:
            before //= step.shape[1]
            mass = np.einsum("ij,ajb->aib", step, mass.reshape(after, step.shape[1], before * points))
            after *= step.shape[0]
        moved: Floats = mass.reshape(after, points)
        return moved


def arrival_probabilities(receipt: ExpectedReceipt, days: int) -> Floats:
    """Return P(arrives on day d) for d = 1 to ``days``; what is missing to one arrives after."""
    return -np.diff(_outstanding(receipt, days))


def expected_arrivals(receipts: Sequence[ExpectedReceipt], days: int) -> Floats:
    """Return the mean of what has arrived by the end of each day, in units."""
    arrived = np.zeros(days)
    for receipt in receipts:
        arrived += receipt.quantity * (1.0 - _outstanding(receipt, days)[1:])
    return arrived


def latest_receipts(receipts: Sequence[ExpectedReceipt], days: int, missed: float) -> Floats:
    """Return receipts by day, (days,), each on the first day by which it has come but for a chance of ``missed``.

    A chance of a stock-out with these receipts, plus ``missed`` for each order, bounds that with the real ones.
    """
    arriving = np.zeros(days)
    for receipt in receipts:
        in_time = np.flatnonzero(_outstanding(receipt, days)[1:] <= missed)
        if in_time.size:
            arriving[in_time[0]] += receipt.quantity
    return arriving


def arrival_states(receipts: Sequence[ExpectedReceipt], days: int) -> tuple[ArrivalStates, ...] | None:
    """Return the states of each day from 1 to ``days``, or None if a day has more than ``MAX_STATES``."""
    spread = _spread(receipts, days)
    # As floats, for the product may exceed any integer.
    states = (np.where((left > 0) & (left < 1), count + 1.0, 1.0) for _, count, left in spread)
    if np.max(prod(states)) > MAX_STATES:
        return None
    groups = [_Group(quantity, count, outstanding) for quantity, count, outstanding in spread]
    return tuple(_states(groups, certain_states(_certain(receipts, days))))


def certain_states(receipts: Floats) -> tuple[ArrivalStates, ...]:
    """Return the states of receipts on their dates, ``receipts[t - 1]`` units on day t: one each day."""
    return tuple(ArrivalStates(np.array([units]), np.ones(1)) for units in np.cumsum(receipts))


def sampled_receipts(receipts: Sequence[ExpectedReceipt], days: int, paths: int, random: np.random.Generator) -> Floats:
    """Draw what arrives on each day, (days, paths), in units."""
    drawn = np.repeat(_certain(receipts, days)[:, None], paths, axis=1)
    drawn = np.vstack([drawn, np.zeros(paths)])
    path = np.arange(paths)
    for receipt in receipts:
        if receipt.sd >= _SHARP:
            arrived_by = 1.0 - _outstanding(receipt, days)[1:]
            drawn[np.searchsorted(arrived_by, random.random(paths), side="right"), path] += receipt.quantity
    return drawn[:days]


class _Group:
    """``count`` orders of one quantity and one distribution of dates: its state is how many have arrived."""

    def __init__(self, quantity: float, count: int, outstanding: Floats) -> None:
        numbers = np.arange(count + 1)
        self.units = quantity * numbers
        self.weight = _binomial(count, numbers, 1.0 - outstanding[:, None])
        self._first, self._end = np.where(outstanding > 0, 0, count), np.where(outstanding < 1, count, 0) + 1
        stays = np.divide(
            outstanding[1:], outstanding[:-1], out=np.ones(outstanding.size - 1), where=outstanding[:-1] > 0
        )
        arriving = numbers[:, None] - numbers
        self._steps = _binomial(count - numbers, arriving, 1.0 - stays[:, None, None])

    def numbers(self, day: int) -> slice:
        """Return how many may have arrived by that day."""
        return slice(self._first[day], self._end[day])

    def step(self, day: int) -> Floats:
        """Return the chances of the day's arrivals, (numbers of the day, numbers of the day before)."""
        step: Floats = self._steps[day - 1][self.numbers(day), self.numbers(day - 1)]
        return step


def _binomial(count: Integers | int, number: Integers, chance: Floats) -> Floats:
    possible = (number >= 0) & (number <= count)
    number = np.where(possible, number, 0)
    mass = special.binom(count, number) * chance**number * (1.0 - chance) ** (count - number)
    return np.where(possible, mass, 0.0)


def _states(groups: list[_Group], certain: tuple[ArrivalStates, ...]) -> Iterator[ArrivalStates]:
    for day, fixed in enumerate(certain, start=1):
        arrived, weight = fixed.arrived, fixed.weight
        for group in groups:
            numbers = group.numbers(day)
            arrived = np.add.outer(arrived, group.units[numbers]).ravel()
            weight = np.multiply.outer(weight, group.weight[day, numbers]).ravel()
        steps = (group.step(day) for group in groups)
        yield ArrivalStates(arrived, weight, tuple(step for step in steps if step.size > 1))


def _outstanding(receipt: ExpectedReceipt, days: int) -> Floats:
    """Return P(not arrived by the end of day t) for t = 0 to ``days``, exactly 0 or 1 where it is all but that."""
    ends = np.arange(days + 1)
    if receipt.sd < _SHARP:
        return np.where(ends < receipt.day, 1.0, 0.0)
    later = special.ndtr((receipt.day - ends - 0.5) / receipt.sd)
    left = later / later[0]
    return np.where(left < _CERTAIN, 0.0, np.where(left > 1 - _CERTAIN, 1.0, left))


def _certain(receipts: Sequence[ExpectedReceipt], days: int) -> Floats:
    on_day = np.zeros(days)
    for receipt in receipts:
        if receipt.sd < _SHARP and receipt.day <= days:
            on_day[receipt.day - 1] += receipt.quantity
    return on_day


def _spread(receipts: Sequence[ExpectedReceipt], days: int) -> list[tuple[float, int, Floats]]:
    """Return quantity, number and P(outstanding) of the orders of spread dates that may arrive within the horizon."""
    alike = Counter(receipt for receipt in receipts if receipt.sd >= _SHARP and receipt.quantity > 0)
    dated = ((receipt.quantity, count, _outstanding(receipt, days)) for receipt, count in alike.items())
    return [(quantity, count, outstanding) for quantity, count, outstanding in dated if outstanding[-1] < 1]
