"""How wide a text is, and where to fold it: names may be long, and letters wide."""

from __future__ import annotations

from typing import Final

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

_POINTS_PER_INCH: Final = 72
#: Letters are drawn on whole pixels, which makes small ones wider.
_ON_PIXELS: Final = 1.05


def inches_of(text: str, size: float, weight: str = "normal") -> float:
    """Return a text's width in the font of the current style."""
    width, _, _ = text_to_path.get_text_width_height_descent(
        text, FontProperties(size=size, weight=weight), ismath=False
    )
    return _ON_PIXELS * float(width) / _POINTS_PER_INCH


def folded(text: str, inches: float, size: float, weight: str = "normal") -> list[str]:
    """Return the text's lines, none wider than ``inches`` unless it is one word. Words are what spaces part."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and inches_of(longer, size, weight) <= inches:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
