"""Two years of buying and selling, day by day: what the demand leaves on the shelf and on order.

Each location follows an (s, S) policy with figures that a planner might have set by eye. Suppliers are late at times,
and more so in the last weeks, so that some orders are overdue and some shelves nearly empty on the last day. What is
not on the shelf is not sold: sales of such days understate demand, and the days are marked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tool_executor.inventory.extra import np
from tool_executor.inventory.sample_products import WAREHOUSES

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from tool_executor.inventory.sample_demand import Demand
    from tool_executor.inventory.sample_products import Assortment

#: Orders of the last days are late more often.
_TROUBLED_DAYS: Final = 40
_LATE: Final = 0.06
_LATE_IN_TROUBLE: Final = 0.15


@dataclass(frozen=True, slots=True)
class Order:
    """A purchase order that is open at the end; days count from 0, the first of the two years."""

    location: int
    promised: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the two years went: sales and days out of stock, (locations, days), and what is left at their end."""

    sold: NDArray[np.int64]
    stockout: NDArray[np.bool_]
    on_hand: NDArray[np.int64]
    unmet_last_day: NDArray[np.int64]
    orders: tuple[Order, ...]


class _Purchasing:
    """Places orders and keeps what is under way."""

    def __init__(self, random: Generator, assortment: Assortment, demand: Demand) -> None:
        locations, self.days = demand.quantities.shape
        self._random = random
        self._lead_time = np.tile(assortment.lead_time, len(WAREHOUSES))
        self._lead_time_sd = np.tile(assortment.lead_time_sd, len(WAREHOUSES))
        self._review = np.tile(assortment.review, len(WAREHOUSES))
        self._pack = np.tile(assortment.pack, len(WAREHOUSES))
        self.reorder_point, self.lot = self._set_by_eye(assortment, demand)
        self.arrivals = np.zeros((locations, self.days + 400), dtype=np.int64)
        self.under_way = np.zeros(locations, dtype=np.int64)
        self._open: list[tuple[NDArray[np.int64], ...]] = []

    def _set_by_eye(self, assortment: Assortment, demand: Demand) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        mean, days = demand.mean, self._lead_time + self._review
        spread = np.tile(assortment.dispersion, len(WAREHOUSES))
        covered = mean * days + 1.8 * np.sqrt(mean * spread * days + (mean * self._lead_time_sd) ** 2)
        holding = np.tile(assortment.unit_cost * assortment.holding_rate, len(WAREHOUSES))
        economic = np.sqrt(2 * np.tile(assortment.ordering_cost, len(WAREHOUSES)) * mean * 365 / holding)
        lot = np.clip(economic, mean * 5, mean * 90)
        eye = self._random.lognormal(0.0, 0.18, mean.size)
        packs = np.maximum(np.ceil(lot / self._pack), 1).astype(np.int64)
        return np.ceil(covered * eye).astype(np.int64) + 1, packs * self._pack

    def receive(self, day: int) -> NDArray[np.int64]:
        arrived = self.arrivals[:, day]
        self.under_way -= arrived
        return arrived

    def review(self, day: int, on_hand: NDArray[np.int64]) -> None:
        """Order up to s + Q where it is review day and the position is below s."""
        position = on_hand + self.under_way
        rows = np.flatnonzero((day % self._review == 0) & (position < self.reorder_point))
        if not rows.size:
            return
        need = self.reorder_point[rows] + self.lot[rows] - position[rows]
        quantity = -(-need // self._pack[rows]) * self._pack[rows]
        promised = day + np.ceil(self._lead_time[rows] + 0.5 * self._lead_time_sd[rows]).astype(np.int64)
        arrives = day + self._actual_lead_times(day, rows)
        np.add.at(self.arrivals, (rows, arrives), quantity)
        self.under_way[rows] += quantity
        self._open.append((rows, promised, arrives, quantity))

    def _actual_lead_times(self, day: int, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        drawn = self._random.normal(self._lead_time[rows], self._lead_time_sd[rows])
        troubled = day >= self.days - _TROUBLED_DAYS
        late = self._random.random(rows.size) < (_LATE_IN_TROUBLE if troubled else _LATE)
        delay = np.where(late, self._random.integers(5, 30, rows.size), 0)
        return np.asarray(np.clip(np.rint(drawn) + delay, 1, 399), dtype=np.int64)

    def still_open(self) -> tuple[Order, ...]:
        orders = [
            Order(int(row), int(promised), int(quantity))
            for placed in self._open
            for row, promised, arrives, quantity in zip(*placed, strict=True)
            if arrives >= self.days
        ]
        return tuple(sorted(orders, key=lambda order: (order.promised, order.location, order.quantity)))


def run_two_years(random: Generator, assortment: Assortment, demand: Demand) -> Outcome:
    """Let stock meet demand from the first day to the last."""
    purchasing = _Purchasing(random, assortment, demand)
    wanted = np.ascontiguousarray(demand.quantities.T)
    sold, out = np.zeros_like(wanted), np.zeros(wanted.shape, dtype=bool)
    on_hand = purchasing.reorder_point + purchasing.lot // 2
    for day in range(purchasing.days):
        on_hand = on_hand + purchasing.receive(day)
        sold[day] = np.minimum(wanted[day], on_hand)
        out[day] = (wanted[day] > on_hand) | (on_hand == 0)
        on_hand = on_hand - sold[day]
        purchasing.review(day, on_hand)
    return Outcome(
        sold=sold.T,
        stockout=out.T,
        on_hand=on_hand,
        unmet_last_day=wanted[-1] - sold[-1],
        orders=purchasing.still_open(),
    )
