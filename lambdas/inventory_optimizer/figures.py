"""Numbers as results show them: four significant digits, yet no whole unit rounded away."""

from __future__ import annotations

import math
from typing import Final

_DIGITS: Final = 4


def figure(value: float) -> float:
    """Round to four significant digits, digits before the decimal point all kept."""
    value = float(value)
    if value == 0:
        return 0.0
    decimals = max(_DIGITS - 1 - math.floor(math.log10(abs(value))), 0)
    return round(value, decimals)


def figure_or_none(value: float) -> float | None:
    """Return the figure, or None where there is no finite number."""
    return figure(value) if math.isfinite(value) else None


def money(value: float) -> float:
    """Round to cents."""
    return round(float(value), 2)


def probability(value: float) -> float:
    """Round to four decimals."""
    return round(float(value), 4)
