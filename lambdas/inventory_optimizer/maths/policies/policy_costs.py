"""What a policy's cost is made of."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.maths.arrays import Floats, Integers


@dataclass(frozen=True, slots=True)
class PolicyCosts:
    """Costs per product, all in one currency and one unit of time.

    ``ordering`` per order, K; ``holding`` per unit on hand and unit of time, h; ``shortage`` per unit backordered and
    unit of time, p.
    """

    ordering: Floats
    holding: Floats
    shortage: Floats

    def __post_init__(self) -> None:
        """Raise ``ValueError`` unless all costs are positive and finite: without one of them there is no trade-off."""
        for field in fields(self):
            value = getattr(self, field.name)
            if not (np.isfinite(value).all() and (value > 0).all()):
                raise ValueError(f"the {field.name} cost must be positive and finite")

    @property
    def critical_ratio(self) -> Floats:
        """Probability of no backorders that balances the costs, p / (h + p)."""
        ratio: Floats = self.shortage / (self.holding + self.shortage)
        return ratio

    def take(self, rows: Integers) -> PolicyCosts:
        """Return the elements of these indices."""
        return PolicyCosts(self.ordering[rows], self.holding[rows], self.shortage[rows])
