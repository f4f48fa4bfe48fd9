"""Stock and open orders of a warehouse's products as arrays: positions, receipts by day, overdue orders.

Inventory position = on hand + on order + in transit - backorders - allocated (Silver, Pyke & Thomas 2017, ch. 6). An
order that was promised for the stock's date or before and is still open is overdue: an exception to be chased, not
supply, so neither the position nor the receipts count it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from inventory_data import OpenOrder, Stock
    from lambdas.inventory_optimizer.maths.arrays import Floats


@dataclass(frozen=True, slots=True)
class Supply:
    """Per product, in units, at the close of ``as_of``."""

    as_of: date
    on_hand: Floats
    allocated: Floats
    backorders: Floats
    on_order: Floats
    in_transit: Floats
    overdue: Floats

    @property
    def net_stock(self) -> Floats:
        """On hand less allocated and backorders: what the horizon's demand can take before anything arrives."""
        return self.on_hand - self.allocated - self.backorders

    @property
    def position(self) -> Floats:
        """Inventory position: what every ordering decision looks at."""
        return self.net_stock + self.on_order + self.in_transit


def supply_of(stocks: Sequence[Stock], as_of: date) -> Supply:
    """Put stock records together."""

    def column(value: Callable[[Stock], float]) -> Floats:
        return np.array([value(stock) for stock in stocks], dtype=np.float64)

    def ordered(counts: Callable[[OpenOrder], bool]) -> Floats:
        return column(lambda stock: sum(order.qty_open for order in stock.open_orders if counts(order)))

    return Supply(
        as_of=as_of,
        on_hand=column(lambda stock: stock.on_hand),
        allocated=column(lambda stock: stock.allocated),
        backorders=column(lambda stock: stock.backorders),
        on_order=ordered(lambda order: order.status == "open" and not is_overdue(order, as_of)),
        in_transit=ordered(lambda order: order.status == "in_transit" and not is_overdue(order, as_of)),
        overdue=ordered(lambda order: is_overdue(order, as_of)),
    )


def is_overdue(order: OpenOrder, as_of: date) -> bool:
    """Say whether an open order should have arrived by the close of ``as_of``."""
    return order.eta <= as_of
