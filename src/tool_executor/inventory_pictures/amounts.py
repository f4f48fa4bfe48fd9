"""Quantities, probabilities and days as pictures and reports write them."""

from __future__ import annotations

import math
from datetime import date
from typing import Final

_DIGITS: Final = 3
_MILLION: Final = 1_000_000
#: Probabilities nearer to 0 or 1 than this are not told as certain.
_CERTAIN: Final = 0.001


def quantity(value: float) -> str:
    """Return a quantity: whole units with commas, fractions with three digits at most."""
    if value == 0:
        return "0"
    decimals = max(_DIGITS - 1 - math.floor(math.log10(abs(value))), 0)
    text = f"{value:,.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def tick(value: float) -> str:
    """Return a quantity as an axis has it: millions short."""
    return f"{quantity(value / _MILLION)} M" if abs(value) >= _MILLION else quantity(value)


def percent(probability: float) -> str:
    """Return a probability as percent; what is only nearly certain is told as such."""
    if 0 < probability < _CERTAIN:
        return f"under {_CERTAIN:.1%}"
    if 1 - _CERTAIN < probability < 1:
        return f"over {1 - _CERTAIN:.1%}"
    return f"{probability:.1%}".replace(".0%", "%")


def short_day(day: date) -> str:
    """Return a day without its year."""
    return f"{day.day} {day:%b}"


def long_day(day: date) -> str:
    """Return a day with its year."""
    return f"{day.day} {day:%b %Y}"
