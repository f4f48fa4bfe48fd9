"""What the tests of stock-out risks share: demand by weekday, and all ways in which orders may arrive."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import settings

from lambdas.inventory_optimizer.maths.distributions import Demand, choose
from lambdas.inventory_optimizer.maths.stockouts.first_passage import StockOutlook, with_receipts

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.maths.stockouts.receipts import ExpectedReceipt

WEEK = (1.4, 1.1, 1.0, 0.9, 1.2, 0.4, 0.0)
SEED = 20261031

#: An example may take long on a machine that others use too.
unhurried = settings(deadline=None)


def days_of(mean: float, ratio: float, days: int, *, counted: bool = True, trend: float = 0.0) -> Demand:
    means = mean * np.array([WEEK[day % 7] * (1 + trend * day) for day in range(days)])
    return choose(means, means * ratio, np.full(days, counted))


def one_row(demand: Demand) -> Demand:
    return Demand(demand.mean[None, :], demand.variance[None, :], demand.family[None, :])


def outlook(demand: Demand, net_stock: float, receipts: list[ExpectedReceipt], seed: int = SEED) -> StockOutlook:
    return with_receipts(demand, net_stock, receipts, seed=seed)


def arrival_chances(receipt: ExpectedReceipt, days: int) -> list[float]:
    """P(arrives on day 1, ..., days, after), from the definition alone."""
    if receipt.sd < 0.05:
        return [float(day == receipt.day) for day in range(1, days + 1)] + [float(receipt.day > days)]
    later = [0.5 * math.erfc((day + 0.5 - receipt.day) / receipt.sd / math.sqrt(2)) for day in range(days + 1)]
    return [(a - b) / later[0] for a, b in itertools.pairwise([*later, 0.0])]


def combinations(receipts: list[ExpectedReceipt], days: int) -> list[tuple[float, np.ndarray]]:
    """All ways in which the orders may arrive: probability, and receipts by day."""
    found = []
    for dates in itertools.product(range(days + 1), repeat=len(receipts)):
        chance, arriving = 1.0, np.zeros(days + 1)
        for receipt, date in zip(receipts, dates, strict=True):
            chance *= arrival_chances(receipt, days)[date]
            arriving[date] += receipt.quantity
        found.append((chance, arriving[:days]))
    return found
