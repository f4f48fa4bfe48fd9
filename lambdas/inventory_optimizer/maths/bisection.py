"""Bisection over many products at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.maths.arrays import Flags, Floats

#: Enough for whole numbers up to 2^53.
_HALVINGS: Final = 60
#: How fine a number that need not be whole is found, as a share of the bracket.
_FINENESS: Final = 2.0**-44


def smallest(low: Floats, high: Floats, enough: Callable[[Floats], Flags], whole: Flags) -> Floats:
    """Return the smallest x in (low, high] with ``enough(x)``, which must hold from some x on, and at ``high``.

    Where ``whole``, x is a whole number, and so must ``low`` and ``high`` be; elsewhere x is exact to 2^-44 of the
    bracket, from above.
    """
    finest = np.where(whole, 0.0, (high - low) * _FINENESS)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        middle = np.where(whole, np.floor(middle), middle)
        between = (low < middle) & (middle < high) & (high - low > finest)
        if not between.any():
            break
        holds = enough(np.where(between, middle, high))
        low, high = np.where(between & ~holds, middle, low), np.where(between & holds, middle, high)
    return high
