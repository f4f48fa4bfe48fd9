"""Which currency a warehouse's costs are in, and what an answer says if there are several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.results import Notice
    from lambdas.inventory_optimizer.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class Currency:
    """``name`` is None if it is not told, or if there are several: ``mixed``. Mixed amounts must not be summed."""

    name: str | None
    mixed: bool

    def notices(self, warehouse: Warehouse) -> tuple[Notice, ...]:
        """Return what an answer about the warehouse has to say as a whole."""
        found: list[Notice] = []
        if warehouse.coverage().left:
            found.append("incomplete")
        if self.mixed:
            found.append("mixed_currencies")
        return tuple(found)


def currency_of(warehouse: Warehouse) -> Currency:
    """Find the currency of a warehouse's items; one that is told and one that is not are a mix, too."""
    names = warehouse.currencies
    return Currency(next(iter(names)), mixed=False) if len(names) == 1 else Currency(None, mixed=len(names) > 1)
